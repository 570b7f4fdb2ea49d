"""Comparing runs, and the policies of one, on the same seeds."""

import json
from dataclasses import replace

import pytest
from runs import records, write_records, write_run

from mygym_lite.errors import UsageError
from mygym_lite.harness.compare import compare_policies, compare_runs
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.record import Force
from mygym_lite.terms import load_task


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of one or two policies on grasp."""
    root = tmp_path_factory.mktemp("runs")
    write_run(root / "mlp", policies=["mlp"])
    write_run(root / "expert", policies=["expert"])
    write_run(root / "both", policies=["expert", "mlp"])
    write_run(root / "reseeded", policies=["mlp"], seed=100)
    write_run(root / "reach", ["reach"], policies=["mlp"])
    return root


def test_two_runs_are_paired_by_condition_and_seed(folder):
    mlp, expert = RunFolder.open(folder / "mlp"), RunFolder.open(folder / "expert")
    [comparison] = compare_runs(mlp, expert)
    assert (comparison.policy, comparison.reference) == ("expert", "mlp")
    assert (comparison.pairs, comparison.seeds) == (len(mlp.read_records()), 10)
    gained = [
        one.success - other.success for one, other in zip(expert.read_records(), mlp.read_records(), strict=True)
    ]  # the same plan, so the same order
    assert comparison.success.value == pytest.approx(sum(gained) / len(gained))
    assert comparison.success.low > 0.0
    assert comparison.time_to_success.value < 0.0
    assert comparison.improvement.low > 0.5
    assert all(row.p_holm >= row.p for row in comparison.conditions)


def test_swapping_the_runs_inverts_the_differences(folder):
    a, b = RunFolder.open(folder / "mlp"), RunFolder.open(folder / "expert")
    [there], [back] = compare_runs(a, b), compare_runs(b, a)
    assert there.success[1:] == pytest.approx([-x for x in back.success[:0:-1]])
    assert there.improvement.value == pytest.approx(1.0 - back.improvement.value)


def test_a_run_against_itself_shows_no_difference(folder):
    run = RunFolder.open(folder / "both")
    found = compare_runs(run, run)
    assert [(c.policy, c.reference) for c in found] == [("expert", "expert"), ("mlp", "mlp")]
    for comparison in found:
        assert comparison.success.value == comparison.time_to_success.value == comparison.peak_hand_force.value == 0.0
        assert comparison.improvement.value == 0.5
        assert {row.p_holm for row in comparison.conditions} == {1.0}


def pressing(newtons, seed):
    """Forces of an episode; in seed 3, which fails, they are another."""
    return {"hand_object": Force(newtons if seed != 3 else 1000.0, 1.0, 1.0, None)}


def test_times_and_forces_are_compared_where_both_succeeded():
    run = records({"grasp": load_task("grasp")}, ["mlp"], load_suite("nominal"), episodes=4)
    slow = [
        replace(
            r, success=r.seed != 3, time_to_success=2.0 + r.seed if r.seed != 3 else None, forces=pressing(5.0, r.seed)
        )
        for r in run
    ]
    fast = [
        replace(
            r,
            policy="fast",
            success=r.seed != 0,
            time_to_success=1.0 if r.seed else None,
            forces=pressing(3.0, 0),
            episode=9,
        )
        for r in run
    ]
    [comparison] = compare_policies([*slow, *fast])
    assert comparison.time_to_success.value == pytest.approx(((1 - 3) + (1 - 4)) / 2)
    assert comparison.peak_hand_force.value == pytest.approx(-2.0)
    assert comparison.success.value == 0.0


def test_intervals_of_differences_stay_between_minus_one_and_one():
    run = records({"grasp": load_task("grasp")}, ["mlp"], load_suite("quick"), episodes=3)
    well = [replace(r, success=True) for r in run]
    badly = [
        replace(r, policy="bad", success=r.seed == 2 and r.severity == 5, episode=r.episode + len(run)) for r in run
    ]
    later = [replace(r, episode=r.episode + 2 * len(run)) for r in well]
    (worse,), (better,) = compare_policies([*well, *badly]), compare_policies([*badly, *later])
    assert -1.0 == worse.success.low < worse.success.value == -better.success.value
    assert better.success.high == 1.0


def test_every_pair_of_policies_is_compared():
    run = records({"grasp": load_task("grasp")}, ["expert", "mlp", "random"], load_suite("nominal"), episodes=5)
    pairs = [(comparison.policy, comparison.reference) for comparison in compare_policies(run)]
    assert pairs == [("mlp", "expert"), ("random", "expert"), ("random", "mlp")]


@pytest.mark.parametrize(("other", "named"), [("reseeded", "seed was 0, is 100"), ("reach", "tasks.grasp")])
def test_runs_that_cannot_be_paired_are_refused_with_the_difference(folder, other, named):
    with pytest.raises(UsageError, match=named):
        compare_runs(RunFolder.open(folder / "mlp"), RunFolder.open(folder / other))


def test_an_unfinished_run_is_compared_on_its_episodes(folder, tmp_path):
    run = RunFolder.open(write_run(tmp_path / "cut", policies=["expert"]))
    write_records(run.folder, run.read_records()[:25])
    [comparison] = compare_runs(RunFolder.open(folder / "mlp"), run)
    assert comparison.pairs == 25
    write_records(run.folder, [])
    with pytest.raises(UsageError, match="no episode in common"):
        compare_runs(RunFolder.open(folder / "mlp"), run)


def test_the_command_prints_a_table_and_a_sentence(folder, run):
    code, out, err = run("compare", folder / "mlp", folder / "expert")
    assert (code, err) == (0, "")
    assert out.startswith("grasp (quick): a is mlp, b is expert\n")
    assert "On grasp, expert against mlp: success +" in out
    assert " N [" in out


def test_equal_labels_are_printed_with_their_runs(folder, run):
    _, out, _ = run("compare", folder / "mlp", folder / "both")
    assert f"a is mlp in {folder / 'mlp'}, b is mlp in {folder / 'both'}" in out


def test_a_missing_force_is_not_comparable(folder, run):
    _, out, _ = run("compare", folder / "reach", folder / "reach")
    assert "peak force of the hand not comparable" in out


def test_axes_that_do_not_affect_both_policies_are_excluded(folder, run, tmp_path):
    blind = write_run(tmp_path / "blind", policies=["expert"])
    manifest = json.loads((blind / "manifest.json").read_text(encoding="utf-8"))
    manifest["irrelevant_axes"] = {"expert": {"grasp": {"friction": "does not reach a policy of this test"}}}
    (blind / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    [comparison] = compare_runs(RunFolder.open(folder / "mlp"), RunFolder.open(blind))
    [whole] = compare_runs(RunFolder.open(folder / "mlp"), RunFolder.open(folder / "expert"))
    assert comparison.other_axes == ("friction",)
    assert {*comparison.shared_axes} == {*whole.shared_axes} - {"friction"}
    assert whole.pairs - comparison.pairs == 30
    assert [row.axis for row in comparison.conditions] == [r.axis for r in whole.conditions if r.axis != "friction"]
    _, out, _ = run("compare", folder / "mlp", blind)
    count = len(comparison.shared_axes)
    assert f"(370 pairs of episodes on 10 seeds), over the {count} axes that affect both, excluding friction." in out
    assert "grasp  friction" not in out


def test_json_holds_the_whole_comparison(folder, run):
    code, out, _ = run("compare", folder / "both", "--json")
    [comparison] = json.loads(out)
    assert code == 0
    assert set(comparison["success"]) == {"value", "low", "high"}
    assert {row["axis"] for row in comparison["conditions"]} >= {"nominal", "friction"}


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (["mlp"], "has only one policy"),
        (["mlp", "reseeded"], "cannot be paired"),
        (["mlp", "both", "expert"], "expected one or two runs, got 3"),
        (["none"], "holds no run"),
    ],
)
def test_invalid_runs_are_refused_in_one_line(folder, run, runs, said):
    code, out, err = run("compare", *(folder / name for name in runs))
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
