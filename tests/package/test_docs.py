"""README and documentation: every snippet works as printed, every link leads somewhere, generated pages are current."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

import mygym_lite
from mygym_lite import cli
from mygym_lite.config.objects import load_object
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy_lookup import find_policy

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": ROOT / "README.md",
    **{f"docs/{page.name}": page for page in sorted((ROOT / "docs").glob("*.md"))},
}
REFERENCE = {f"docs/reference/{page.name}": page for page in sorted((ROOT / "docs" / "reference").glob("*.md"))}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.\w+)\n")
NOT_HERE = (
    "python3.11 -m venv",
    "source .venv/bin/activate",
    "pip install",
    "lerobot-train",
    "lerobot-eval",
    "inspect-robots run",
)  # not of this package


@dataclass(frozen=True)
class Page:
    """One page: its named files, its other Python, and its commands, in order."""

    name: str
    files: dict[str, str]
    python: str
    commands: list[str]

    def write_files(self, folder: Path) -> None:
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")


def read_page(name: str) -> Page:
    files, python, commands = {}, [], []
    for kind, text in FENCE.findall(PAGES[name].read_text(encoding="utf-8")):
        if named := FILE.match(text):
            files[named[1]] = text
        elif kind == "python":
            python.append(text)
        elif kind == "bash":
            lines = text.replace("\\\n", " ").splitlines()
            commands += [" ".join(line.split()) for line in lines if not line.startswith("#")]
    return Page(name, files, "\n".join(python), commands)


ALL = {name: read_page(name) for name in PAGES}
FILES = {name: text for page in ALL.values() for name, text in page.files.items()}
INLINE = re.findall(r"\| `(mygym-lite [^`]+)` \|", PAGES["README.md"].read_text(encoding="utf-8"))
COMMANDS = sorted({*INLINE, *(command for page in ALL.values() for command in page.commands)})
OWN = [command for command in COMMANDS if command.startswith("mygym-lite ")]


# --- Python

SHORTER = {
    "images=10000": "images=16",
    "episodes=200": "episodes=2",
    "DemonstrationConfig(episodes=5)": "DemonstrationConfig(episodes=2)",
    "DemonstrationConfig(episodes=10)": "DemonstrationConfig(episodes=2)",
}
PYTHON = [name for name, page in ALL.items() if page.python]
DRIVER = """
import os, sys
sys.path[:0] = [{root!r}]
before = {{*globals(), "before", "name", "code"}}
for name in {names!r}:
    os.chdir(os.path.join({folder!r}, name))
    sys.path.insert(1, os.getcwd())
    print("page", name)
    with open("page.py", encoding="utf-8") as code:
        exec(compile(code.read(), name, "exec"), globals())
    for left in globals().keys() - before:
        del globals()[left]
