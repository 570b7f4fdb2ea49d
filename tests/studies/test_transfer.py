"""The randomization study: twins trained alike, tested along the axes that reach them, told with intervals."""

import json
import re
import sys
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mygym_lite import cli
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy import RandomPolicy
from mygym_lite.policies.policy_lookup import make_policy
from mygym_lite.policies.saved import load_policy
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.episode import EpisodeSpec
from mygym_lite.rollout.rollout import run_episode
from mygym_lite.stats.nested_bootstrap import NestedBootstrap
from mygym_lite.studies.randomization.evaluation import StudyOutcomes
from mygym_lite.studies.randomization.findings import compute_findings
from mygym_lite.studies.randomization.plan import RandomizationPlan
from mygym_lite.studies.randomization.study import study_randomization, write_study
from mygym_lite.studies.randomization.training import ProgressFile, follow_progress, read_progress
from mygym_lite.terms import load_task

SUITE = """
schema = 1
name   = "two"
about  = "A fault of the arm, and light, which nobody sees who is told where things are."

[axes.weak]
group   = "actuation"
about   = "The arm does less than it is told."
changes = { "actuation.gain" = { value = [0.95, 0.9, 0.8, 0.4, 0.0] } }

[axes.dark]
group   = "visual"
about   = "There is less light."
changes = { "light.intensity" = { scale = [0.9, 0.8, 0.7, 0.6, 0.5] } }
"""
FEW = DemonstrationConfig(episodes=4, noise=0.3, rounds=2, rollouts_per_round=4)
QUICK = TrainingConfig(epochs=3, hidden=(16,))
SHORT = ("episode.seconds=2",)


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    path = tmp_path_factory.mktemp("suite") / "two.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def asked(suite):
    return {
        "algo": "bc",
        "seeds": 1,
        "demonstrations": FEW,
        "training": QUICK,
        "suite": suite,
        "severities": (3,),
        "episodes": 2,
        "seed": 50_000,
        "workers": 1,
        "settings": SHORT,
    }


