"""Names of the components of observations and actions, as stored in recordings."""

from contextlib import closing

import pytest

import mygym_lite as mg
from mygym_lite.config.robot import load_robot
from mygym_lite.envs.component_names import list_component_names

ARM = load_robot("humanoid_right").arms["right"]


def list_names(task: str = "grasp", **how: object) -> dict[str, list[str]]:
    with closing(mg.make(task, **how)) as env:
        return list_component_names(env)


def test_joints_are_named_as_in_the_urdf_and_positions_by_axis():
    found = list_names()
    assert found["proprio"][:7] == [f"joints.{joint}" for joint in ARM.joints]
    assert {"closure", "palm.x", "axes.z_axis_y", f"fingers.{ARM.hand.joints[0]}"} <= set(found["proprio"])
    assert found["object"][5:9] == ["in_hand.z", "yaw.cos", "yaw.sin", "motion.x"]
    assert found["touch"] == ["thumb", "fingers"]
    assert found["action"] == [*ARM.joints, "closure"]


@pytest.mark.parametrize("robot", ["humanoid_right", "humanoid_left", "humanoid"])
@pytest.mark.parametrize("settings", [[], ["robot.control=ee_delta", "robot.fingers=each"]])
def test_every_component_has_a_unique_name(robot, settings):
    with closing(mg.make("grasp_clutter", robot=robot, settings=settings)) as env:
        found = list_component_names(env)
        sizes = {name: box.shape[0] for name, box in env.observation_space.spaces.items()}
        assert {name: len(several) for name, several in found.items()} == sizes | {"action": env.action_space.shape[0]}
    assert all(len(set(several)) == len(several) for several in found.values())


def test_actions_of_the_second_arm_have_a_prefix():
    assert list_names("reach", robot="humanoid", control="ee_translation")["action"] == [
        "x", "y", "z", "closure", "left_x", "left_y", "left_z", "left_closure",
    ]  # fmt: skip
