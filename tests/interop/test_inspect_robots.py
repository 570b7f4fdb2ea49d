"""The tasks inside inspect-robots, where it is installed: the same episodes as in the harness of this project."""

from __future__ import annotations

from pathlib import Path

import pytest

import mygym_lite as mg
from mygym_lite.config.task import list_tasks
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError

inspect_robots = pytest.importorskip("inspect_robots", reason="inspect-robots is not installed")

from inspect_robots.conformance import check_embodiment  # noqa: E402
from inspect_robots.registry import registered  # noqa: E402

from mygym_lite.interop.inspect_robots import MyGymEmbodiment, make_task  # noqa: E402
from mygym_lite.interop.inspect_robots_policy import MyGymPolicy  # noqa: E402
from mygym_lite.policies.metadata import make_env  # noqa: E402
from mygym_lite.policies.policy_lookup import find_policy  # noqa: E402
from mygym_lite.randomization.suite_file import load_suite  # noqa: E402


@pytest.mark.parametrize(
    ("policy", "axis", "cameras"),
    [("reach_bc", "nominal", None), ("reach_bc", "action_delay", None), ("reach_pixels", "nominal", "head,wrist")],
)
def test_episodes_are_those_of_our_own_harness(policy: str, axis: str, cameras: str | None, tmp_path: Path) -> None:
    embodiment = MyGymEmbodiment("reach", cameras, 128, 128, suite="sim2real", axis=axis, severity=4)
    [log] = inspect_robots.eval(
        make_task("reach", episodes=4, seed=7), MyGymPolicy(policy, "reach"), embodiment, log_dir=str(tmp_path)
    )
    task = mg.load_task("reach")
    conditions = {(c.axis, c.severity): c for c in load_suite("sim2real").build_conditions(task)}
    condition = conditions[axis, 0 if axis == "nominal" else 4]
    env = make_env(TaskEnv, task, find_policy(policy).get_env_arguments(), policy)
    agent = mg.make_policy(policy, env)
    records = [mg.run_episode(mg.EpisodeSpec(task, 7 + i, condition), agent, env) for i in range(4)]
    theirs = {sample.scene_id: sample.termination_reasons == ("success",) for sample in log.samples}
    assert theirs == {f"reach-{record.seed}": record.success for record in records}
    assert log.stats.total_steps == sum(record.steps for record in records)
    assert log.results.metrics["success_at_end"] == sum(record.success for record in records) / 4


@pytest.mark.parametrize("name", list_tasks())
def test_embodiments_conform(name: str) -> None:
    embodiment = MyGymEmbodiment(name, cameras=None)
    report = check_embodiment(embodiment.info)
    assert report.issues == (), report.summary()
    assert len(embodiment.info.action_space.semantics.dim_labels) == embodiment.info.action_space.dim
    embodiment.close()


def test_images_of_another_size_are_refused() -> None:
    embodiment = MyGymEmbodiment("reach", "head,wrist", 256, 256)
    [scene] = make_task("reach", episodes=1).scenes
    with pytest.raises(UsageError, match=r"'head_rgb' has the shape \(256, 256, 3\), and \(128, 128, 3\) in"):
        MyGymPolicy("reach_pixels", "reach").act(embodiment.reset(scene))


def test_plugins_are_registered() -> None:
    assert all("mygym_lite" in registered(kind) for kind in ("embodiment", "task", "policy"))


def test_scenes_have_the_instructions_of_their_episodes() -> None:
    task, embodiment = make_task("pick_by_name", episodes=3), MyGymEmbodiment("pick_by_name", cameras=None)
    for scene in task.scenes:
        assert embodiment.reset(scene, seed=99).instruction == scene.instruction
    assert len({scene.instruction for scene in task.scenes}) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MyGymEmbodiment("reach", suite="sim2real", axis="mass"), "axis: 'mass' does not apply to reach"),
        (
            lambda: MyGymEmbodiment("reach", control="joint_torque"),
            "control: inspect-robots has no name for 'joint_torque'",
        ),
        (lambda: MyGymPolicy("expert", "reach"), "policy expert: needs more of the simulation"),
        (lambda: MyGymPolicy("grasp_bc", "reach"), "policy grasp_bc"),
    ],
)
def test_mistakes_are_named(make: object, message: str) -> None:
    with pytest.raises((UsageError, mg.MyGymError), match=message):
        make()
