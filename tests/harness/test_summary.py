"""The tables that a run comes to: rows, verdicts, and every condition against nominal."""

import csv
import itertools
import json
import math
import time
from dataclasses import replace

import pytest
from runs import episode, records

from mygym_lite.harness.metrics import METRICS
from mygym_lite.harness.paired_comparison import compare_with_nominal
from mygym_lite.harness.summary import summarize_conditions, write_summary
from mygym_lite.harness.verdict import summarize_policies
from mygym_lite.randomization.condition import Condition
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.record import Force
from mygym_lite.stats import compute_robustness_area, mcnemar_p_value, wilson_interval
from mygym_lite.terms import load_task

GRASP = load_task("grasp")


def told(outcomes, axis="nominal", level=0, first=0, **fields):
    """Episodes of one condition that end as given, with seeds from 0 on."""
    condition = Condition(axis, level, "sensing" if level else "nominal", ())
    return [
        replace(
            episode("expert", GRASP, "quick", condition, seed, first + seed),
            success=success,
            time_to_success=2.0 + 0.1 * seed if success else None,
            failure=None if success else "dropped",
            **fields,
        )
        for seed, success in enumerate(outcomes)
    ]


@pytest.fixture(scope="module")
def two_policies():
    """Two policies on two tasks under the quick suite."""
    tasks = {name: load_task(name) for name in ("grasp", "reach")}
    return records(tasks, ["expert", "mlp"], load_suite("quick"), episodes=8)


def test_a_row_holds_each_metric_with_its_interval():
    [row] = summarize_conditions(told([True] * 8 + [False] * 2))
    assert (row.axis, row.group, row.severity, row.episodes) == ("nominal", "nominal", 0, 10)
    assert row.metrics["success"] == (0.8, *wilson_interval(8, 10))
    assert row.metrics["time_to_success"].value == pytest.approx(2.35)
    assert row.sample_sizes["time_to_success"] == 8
    assert set(row.metrics) == {metric.name for metric in METRICS}


def test_missing_metrics_are_not_zero():
    [row] = summarize_conditions(told([False] * 5, forces={}))
    assert row.metrics["success"].value == 0.0
    for metric in ("time_to_success", "peak_hand_force", "seconds_above_limit"):
        assert row.metrics[metric] == (None, None, None)
        assert row.sample_sizes[metric] == 0


def test_forces_without_contact_are_not_counted():
    touched, *missed = told([True] * 3)
    missed = [
        replace(r, forces={pair: replace(f, peak=0.0, mean=None) for pair, f in r.forces.items()}) for r in missed
    ]
    [row] = summarize_conditions([touched, *missed])
    assert row.metrics["peak_hand_force"].value == touched.forces["hand_object"].peak
    assert row.sample_sizes["peak_hand_force"] == 1
    assert row.metrics["peak_table_force"].value == pytest.approx(touched.forces["robot_table"].peak / 3)


def test_each_metric_of_a_force_is_read_from_its_own_pair():
    force = {
        "hand_object": Force(peak=9.0, mean=4.0, impulse=2.0, seconds_above=1.0),
        "robot_table": Force(peak=7.0, mean=3.0, impulse=5.0, seconds_above=2.0),
        "object_table": Force(peak=8.0, mean=6.0, impulse=11.0, seconds_above=None),
    }
    [row] = summarize_conditions(told([True], forces=force))
    names = ("peak_hand_force", "mean_hand_force", "hand_impulse", "peak_table_force", "seconds_above_limit")
    assert [row.metrics[name].value for name in names] == [9.0, 4.0, 2.0, 7.0, 3.0]


def test_non_finite_numbers_are_excluded():
    [row] = summarize_conditions([*told([True] * 2, reward=1.0), *told([False], reward=math.nan)])
    assert (row.metrics["reward"].value, row.sample_sizes["reward"]) == (1.0, 2)


