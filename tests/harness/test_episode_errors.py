"""Policies that break, and physics that does: an error is no outcome, and what did not happen is not zero."""

import json
import re
import sys
from dataclasses import replace

import pytest
from runs import records, write_records, write_run

from mygym_lite import cli
from mygym_lite.harness.compare import compare_policies, compare_runs
from mygym_lite.harness.episode_errors import count_errors
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report import write_report
from mygym_lite.harness.result import EvaluationResult
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.harness.summary import summarize_conditions, write_summary
from mygym_lite.harness.verdict import summarize_policies
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

GRASP = load_task("grasp")
POLICIES = """
import numpy as np

class Wrong:
    def reset(self, seed): pass
    def act(self, observation): return np.zeros(5)

class Odd:
    def reset(self, seed): self.seed = seed
    def act(self, observation):
        if self.seed % 2: raise KeyError("elbow")
        return np.zeros(4)

wrong, odd = Wrong(), Odd()
"""
SHORT = ("--set", "episode.seconds=0.5", "--set", "episode.hold_seconds=0.05")
FORCES = ("peak_hand_force", "mean_hand_force", "hand_impulse", "peak_table_force", "seconds_above_limit")


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A run, as it is typed: a policy that never acts, one that breaks in every second episode, one that acts."""
    folder = tmp_path_factory.mktemp("errors")
    (folder / "own.py").write_text(POLICIES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        yield folder / "run", evaluate(folder, patch, "never=own:wrong", "odd=own:odd", "random")
        sys.modules.pop("own", None)


def evaluate(folder, patch, *policies):
    words = ["evaluate", "reach", "--policy", *policies, "--episodes", "4", "--workers", "1", "--clips", "0", *SHORT]
    patch.setattr(sys, "argv", ["mygym-lite", *words, "--out", str(folder / "run")])
    with open(folder / "out", "w+", encoding="utf-8") as out, open(folder / "err", "w+", encoding="utf-8") as err:
        patch.setattr(sys, "stderr", err)
        code = cli.evaluate.run(cli.build_parser().parse_args(sys.argv[1:]), out)
        out.seek(0), err.seek(0)
        return code, out.read(), err.read()


def test_the_table_shows_no_rate_for_a_policy_that_never_acted(ended):
    _, (_, out, _) = ended
    rows = {line.split()[0]: line.split() for line in out.splitlines()[1:4]}
    assert rows["never"][2:4] == ["error", "-"]
    assert rows["odd"][2] == rows["random"][2] == "0.0%"
    shape = "policy returned an action of shape (5,), this task takes (4,)"
    assert f"never on reach: all 4 episodes ended in policy_error: {shape}" in out
    assert re.search("odd on reach: 2 of 4 episodes ended in policy_error: .*KeyError: 'elbow'", out)
    assert EvaluationResult(RunFolder.open(ended[0])).format_table() in out


def test_errors_are_printed_at_once_and_the_command_fails(ended):
    _, (code, _, err) = ended
    assert code == 1
    assert "never on reach, episode 0: policy_error: policy returned an action" in err
    assert err.count("odd on reach, episode") == 1
    assert "mygym-lite: never has no result on reach: all 4 episodes ended in policy_error" in err
    assert "odd has no result" not in err


def test_the_summary_counts_errors_and_leaves_metrics_empty(ended):
    rows = {row["policy"]: row for row in json.loads((ended[0] / "summary.json").read_text(encoding="utf-8"))}
    assert {name: row["errors"] for name, row in rows.items()} == {"never": 4, "odd": 2, "random": 0}
    assert {rows["never"][metric]["value"] for metric in METRICS_BY_NAME} == {None}
    assert (rows["odd"]["success"]["value"], rows["odd"]["success"]["n"]) == (0.0, 4)  # a policy that breaks fails
    assert rows["odd"]["path_length"]["n"] == 2
    header = (ended[0] / "summary.csv").read_text(encoding="utf-8").partition("\n")[0].split(",")
    assert header[6:9] == ["relevant", "episodes", "errors"]


def test_report_and_page_name_code_and_message_instead_of_a_rate(ended):
    page = write_report([RunFolder.open(ended[0])], ended[0]).read_text(encoding="utf-8")
    text = (ended[0] / "report.md").read_text(encoding="utf-8").replace("\\", "")
    said = "never has no result on reach: all 4 episodes ended in policy_error: policy returned an action of shape (5,)"
    assert said in text
    assert said in page
    [row] = [line for line in text.splitlines() if line.startswith("| never")]
    assert row.split("|")[2].strip() == "error"
    assert not set("0123456789") & set(row)
    assert re.search("2 of 4 episodes ended in policy_error: .*KeyError: 'elbow'", text)
    assert "All 4 episodes ended in policy_error. Episode 0, seed 0: policy error." in page


def test_a_policy_that_never_acted_is_not_compared(ended, run):
    code, printed, _ = run("compare", ended[0])
    assert code == 0
    first, second, third = printed.split("\n\n")[:3]
    for told, other in ((first, "odd"), (second, "random")):
        assert f"{other} and never cannot be compared on reach: at least one of them failed in every episode." in told
        assert "never: all 4 episodes ended in policy_error: policy returned an action" in told
        assert "points" not in told
    assert "odd: 2 of 4 episodes ended in policy_error" in third
    assert "random against odd: success +0.0 points" in third
    [comparison] = compare_runs(*[RunFolder.open(ended[0])] * 2)[:1]
    assert comparison.success == comparison.improvement == (None, None, None)
    assert comparison.to_dict()["errors"][0]["count"] == 4
    page = write_report([RunFolder.open(ended[0])], ended[0]).read_text(encoding="utf-8")
    assert "random and never are not compared: never: all 4 episodes ended in policy_error" in page


def broken(told, code="physics_error", message="the physics broke"):
    return [
        replace(e, success=False, success_end=False, time_to_success=None, failure=code, message=message) for e in told
    ]


def test_forces_of_physics_errors_are_excluded_from_metrics(tmp_path):
    run = records({"grasp": GRASP}, ["expert"], load_suite("nominal"), episodes=6)
    mad = {pair: replace(f, peak=1e6, mean=1e6, impulse=1e6, seconds_above=1e6) for pair, f in run[0].forces.items()}
    told = [*broken([replace(run[0], forces=mad)]), *run[1:]]
    (with_it,), (without,) = summarize_conditions(told), summarize_conditions(run[1:])
    assert with_it.errors == 1
    for metric in FORCES:
        assert with_it.metrics[metric] == without.metrics[metric]
    assert (with_it.metrics["success"].value, with_it.sample_sizes["success"]) == (5 / 6, 6)  # it acted, and failed
    [verdict] = summarize_policies(told)
    assert verdict.peak_hand_force == without.metrics["peak_hand_force"]
    assert verdict.errors[0].sentence == "1 of 6 episodes ended in physics_error: the physics broke"
    folder = write_run(tmp_path / "run", suite="nominal", episodes=1)
    write_records(folder, told)
    page = write_report([RunFolder.open(folder)], folder).read_text(encoding="utf-8")
    assert "1 of 6 episodes ended in physics_error: the physics broke." in page
    assert "1,000,000" not in page


def test_physics_errors_count_as_failures():
    [verdict] = summarize_policies(broken(records({"grasp": GRASP}, ["expert"], load_suite("nominal"), episodes=3)))
    assert verdict.has_outcome
    assert verdict.success.value == 0.0
    assert verdict.peak_hand_force.value is None


def test_a_policy_that_breaks_under_one_condition_fails_there():
    run = records({"grasp": GRASP}, ["expert"], load_suite("quick"), episodes=2)
    told = [*broken([e for e in run if e.axis == "friction"], "policy_error", "cold"),
            *(e for e in run if e.axis != "friction")]  # fmt: skip
    [verdict] = summarize_policies(told)
    assert verdict.weakest_axis == "friction"
    rows = {(row.axis, row.severity): row for row in summarize_conditions(told)}
    assert rows["friction", 3].metrics["success"].value == 0.0
    assert rows["friction", 3].errors == 2


def test_error_counts_are_printed_as_a_sentence():
    run = records({"grasp": GRASP}, ["expert"], load_suite("nominal"), episodes=3)
    late, early = broken(run[2:], "policy_error", "late"), broken(run[:1], "policy_error", "early")
    [found] = count_errors([*late, run[1], *early])
    assert found.sentence == "2 of 3 episodes ended in policy_error: early"
    [alone] = count_errors(broken(run[:1], "policy_error", "word " * 100))
    assert alone.sentence.startswith("the only episode ended in policy_error: word word")
    assert alone.sentence.endswith(" ...")
    assert len(alone.sentence) < 260
    assert count_errors(run) == ()


def test_two_policies_that_never_acted_are_not_comparable(tmp_path):
    run = broken(records({"grasp": GRASP}, ["expert", "mlp"], load_suite("nominal"), 2), "policy_error", "no weights")
    [comparison] = compare_policies(run)
    assert not comparison.comparable
    assert comparison.conditions == ()
    write_summary(summarize_conditions(run), tmp_path)  # JSON knows no NaN
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))[0]["reward"]["n"] >= 0