@pytest.fixture(scope="module")
def studied(asked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "reach"
    return study_randomization("reach", folder, ["none", "dynamics"], **asked)


@pytest.mark.slow
def test_one_policy_for_each_preset_is_trained_and_tested(studied):
    folder = studied.plan.folder
    assert sorted(file.name for file in (folder / "policies").iterdir()) == ["dynamics-0", "none-0"]
    made = {name: load_policy(folder / "policies" / f"{name}-0").metadata.provenance for name in studied.presets}
    assert [made[name]["randomization"] for name in ("none", "dynamics")] == [None, "dynamics"]
    assert made["none"]["demonstrations"] == made["dynamics"]["demonstrations"]
    assert list(studied.outcomes.groups) == ["weak"]
    assert studied.outcomes.irrelevant_axes == {"dark": "cannot affect a policy without images"}


@pytest.mark.slow
def test_files_tell_the_same(studied):
    folder = studied.plan.folder
    told = json.loads((folder / "transfer.json").read_text(encoding="utf-8"))
    assert {(cell["preset"], cell["axis"]) for cell in told["cells"]} >= {("none", "nominal"), ("dynamics", "weak")}
    page = (folder / "transfer.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", page)
    assert "cannot affect a policy without images" in page
    assert cv2.imread(str(folder / "transfer.png")).shape[1] == 1400


def test_trainings_in_other_processes_tell_how_far_they_are(tmp_path):
    ProgressFile(tmp_path / "left")("epochs", 1, 2, "")  # by one that was killed
    told, heard = [], threading.Event()

    def tell(said):
        told.append(said)
        if said:
            heard.set()

    with follow_progress(tmp_path, tell):
        progress = ProgressFile(tmp_path / "none-0")
        progress("epochs", 12, 40, ", loss 0.0134")
        assert heard.wait(60)
    assert told[-1] == "none-0 12/40 epochs, loss 0.0134"
    progress.remove()
    assert read_progress(tmp_path) == ""


@pytest.mark.slow
def test_goes_on_where_it_was_ended_and_refuses_another_study(studied, asked):
    folder = studied.plan.folder
    weights = {file: file.stat().st_mtime_ns for file in folder.glob("policies/*/weights.safetensors")}
    lines = {file: file.read_bytes() for file in folder.glob("runs/*/*/episodes.jsonl")}
    again = study_randomization("reach", folder, ["none", "dynamics"], **asked)
    assert again.cells == studied.cells
    assert {file: file.stat().st_mtime_ns for file in weights} == weights
    assert {file: file.read_bytes() for file in lines} == lines
    with pytest.raises(
        UsageError, match=r"holds another randomization study: demonstrations.episodes was 4, is 5; give a new"
    ):
        study_randomization("reach", folder, ["none"], **{**asked, "demonstrations": replace(FEW, episodes=5)})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--presets", "none", "ful"), "--presets: no randomization 'ful' is shipped; did you mean 'full'?"),
        (("--presets", "none", "none"), "--presets: none none names one twice; name each once"),
        (("--severities", "7"), "--severities: 7 is not a severity of sim2real; one of 1, 2, 3, 4, 5"),
        (("--suite", "combined"), "suite combined: tests no axis alone; name one that does: sim2real"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_trained(monkeypatch, capfd, tmp_path, words, message):
    folder = tmp_path / "study"
    monkeypatch.setattr(sys, "argv", ["mygym-lite", "study", "randomization", "reach", *words, "--out", str(folder)])
    assert cli.main() == 2
    assert capfd.readouterr().err.strip().endswith(message)
    assert not folder.exists()


def observations(task, variations, seed):
    """All that a policy is shown in an episode of random actions."""
    with TaskEnv(task, settings=["episode.seconds=0.5", "episode.hold_seconds=0.1"]) as env:
        policy, over = RandomPolicy(env.action_space), False
        seen = [env.reset(seed=seed, options={"variations": variations})[0]]
        while not over:
            observation, _, terminated, truncated, _ = env.step(policy.act())
            seen.append(observation)
            over = terminated or truncated
    return np.concatenate([np.concatenate(list(each.values())) for each in seen])


def test_along_an_axis_that_does_not_reach_the_policy_every_moment_is_the_nominal_one():
    task, suite = load_task("grasp"), load_suite("sim2real")
    blind = find_irrelevant_axes(suite, task, ObservedFields())
    assert {axis.group for axis in suite.axes if axis.name in blind} == {"visual", "camera", "sensing", "object"}
    nominal = observations(task, (), 50_000)
    for condition in suite.build_conditions(task):
        if condition.severity == 5 and condition.axis in blind:
            assert np.array_equal(observations(task, condition.variations, 50_000), nominal), condition.axis


def test_who_sees_pictures_is_reached_by_what_they_show():
    task, suite = load_task("grasp"), load_suite("sim2real")
    wrist = find_irrelevant_axes(suite, task, ObservedFields(frozenset({"rgb"}), frozenset({"wrist"})))
    assert {axis for axis in wrist if not axis.startswith("camera_")} == {"depth_noise"}
    assert not find_irrelevant_axes(suite, task, ObservedFields(frozenset({"rgb", "depth"}), frozenset(task.cameras)))


def test_a_run_names_the_axes_that_cannot_reach_each_of_its_policies():
    plan = prepare_evaluation(["expert", "grasp_bc", "grasp_pixels"], ["grasp"], "sim2real").plan
    told = {policy: set(tasks["grasp"]) for policy, tasks in build_manifest(plan)["irrelevant_axes"].items()}
    assert "image_noise" in told["grasp_bc"]
    assert "image_noise" not in told["grasp_pixels"]
    assert "joint_bias" in told["expert"]
    assert "joint_bias" not in told["grasp_bc"]
    assert told["grasp_pixels"] < told["grasp_bc"] < told["expert"]
    assert all("mass" not in axes for axes in told.values())


def test_along_the_axes_that_do_not_reach_scripted_policies_their_episodes_are_the_nominal_ones():
    task, suite = load_task("grasp"), load_suite("sim2real")
    scripted = find_irrelevant_axes(suite, task, ObservedFields(uses_observation=False))
    with TaskEnv(task, settings=["episode.seconds=0.5", "episode.hold_seconds=0.1"]) as env:
        policy = make_policy("expert", env)
        nominal = run_episode(EpisodeSpec(env.task, 50_000), policy, env)
        for condition in suite.build_conditions(env.task):
            if condition.severity == 5 and condition.group == "sensing" and condition.applicable:
                assert condition.axis in scripted
                record = run_episode(EpisodeSpec(env.task, 50_000, condition), policy, env)
                assert (record.forces, record.path_length, record.reward) == (
                    nominal.forces, nominal.path_length, nominal.reward,
                ), condition.axis  # fmt: skip


def plan_of(folder, seeds, episodes):
    return RandomizationPlan("grasp", folder, ("none", "full"), seeds=seeds, episodes=episodes)


def outcomes(rng, rates, seeds, episodes):
    solved = {
        (preset, key): (rng.random((seeds, episodes)) < rate).astype(float)
        for preset, (nominal, hard) in rates.items()
        for key, rate in {("nominal", 0): nominal, ("mass", 3): hard, ("friction", 3): hard}.items()
    }
    return StudyOutcomes(solved, {"mass": "dynamics", "friction": "dynamics"}, {}, {})


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not(tmp_path):
    rng, plan = np.random.default_rng(0), plan_of(tmp_path, 3, 100)
    better = compute_findings(plan, outcomes(rng, {"none": (0.95, 0.6), "full": (0.95, 0.85)}, 3, 100)).get_mean_cell(
        "full"
    )
    assert better.significant
    assert 0.15 < better.difference.value < 0.35
    assert better.difference.low < 0.25 < better.difference.high
    assert (
        not compute_findings(plan, outcomes(rng, {"none": (0.95, 0.7), "full": (0.95, 0.7)}, 3, 100))
        .get_mean_cell("full")
        .significant
    )


def test_trainings_that_come_out_differently_widen_the_interval():
    episodes = np.random.default_rng(0).random((3, 200)) < 0.5
    alike, apart = episodes.astype(float), episodes & (np.arange(3) > 0)[:, None]
    draws = NestedBootstrap.draw(3, 200)
    narrow, wide = (draws.estimate_rate(np.asarray(table, float)) for table in (alike, apart))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_episodes_that_all_end_alike_leave_room_for_doubt():
    draws = NestedBootstrap.draw(1, 20)
    assert draws.estimate_rate(np.ones((1, 20))).low < 0.9
    assert draws.estimate_difference(np.ones((1, 20)), np.ones((1, 20))).low < 0.0
    assert draws.estimate_ratio(np.ones((1, 20)), np.zeros((1, 20))).value is None


def test_the_page_draws_every_preset_and_axis(tmp_path):
    rng, plan = np.random.default_rng(0), plan_of(tmp_path, 2, 20)
    write_study(
        compute_findings(plan, outcomes(rng, {"none": (0.9, 0.5), "full": (0.9, 0.9)}, 2, 20)),
        plan.build_manifest("a <command>"),
    )
    page = (tmp_path / "transfer.html").read_text(encoding="utf-8")
    assert page.count('<td class="h') == 2 * (2 + 2)  # presets by nominal, mean and two axes
    assert "a &lt;command&gt;" in page
