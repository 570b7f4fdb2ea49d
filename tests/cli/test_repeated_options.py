"""Options that take several values, given once or several times."""

import json
from pathlib import Path

import pytest

from mygym_lite.cli import build_parser
from mygym_lite.cli.completion_words import iterate_commands

COMMANDS = {
    "replay": ("run", "0"),
    "evaluate-perception": ("tracker",),
    "train perception": ("--out", "weights"),
    "train imitate": ("reach", "--out", "policy"),
    "train reinforce": ("reach", "--algo", "ppo", "--out", "policy"),
    "picture": ("reach", "--out", "reach.png"),
    "study baselines": (),
    "study adaptation": ("reach", "--policy", "reach_bc"),
}
VALUES = {"--severities": (1, 2, 3), "--experience": (1, 2, 3), "--kind": ("rgb", "depth", "mask")}
PATHS = {"train perception --data", "identify --data", "train imitate --demonstrations", "leaderboard --adaptation"}
REQUIRED = {
    "identify --free": ("--data", "motion.csv"),
    "study adaptation --experience": ("--world", "slow", "robot.time_constant=0.05"),
}
SEPARATE = {"study adaptation --world"}  # each use is a value of its own
OPTIONS = [
    f"{' '.join(command.path)} {option.name}"
    for command in iterate_commands(build_parser())
    for option in command.options
    if option.value_count == "many"
]


def test_policies_of_a_repeated_option_are_all_evaluated(run, tmp_path):
    words = ("--episodes", 1, "--workers", 1, "--clips", 0, "--set", "episode.seconds=0.5", "--json", "--out", tmp_path)
    _, document, _ = run("evaluate", "reach", "--policy", "expert", "--policy", "random", "noise=random", *words)
    assert [row["policy"] for row in json.loads(document)["summary"]] == ["expert", "random", "noise"]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_repeated_option_adds_its_values(option):
    command, name = option.rsplit(maxsplit=1)
    values = VALUES.get(name, ("a", "b", "c"))
    parsed = [Path(value) for value in values] if option in PATHS else list(values)
    source = REQUIRED.get(option, ())
    words = [*command.split(), *COMMANDS.get(command, ("reach",)), *source]
    arguments = build_parser().parse_args([*words, name, *map(str, values[:2]), name, str(values[2])])
    expected = [parsed[:2], parsed[2:]] if option in SEPARATE else parsed
    assert expected in vars(arguments).values()


def test_values_replace_the_default():
    parser = build_parser()
    assert parser.parse_args(["evaluate", "reach", "--policy", "random"]).policies == ["random"]
    assert parser.parse_args(["evaluate", "reach"]).policies == ["expert"]
