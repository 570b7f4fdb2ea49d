"""What the README shows works as shown."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mygym_lite import cli
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy_lookup import find_policy

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.\w+)\n")
BLOCKS = [(kind, text) for kind, text in FENCE.findall(TEXT)]
COMMANDS = [line.strip() for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]


@pytest.fixture
def files(tmp_path):
    """The files that the README shows, as somebody would have written them down."""
    for _, text in BLOCKS:
        if named := FILE.match(text):
            (tmp_path / named[1]).write_text(text, encoding="utf-8")
    return tmp_path


def python(code: str, folder: Path) -> str:
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(folder)!r}]\n"
    done = subprocess.run([sys.executable, "-c", path + code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python_runs_from_top_to_bottom(files):
    assert {file.name for file in files.iterdir()} == {"hover.toml", "jvrc.toml", "my_terms.py", "pi0.toml"}
    blocks = [text for kind, text in BLOCKS if kind == "python" and not FILE.match(text)]
    printed = python("\n".join(blocks), files)
    assert "(0, True, " in printed and "policy_error" not in printed


def test_own_term_takes_part(files):
    (lines,) = (text for kind, text in BLOCKS if kind == "toml" and not FILE.match(text))
    task = files / "hover.toml"
    task.write_text(task.read_text(encoding="utf-8").replace("[success]\n", lines), encoding="utf-8")
    python("import mygym_lite\nassert 'above' in mygym_lite.load_task('hover.toml').success", files)


def test_the_mapping_fits_the_task_it_speaks_of(files):
    policy = find_policy("ws://localhost:1", remote_mapping=files / "pi0.toml")
    with TaskEnv("reach", **policy.get_env_arguments()) as env:
        assert {"proprio", "front_rgb"} <= set(env.observation_space.spaces)
        assert env.action_space.shape == (4,)


@pytest.mark.parametrize("line", [line for line in COMMANDS if "mygym-lite" in line])
def test_commands_exist(line):
    words = shlex.split(line, comments=True)
    arguments = cli.build_parser().parse_args(words[1:])
    assert arguments.command in cli.COMMANDS


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_make_targets_exist(line):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{shlex.split(line, comments=True)[1]}:", makefile, re.MULTILINE)


def test_links_and_folders_exist():
    linked = re.findall(r"\]\(([\w./]+)\)", TEXT)
    named = re.findall(r"^\| `([\w/]+/)` \|", TEXT, re.MULTILINE) + re.findall(r"`(tests/\w+\.py)`", TEXT)
    assert linked
    assert [path for path in linked + named if not (ROOT / path).exists()] == []


def test_ten_lines_are_ten():
    first = next(text for kind, text in BLOCKS if kind == "python")
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


def test_own_robot_is_there_when_its_package_is(files):
    if importlib.util.find_spec("jvrc_description") is None:
        pytest.skip("needs jvrc-description")
    with TaskEnv("reach", robot=str(files / "jvrc.toml")) as env:
        assert env.action_space.shape == (3,)