def test_rows_are_in_the_order_of_the_plan(two_policies, tmp_path):
    expected = list(dict.fromkeys(record.condition for record in two_policies))
    shuffled = two_policies[::-2] + two_policies[::2]
    for name, told_in in (("a", two_policies), ("b", shuffled)):
        (tmp_path / name).mkdir()
        rows = summarize_conditions(told_in)
        assert [(r.policy, r.task, r.suite, r.axis, r.severity) for r in rows] == expected
        write_summary(rows, tmp_path / name)
    for file in ("summary.json", "summary.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert summarize_policies(shuffled) == summarize_policies(two_policies)
    assert compare_with_nominal(shuffled) == compare_with_nominal(two_policies)


def test_json_and_csv_summaries_agree(tmp_path):
    rows = summarize_conditions([*told([True, False, True]), *told([False] * 3, "bias", 1, 3)])
    write_summary(rows, tmp_path)
    tables = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    with open(tmp_path / "summary.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [table["axis"] for table in tables] == [line["axis"] for line in lines] == ["nominal", "bias"]
    for table, line in zip(tables, lines, strict=True):
        for metric in METRICS:
            found = [line[metric.name], *(line[f"{metric.name}_{end}"] for end in ("low", "high", "n"))]
            assert [float(cell) if cell else None for cell in found] == list(table[metric.name].values())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["summary.csv", "summary.json"]


def test_verdict_matches_a_manual_computation():
    run = [
        *told([True] * 4),
        *told([True, True, True, False], "bias", 1, 4), *told([True, False, False, False], "bias", 3, 8),
        *told([True] * 4, "noise", 1, 12), *told([True, True, False, False], "noise", 3, 16),
    ]  # fmt: skip
    [verdict] = summarize_policies(run)
    bias, noise = compute_robustness_area([0, 1, 3], [1, 0.75, 0.25]), compute_robustness_area([0, 1, 3], [1, 1, 0.5])
    assert {axis: area.value for axis, area in verdict.robustness_by_axis.items()} == pytest.approx(
        {"bias": bias, "noise": noise}
    )
    assert verdict.robustness.value == pytest.approx((bias + noise) / 2)
    assert verdict.robustness.low < verdict.robustness.value < verdict.robustness.high
    assert verdict.success.value == 1.0
    assert verdict.time_to_success.value == pytest.approx(2.15)
    assert verdict.success_at_severity.value == verdict.retention_at_severity == pytest.approx(0.375)
    assert verdict.weakest_axis == "bias"
    assert verdict.failures == {"dropped": 6}
    assert verdict.episodes == 20
    assert verdict.warning.startswith("4 episodes say little")


def test_failures_are_listed_by_frequency():
    run = told([False] * 6)
    codes = ("timeout", "dropped", "timeout", "dropped", "timeout", "tipped")
    [verdict] = summarize_policies([replace(record, failure=code) for record, code in zip(run, codes, strict=True)])
    assert list(verdict.failures.items()) == [("timeout", 3), ("dropped", 2), ("tipped", 1)]


def test_hard_success_counts_severity_three_only():
    hard, harder = told([True, False], "bias", 3, 2), told([False, False], "bias", 5, 4)
    [verdict] = summarize_policies([*told([True, True]), *hard, *harder])
    assert verdict.success_at_severity.value == 0.5


def test_the_warning_depends_on_the_smallest_condition():
    [verdict] = summarize_policies([*told([True] * 30), *told([True] * 2, "bias", 3, 30)])
    assert verdict.warning.startswith("2 episodes say little")
    [verdict] = summarize_policies([*told([True] * 30), *told([True] * 30, "bias", 3, 30)])
    assert verdict.warning is None


def test_retention_is_undefined_without_any_success():
    [verdict] = summarize_policies([*told([False] * 12), *told([False] * 12, "bias", 3, 12)])
    assert verdict.success_at_severity.value == 0.0
    assert verdict.success_at_severity.high > 0.2
    assert verdict.retention_at_severity is None
    assert verdict.warning is None


def test_a_verdict_needs_no_perturbation():
    [verdict] = summarize_policies(told([True]))
    assert verdict.success.value == 1.0
    assert verdict.robustness == verdict.success_at_severity == (None, None, None)
    assert verdict.robustness_by_axis == {}
    assert verdict.weakest_axis is None


def test_correlated_seeds_widen_the_interval():
    """Ten conditions that fail on the same seeds say no more than one; ten that fail on different ones say more."""
    same = [told([seed >= 4 for seed in range(20)], f"axis{i}", 3, 20 * i) for i in range(10)]
    apart = [
        told([(7 * seed + 3 * i + seed * i) % 20 >= 4 for seed in range(20)], f"axis{i}", 3, 20 * i) for i in range(10)
    ]
    (one,), (other,) = (summarize_policies(itertools.chain(*run)) for run in (same, apart))
    assert one.success_at_severity.value == pytest.approx(0.8)
    assert one.success_at_severity.high - one.success_at_severity.low > 0.3
    assert other.success_at_severity.value == pytest.approx(0.8, abs=0.05)
    assert other.success_at_severity.high - other.success_at_severity.low < 0.15


def test_every_condition_is_paired_with_nominal_by_seed():
    nominal, bias = [True] * 9 + [False], [False] * 8 + [True] * 2
    rows = compare_with_nominal([*told(nominal), *told(bias, "bias", 1, 10), *told(nominal[:6], "noise", 1, 20)])
    assert [(row.axis, row.pairs) for row in rows] == [("bias", 10), ("noise", 6)]
    assert (rows[0].rate, rows[0].reference_rate) == (0.2, 0.9)
    assert rows[0].difference.value == pytest.approx(-0.7)
    assert rows[0].difference.high < 0.0
    assert rows[0].p == mcnemar_p_value(bias, nominal)
    assert rows[0].p_holm == pytest.approx(2 * rows[0].p)
    assert (rows[1].difference.value, rows[1].p) == (0.0, 1.0)


def test_conditions_are_not_paired_without_nominal():
    assert compare_with_nominal(told([True] * 5, "bias", 1)) == []


def test_twenty_thousand_episodes_are_summarized_in_seconds(tmp_path):
    run = records({"grasp": GRASP}, ["mlp"], load_suite("sim2real"), episodes=5)
    many = [replace(r, seed=5 * i + r.seed, episode=i * len(run) + r.episode) for i in range(19) for r in run]
    assert len(many) >= 20_000
    start = time.perf_counter()
    write_summary(summarize_conditions(many), tmp_path)
    summarize_policies(many)
    compare_with_nominal(many)
    assert time.perf_counter() - start < 5.0


UNREACHED = {("expert", "grasp", "quick"): {"light": "does not reach"}, ("mlp", "grasp", "quick"): {}}


def test_policies_are_compared_over_their_common_axes():
    nominal, half = [True] * 4, [True, False, True, False]
    blind = [*told(nominal), *told(half, "bias", 3, 4), *told(nominal, "light", 3, 8)]
    seeing = [replace(r, policy="mlp", episode=12 + r.episode) for r in [*blind[:8], *told([False] * 4, "light", 3, 8)]]
    one, other = summarize_policies([*blind, *seeing], UNREACHED)
    assert one.robustness == other.robustness
    assert one.success_at_severity.value == other.success_at_severity.value == 0.5
    assert one.shared_axes == other.shared_axes == ("bias",)
    assert (one.irrelevant_axes, list(one.robustness_by_axis)) == (("light",), ["bias"])
    assert (other.other_axes, other.other_robustness.value) == (("light",), 0.5)
    assert (one.other_axes, one.other_robustness) == ((), (None, None, None))


def test_irrelevant_axes_are_excluded_from_the_verdict():
    run = [*told([True, False]), *told([False, False], "bias", 3, 4), *told([True, False], "light", 3, 8)]
    [verdict] = summarize_policies(run, UNREACHED)
    assert verdict.robustness.value == verdict.robustness_by_axis["bias"].value == 0.25
    assert [row.axis for row in compare_with_nominal(run, UNREACHED)] == ["bias"]
    assert {row.axis: (row.group, row.relevant) for row in summarize_conditions(run, UNREACHED)} == {
        "nominal": ("nominal", True), "bias": ("sensing", True), "light": ("sensing", False),
    }  # fmt: skip


def test_a_policy_that_never_acted_does_not_reduce_the_common_axes():
    run = [*told([True, False]), *told([True, False], "light", 3, 8)]
    dead = [replace(r, policy="dead", success=False, failure="policy_error", episode=20 + r.episode) for r in run]
    verdict, nothing = summarize_policies([*run, *dead], {("dead", "grasp", "quick"): {"light": "does not reach"}})
    assert verdict.shared_axes == ("light",)
    assert nothing.robustness == nothing.success == (None, None, None)