"""


def execute(names: list[str], folder: Path) -> str:
    """Execute the Python of pages from top to bottom, one page after the other in one process."""
    for name in names:
        (folder / name).mkdir(parents=True)
        ALL[name].write_files(folder / name)
        code = ALL[name].python
        for long, short in SHORTER.items():
            code = code.replace(long, short)
        (folder / name / "page.py").write_text(code, encoding="utf-8")
    driver = DRIVER.format(root=str(ROOT), names=names, folder=str(folder))
    done = subprocess.run([sys.executable, "-c", driver], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("half", [0, 1])
def test_python_runs_from_top_to_bottom(half, tmp_path):
    printed = execute(PYTHON[half::2], tmp_path)
    assert printed.count("page ") == len(PYTHON[half::2])
    assert "policy_error" not in printed


def test_shortened_snippets_exist():
    assert [long for long in SHORTER if not any(long in page.python for page in ALL.values())] == []


def test_ten_lines_are_enough_for_an_episode():
    first = ALL["README.md"].python
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


# --- commands


@pytest.mark.parametrize("command", OWN)
def test_command_is_accepted(command):
    arguments = cli.build_parser().parse_args(shlex.split(command)[1:])
    assert arguments.command in cli.COMMANDS


def test_every_other_command_is_known():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    others = [command for command in COMMANDS if command not in OWN and not command.startswith(NOT_HERE)]
    assert [command for command in others if command.startswith("make ")] != []
    for command in others:
        words = command.split()
        target = words[0] == "make" and re.search(rf"^{words[1]}:", makefile, re.MULTILINE)
        assert target or command == "source <(mygym-lite completion bash)"


def test_extras_exist():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES.values())
    assert set(re.findall(r"mygym_lite\[(\w+)\]", text)) <= set(declared)


LOOKING = ("list", "show", "picture", "doctor")


@pytest.mark.parametrize("command", [command for command in OWN if command.split()[1] in LOOKING])
def test_quick_command_runs(command, run, tmp_path, monkeypatch):
    for page in ALL.values():
        page.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, printed, errors = run(*shlex.split(command)[1:])
    assert (code, errors) == (0, "") or (command == "mygym-lite doctor" and "Traceback" not in errors)
    assert printed


WATCHING = [command for command in OWN if command.split()[1] == "watch" and command.split()[2] in FILES]


@pytest.mark.parametrize("command", WATCHING)
def test_a_printed_task_is_watched_with_the_cameras_it_declares(command, run, tmp_path, monkeypatch):
    """Only for an instant: the proof that whole pages run in order is slow, and left out by default."""
    for page in ALL.values():
        page.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    short = ("--episodes", "1", "--set", "episode.seconds=0.1", "--set", "episode.hold_seconds=0.05")
    code, _, errors = run(*shlex.split(command)[1:], *short)
    assert code == 0, errors


SHORT = {
    "--episodes": "2", "--images": "352", "--scenes": "1", "--demonstrations": "2", "--epochs": "1", "--rounds": "1",
    "--rollouts-per-round": "2", "--seeds": "1", "--suite": "nominal", "--clips": "1",
}  # fmt: skip
MORE = {
    "train reinforce": ["--steps", "300", "--until-success", "0.1", "--validation-episodes", "1"],
    "train imitate": ["--epochs", "1", "--episodes", "2"],
    "study baselines": ["reach_bc", "--episodes", "1", "--suite", "quick", "--suite-episodes", "1"],
    "study randomization": ["--suite", "quick"],
    "evaluate ": ["--episodes", "2", "--suite", "nominal"],
    "watch": ["--episodes", "1"],
    "evaluate-perception grasp --out": ["--axes", "light_dimmer", "--scenes", "1"],
}
JVRC = importlib.util.find_spec("jvrc_description") is not None
ENDLESS = ("mygym-lite serve", "mygym-lite evaluate reach --policy ws://")  # other tests run both


def shorten(command: str) -> list[str]:
    """Shorten a command: the same options with small numbers."""
    words = shlex.split(command)[1:]
    if "--insert-into" in words:
        return words
    for option, value in SHORT.items():
        at = words.index(option) + 1 if option in words and words[0] != "picture" else 0
        if at and (words[at].isdigit() or option == "--suite"):
            words[at] = value
    if words[0] == "replay":
        words[2] = "1"  # the shortened run has no episode 17
    more = next((more for start, more in MORE.items() if command.startswith(f"mygym-lite {start}")), [])
    return [*words, *more]


def runs(command: str) -> bool:
    """Return whether a command of this package ends by itself, with the packages that are installed."""
    own = command.startswith("mygym-lite ") and not command.startswith(ENDLESS)
    return own and (JVRC or "jvrc" not in command)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, page in ALL.items() if page.commands])
def test_all_commands_of_a_page_run_in_order(name, run, tmp_path, monkeypatch):
    for page in ALL.values():
        page.write_files(tmp_path)
    for other, file in PAGES.items():  # into which commands insert tables
        (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / other).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    for command in ALL[name].commands:
        if runs(command):
            code, _, errors = run(*shorten(command))
            assert code in (0, 1 if "doctor" in command else 0), f"{command}: {errors}"


# --- files


def test_the_own_term_is_found_beside_its_task(tmp_path):
    ALL["docs/tasks.md"].write_files(tmp_path)
    text = PAGES["docs/tasks.md"].read_text(encoding="utf-8")
    (lines,) = (text for kind, text in FENCE.findall(text) if kind == "toml" and "my_terms:" in text)
    task = tmp_path / "hover.toml"
    task.write_text(FILES["hover.toml"].replace("[success]\n", lines), encoding="utf-8")
    code = f"import mygym_lite; assert 'above' in mygym_lite.load_task({str(task)!r}).success"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_the_remote_mapping_fits_its_task(tmp_path):
    ALL["docs/policies.md"].write_files(tmp_path)
    policy = find_policy("ws://localhost:1", remote_mapping=tmp_path / "pi0.toml")
    with TaskEnv("reach", **policy.get_env_arguments()) as env:
        assert {"proprio", "front_rgb"} <= set(env.observation_space.spaces)
        assert env.action_space.shape == (4,)


def test_the_own_robot_reaches(tmp_path):
    if importlib.util.find_spec("jvrc_description") is None:
        pytest.skip("needs jvrc-description")
    ALL["docs/robots.md"].write_files(tmp_path)
    with TaskEnv("reach", robot=str(tmp_path / "jvrc.toml")) as env:
        assert env.action_space.shape == (3,)


def test_the_own_container_has_a_cavity(tmp_path):
    ALL["docs/robots.md"].write_files(tmp_path)
    assert load_object(tmp_path / "cup.toml").cavity.size == (0.05, 0.05)


# --- pages


def headings(text: str) -> set[str]:
    """Anchors of the headings of a page, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(FENCE, "", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", [*PAGES, *REFERENCE])
def test_links_lead_to_files_and_headings(name):
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve()
        assert file.exists(), target
        assert not anchor or anchor in headings(file.read_text(encoding="utf-8")), target


def test_named_files_of_the_repository_exist():
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES.values())
    named = re.findall(r"`((?:tests|mygym_lite|assets|tasks|evaluation)/[\w./]+)`", text)
    assert named
    assert [path for path in named if "TASK" not in path and not (ROOT / path).exists()] == []


