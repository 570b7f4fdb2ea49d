"""Tables as a person sees them on a terminal, and a program in a file."""

import json
import os
import subprocess

import pytest
from command_line import COMMAND, make_environment

from mygym_lite.reports.text_table import format_table_lines

ROWS = [
    ("path", "value", "about"),
    ("objects.target.mass", "[0.1, 0.2, 0.3]", "mass of the object that the hand is to take"),
    ("light.tilt", "-", "turns the direction towards the light by the length of this vector"),
]


def words(lines):
    return sorted(word for line in lines for word in line.split())


def test_a_table_is_as_wide_as_it_needs_to_be():
    lines = format_table_lines(ROWS)
    assert len(lines) == len(ROWS)
    assert lines[1] == "objects.target.mass  [0.1, 0.2, 0.3]  mass of the object that the hand is to take"


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_terminal_wraps_tables_without_losing_words(width):
    lines = format_table_lines(ROWS, width)
    assert max(map(len, lines)) <= width
    assert words(lines) == words(" ".join(row) for row in ROWS)


def test_long_words_are_broken_in_narrow_tables():
    lines = format_table_lines(ROWS, 24)
    assert "objects." in lines[1 + lines.index(next(line for line in lines if line.startswith("path")))]
    assert "".join(line[:8].strip() for line in lines) == "pathobjects.target.masslight.tilt"


@pytest.fixture
def terminal():
    """Run the command on a terminal of 80 columns: what stands there."""
    pty = pytest.importorskip("pty")

    def command(*arguments):
        ours, theirs = pty.openpty()
        environment = make_environment(COLUMNS="80")
        process = subprocess.Popen([*COMMAND, *arguments], stdout=theirs, stderr=subprocess.DEVNULL, env=environment)
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody writes any more
                break
            if not part:
                break
            seen += part
        os.close(ours)
        assert process.wait() == 0
        return seen.decode().replace("\r\n", "\n").splitlines()

    return command


def piped(*arguments):
    environment = make_environment(COLUMNS="80")
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


@pytest.mark.parametrize("kind", ["tasks", "robots", "objects", "terms", "parameters", "suites", "policies"])
def test_lists_fit_a_terminal(terminal, kind):
    assert max(map(len, terminal("list", kind))) <= 80


def test_fields_are_nested_when_paths_are_too_wide(terminal):
    lines = terminal("show", "grasp")
    assert max(map(len, lines)) <= 80
    below = lines[lines.index("[objects.target]") :]
    assert any(line.startswith("mass ") for line in below[: below.index("[distractors]")])


def test_piped_output_has_whole_paths(terminal):
    assert "\nobjects.target.mass  " in piped("show", "grasp")


def test_only_declared_fields_are_listed():
    fields = json.loads(piped("show", "grasp", "--declared", "--set", "physics.step_hz=480", "--json"))["fields"]
    origins = {field["path"]: field["source"] for field in fields}
    assert origins["episode.seconds"] == "file"
    assert origins["physics.step_hz"] == "command line"
    assert set(origins.values()) == {"file", "command line"}
