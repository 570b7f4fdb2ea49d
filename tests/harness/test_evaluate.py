"""Evaluations: the plan, the manifest, failing policies, and the same bytes for any number of workers."""

import re

import pytest
from short_evaluations import POLICIES, evaluate, read_sorted_records

import mygym_lite as mg
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.stats import compute_interval_width

pytestmark = pytest.mark.usefixtures("user_module")


@pytest.mark.parametrize("workers", [2, 4])
def test_records_do_not_depend_on_the_number_of_workers(finished_run, tmp_path, workers):
    assert read_sorted_records(evaluate(tmp_path / "run", workers=workers).folder) == read_sorted_records(finished_run)
    for name in ("summary.json", "summary.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (finished_run / name).read_bytes()


def test_every_condition_and_policy_has_the_same_seeds(finished_run):
    seeds = {}
    for record in RunFolder.open(finished_run).read_records():
        seeds.setdefault(record.condition, []).append(record.seed)
    assert len(seeds) == 2 * (3 + 5)  # reach has no object whose size could differ
    assert {tuple(found) for found in seeds.values()} == {(0, 1)}


def test_the_manifest_describes_tasks_suite_and_policies(finished_run):
    manifest = RunFolder.open(finished_run).manifest
    assert manifest["tasks"]["grasp"]["fields"]["episode"]["seconds"] == 0.5
    assert manifest["tasks"]["grasp"]["text"].startswith("# Close the hand")
    assert [axis["name"] for axis in manifest["suite"]["axes"]] == ["action_noise", "object_size"]
    assert manifest["suite"]["axes"][1]["applicable"] == {"reach": False, "grasp": True}
    assert set(manifest["policies"]) == set(POLICIES)
    assert manifest["versions"]["pybullet"]


def test_empty_fields_are_no_part_of_the_manifest(finished_run):
    fields = RunFolder.open(finished_run).manifest["tasks"]["reach"]["fields"]
    assert "regions" not in fields
    assert "objects" not in fields


FAULTS = {
    "mine:raises": "KeyError: 'elbow'",
    "mine:nan": "every number must be finite",
    "mine:too_long": r"shape \(9,\)",
    "mine:too_far": r"every number must be in \[-1, 1\]",
    "mine:hangs": "longer than 0.5 s",
    "mine:hangs_for_good": "could not be interrupted",
    "mine:dies": "signal 11",
}


def test_failing_policies_are_recorded_and_do_not_end_the_run(tmp_path):
    result = evaluate(tmp_path / "run", [*FAULTS, "random"], ["grasp"], "nominal", 1, workers=2, action_timeout=0.5)
    *broken, well = result.records
    for record, (policy, message) in zip(broken, FAULTS.items(), strict=True):
        assert (record.policy, record.failure, record.success) == (policy, "policy_error", False)
        assert re.search(message, record.message)
    assert well.failure != "policy_error"
    assert well.steps > 0


def test_a_condition_ends_when_its_interval_is_narrow_enough(tmp_path):
    def play(workers):
        return evaluate(
            tmp_path / str(workers), ["random"], ["reach"], episodes=40, until_ci_width=0.2, workers=workers
        )

    result = play(1)
    for row in result.summary:
        assert row.episodes % 10 == 0
        assert compute_interval_width(round(row.metrics["success"].value * row.episodes), row.episodes) <= 0.2
        assert compute_interval_width(0, row.episodes - 10) > 0.2
    assert read_sorted_records(play(2).folder) == read_sorted_records(result.folder)


def test_a_resumed_queue_continues_in_the_same_order():
    plan = prepare_evaluation("random", ["reach"], "nominal", 50, until_ci_width=0.2).plan

    def fails(number):
        return make_error_record(plan.make_episode_spec(number), "of no matter")

    whole = EpisodeQueue(plan)
    played = []
    while (number := whole.pop()) is not None:
        played.append(fails(number))
        whole.mark_done(played[-1])
    assert len(played) == 20  # from 20 failures the interval is narrower than 0.2
    again = EpisodeQueue(plan, played[:13])
    rest = []
    while (number := again.pop()) is not None:
        rest.append(number)
        again.mark_done(fails(number))
    assert rest == [record.episode for record in played[13:]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (dict(policies=["exprt"]), "did you mean 'expert'"),
        (dict(tasks=["graps"]), "did you mean 'grasp'"),
        (dict(suite="sim2rel"), "did you mean 'sim2real'"),
        (dict(policies=["expert", "expert"]), "two policies are called 'expert'"),
        (dict(policies=[]), "no policy to evaluate"),
        (dict(tasks=["grasp", "grasp"]), "two tasks are called 'grasp'"),
        (dict(episodes=0), "episodes must be at least 1, got 0"),
        (dict(until_ci_width=1.5), "between 0 and 1"),
    ],
)
def test_invalid_arguments_are_refused_before_anything_is_written(tmp_path, words, message):
    with pytest.raises((ConfigError, UsageError), match=message) as caught:
        evaluate(tmp_path / "run", **words)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_mapping_applies_to_remote_policies_only(tmp_path):
    (tmp_path / "map.toml").write_text("schema = 1\n", encoding="utf-8")
    found = prepare_evaluation(
        ["expert", "far=ws://localhost:1"], ["reach"], remote_mapping=tmp_path / "map.toml"
    ).plan.policies
    assert [policy.remote_mapping and policy.remote_mapping.name for policy in found] == [
        None,
        str(tmp_path / "map.toml"),
    ]
    with pytest.raises(UsageError, match="expert is none; leave it out"):
        prepare_evaluation("expert", ["reach"], remote_mapping=tmp_path / "map.toml")


def test_functions_are_policies(tmp_path):
    def sleepy(_observation):
        return [0.0] * 8

    result = evaluate(tmp_path / "run", [sleepy], ["grasp"], "nominal", 1, workers=1)
    assert result.records[0].failure == "never_reached"
    assert result.find_failures() == result.records


def test_a_goal_conditioned_model_observes_goals(tmp_path):
    from stable_baselines3 import SAC, HerReplayBuffer

    SAC("MultiInputPolicy", mg.GoalEnv("reach"), replay_buffer_class=HerReplayBuffer, seed=0).save(tmp_path / "her")
    result = evaluate(
        tmp_path / "run", [str(tmp_path / "her.zip")], ["reach"], "nominal", 1, workers=1, allow_pickle=True
    )
    assert result.records[0].failure != "policy_error"
    assert set(result.records[0].reward_terms) == {"approach", "arrive", "effort"}
    assert mg.replay(result.run, 0, allow_code=True).identical


@pytest.mark.slow
def test_the_action_timeout_excludes_compilation(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))  # of the worker, in which nothing is compiled yet
    result = mg.evaluate("expert", "reach", episodes=1, workers=1, action_timeout=1.0, out=tmp_path / "run")
    assert [record.failure for record in result.records] == [None]
