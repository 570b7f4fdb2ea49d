"""The gate: outcomes, exit codes, and the files that a server for continuous integration reads."""

import json
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest
from command_line import COMMAND
from runs import write_run

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.gate.decision import Outcome, decide
from mygym_lite.harness.gate.gate import gate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of an expert and of a weaker policy under one name, as of two versions of a network."""
    root = tmp_path_factory.mktemp("runs")
    for name, policy in {"strong": "expert", "weak": "mlp"}.items():
        write_run(root / name, policies=[policy], suite="nominal", episodes=150)
    write_run(root / "short", policies=["mlp"], suite="nominal", episodes=12)
    write_run(root / "two", ["grasp", "reach"], ["expert"], suite="nominal", episodes=150)
    write_run(root / "reseeded", policies=["expert"], suite="nominal", seed=100)
    write_run(root / "suite", policies=["expert"], suite="quick", episodes=40)
    return root


def test_a_better_policy_passes_and_a_worse_one_does_not(folder):
    better, worse = gate(folder / "strong", folder / "weak"), gate(folder / "weak", folder / "strong")
    assert (better.outcome, better.passed) == (Outcome.BETTER, True)
    assert (worse.outcome, worse.passed) == (Outcome.WORSE, False)
    [entry] = better.outcomes
    assert (entry.policy, entry.reference, entry.seeds) == ("expert", "mlp", 150)
    assert entry.decision.difference.low > 0.0


def test_a_run_is_the_same_as_itself(folder):
    result = gate(folder / "two", folder / "two")
    assert result.outcome is Outcome.SAME
    assert [entry.task for entry in result.outcomes] == ["grasp", "reach"]
    assert all(entry.decision.difference.value == 0.0 for entry in result.outcomes)


def test_a_short_run_says_how_many_episodes_are_missing(folder):
    result = gate(folder / "short", folder / "short")
    assert (result.outcome, result.passed) == (Outcome.TOO_FEW, False)
    longer = decide(np.zeros(12 + result.more_episodes), result.margin)
    assert longer.outcome is Outcome.SAME
    assert decide(np.zeros(11 + result.more_episodes), result.margin).outcome is Outcome.TOO_FEW


def test_under_a_suite_the_score_of_a_seed_is_the_mean_over_its_conditions(folder):
    [entry] = gate(folder / "suite", folder / "suite").outcomes
    assert (entry.suite, entry.seeds) == ("quick", 40)


def test_several_verdicts_share_the_level(folder):
    one, two = (gate(folder / name, folder / name) for name in ("strong", "two"))
    assert two.outcomes[0].decision.difference.high > one.outcomes[0].decision.difference.high


def test_a_wide_margin_makes_a_small_difference_the_same():
    differences = np.tile([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 40)  # 10 points
    assert decide(differences, 0.05).outcome is Outcome.BETTER
    assert decide(differences, 0.2).outcome is Outcome.SAME


def test_no_verdict_is_in_sight_if_equal_policies_have_no_room_within_the_margin():
    decision = decide(np.tile([1.0, -1.0], 20), 0.001)
    assert (decision.outcome, decision.more_episodes) == (Outcome.TOO_FEW, None)


def run_gate(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, "gate", *map(str, words)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("candidate", "baseline", "code", "word"),
    [
        ("strong", "weak", 0, "BETTER: nothing is worse"),
        ("weak", "strong", 3, "WORSE: something is worse"),
        ("short", "short", 4, "TOO FEW EPISODES: nothing has been shown to be worse; about"),
        ("strong", "reseeded", 2, "cannot be paired: seed"),
        ("strong", "two", 2, "cannot be paired: tasks"),
    ],
)
def test_the_verdict_is_the_exit_code(folder, candidate, baseline, code, word):
    done = run_gate(folder / candidate, "--against", folder / baseline)
    assert done.returncode == code, done.stderr
    assert word in (done.stdout if code != 2 else done.stderr)
    assert len(done.stderr.splitlines()) == (code == 2)


def test_junit_and_markdown_report_every_task(folder, tmp_path):
    junit, markdown = tmp_path / "gate.xml", tmp_path / "gate.md"
    done = run_gate(folder / "weak", "--against", folder / "strong", "--junit", junit, "--markdown", markdown, "--json")
    [suite] = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    [case] = suite.findall("testcase")
    assert (case.get("classname"), case.get("name")) == ("grasp", "mlp against expert")
    assert case.find("failure").get("message").startswith("WORSE: -")
    assert markdown.read_text().startswith("### WORSE\n")
    table = json.loads(done.stdout)
    assert (table["outcome"], table["outcomes"][0]["outcome"]) == ("WORSE", "WORSE")
    assert table["margin"] == 0.05


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margin": 0.0}, "margin must be between 0 and 1, got 0"),
        ({"confidence": 1.5}, "confidence must be between 0 and 1, got 1.5"),
        ({"score": "reward"}, "score: 'reward' is not a score; use success or progress"),
    ],
)
def test_wrong_settings_are_named(folder, changes, message):
    with pytest.raises(ConfigError, match=message):
        gate(folder / "strong", folder / "weak", **changes)


def test_partial_credit_needs_stages(folder):
    with pytest.raises(UsageError, match="grasp: no seed has a progress under every condition; its task has no stages"):
        gate(folder / "strong", folder / "weak", score="progress")