def test_the_readme_is_short():
    assert len(PAGES["README.md"].read_bytes()) <= 8 * 1024


def test_the_readme_quotes_the_measured_tables():
    baselines = PAGES["docs/baselines.md"].read_text(encoding="utf-8")
    expert = PAGES["docs/tasks.md"].read_text(encoding="utf-8")
    for row in re.findall(r"^\| `.*$", PAGES["README.md"].read_text(encoding="utf-8"), re.MULTILINE):
        name, *_ = re.findall(r"`(\w+)`", row)
        figures = re.findall(r"\d+\.\d%? \([\d. to]+\)|\d+% \([\d to]+\)|\d+\.\d+ N", row)
        measured = rf"^\| (?:`\w+` \| )?`{name}` \| [^`]*%.*$"
        (source_row,) = re.findall(measured, baselines + expert, re.MULTILINE)
        assert [figure for figure in figures if figure not in source_row] == []


def test_every_public_name_is_documented():
    text = REFERENCE["docs/reference/api.md"].read_text(encoding="utf-8")
    assert [name for name in mygym_lite.__all__ if f"mygym_lite.{name}" not in text] == []


def test_generated_files_are_up_to_date():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for path, text in generate.build_files().items():
        assert text == (ROOT / "docs" / path).read_text(encoding="utf-8"), "python docs/generate.py"


def test_the_glossary_explains_each_word_once():
    text = PAGES["docs/glossary.md"].read_text(encoding="utf-8")
    terms = [
        term for term in re.findall(r"^\| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE) if term not in ("Term", "---")
    ]
    assert len(terms) >= 50
    assert len(terms) == len(set(terms))
