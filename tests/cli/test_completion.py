"""Completion in the shells that people use, asked as these shells ask it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import make_environment

from mygym_lite.cli import COMMANDS
from mygym_lite.config.task import list_tasks
from mygym_lite.policies.saved import list_policies
from mygym_lite.randomization.suite_file import list_suites

SHELLS = [shell for shell in ("bash", "zsh", "fish") if shutil.which(shell)]
ASK = {
    # Each completes the words $1, $2, ... of which the last is under way.
    "bash": 'source "$SCRIPT"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mygym_lite; echo "${COMPREPLY[@]}"',
    "fish": 'source $SCRIPT; complete -C (string join -- " " $argv) | string replace -r "\\t.*" ""; true',
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """What is printed for each shell, as files."""
    folder = tmp_path_factory.mktemp("completion")
    main = "import sys; from mygym_lite.cli import main; sys.exit(main())"
    for shell in ("bash", "zsh", "fish"):
        with (folder / shell).open("w") as file:
            subprocess.run(
                [sys.executable, "-c", main, "completion", shell],
                stdout=file, check=True, env=make_environment(),
            )  # fmt: skip
    return folder


def complete(script: Path, *words: str) -> set[str]:
    shell = script.name
    name = ["--"] if shell == "fish" else [shell]
    done = subprocess.run(
        [shell, "-c", ASK[shell], *name, "mygym-lite", *words],
        capture_output=True, text=True, check=True, env={**os.environ, "SCRIPT": str(script)}, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell in ASK])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], set(COMMANDS)),
        (["evaluate", "reach_"], {name for name in list_tasks() if name.startswith("reach_")}),
        (["evaluate", "reach", "--suite", ""], set(list_suites())),
        (["watch", "reach", "--rob"], {"--robot"}),
        (["watch", "reach", "--robot", "ku"], {"kuka"}),
        (["train", "imi"], {"imitate"}),
        (["train", "imitate", "reach", "--algo", "d"], {"dagger"}),
        (["list", "tas"], {"tasks"}),
        (["dataset", "reach", "--randomization", "dyn"], {"dynamics"}),
    ],
)
def test_matching_words_are_completed(scripts, shell, words, expected):
    assert expected <= complete(scripts / shell, *words)


@pytest.mark.skipif("bash" not in SHELLS, reason="no bash here")
def test_an_option_may_take_several_words(scripts):
    found = complete(scripts / "bash", "evaluate", "reach", "--policy", "expert", "grasp_")
    assert found == {name for name in list_policies() if name.startswith("grasp_")}


@pytest.mark.skipif("bash" not in SHELLS, reason="no bash here")
def test_a_flag_takes_no_word(scripts):
    assert "grasp" in complete(scripts / "bash", "watch", "--overlay", "gr")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_accepts_the_script(scripts, shell):
    done = subprocess.run([shell, "-n", str(scripts / shell)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
