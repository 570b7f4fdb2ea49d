"""Choice of the physics engine: by argument, setting, option and suite, and everything that an engine refuses."""

from __future__ import annotations

import importlib.util
import subprocess
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from command_line import COMMAND
from engines import ENGINES
from gymnasium.utils.env_checker import check_env

import mygym_lite as mg
from mygym_lite.config.task import list_tasks
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import parse_variations
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.schema import Location
from mygym_lite.terms import load_task

pytest.importorskip("mujoco")

ARM = """<robot name="arm">
  <link name="base"/>
  <link name="shoulder"><inertial><mass value="2"/><origin xyz="0 0 0.2"/>{inertia}</inertial>{collision}</link>
  <link name="tip"><inertial><mass value="1"/>
    <inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="tail"><inertial><mass value="1"/><origin xyz="0.2 0 0"/>
    <inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="turn" type="revolute"><parent link="base"/><child link="shoulder"/><axis xyz="0 0 1"/>
    <limit lower="-2" upper="2" effort="50" velocity="2"/></joint>
  <joint name="lift" type="revolute"><parent link="shoulder"/><child link="tip"/>
    <origin xyz="0 0 0.5"/><axis xyz="0 1 0"/>
    <limit lower="-2" upper="2" effort="50" velocity="2"/></joint>
  <joint name="wag" type="revolute"><parent link="base"/><child link="tail"/><axis xyz="0 1 0"/>
    <limit lower="-2" upper="2" effort="30" velocity="2"/></joint>
</robot>
"""
INERTIA = '<inertia ixx="0.02" iyy="0.02" izz="0.02" ixy="0" ixz="0" iyz="0"/>'
ROBOT = """schema = 1
name = "arm"
about = "Two joints, and a tail of no arm."
urdf = "arm.urdf"
[arms.right]
joints = ["turn", "lift"]
tip = "tip"
home = [0.0, 0.5]
"""


def write_arm(folder: Path, inertia: str = INERTIA, collision: str = "") -> str:
    (folder / "arm.urdf").write_text(ARM.format(inertia=inertia, collision=collision), encoding="utf-8")
    (folder / "arm.toml").write_text(ROBOT, encoding="utf-8")
    return str(folder / "arm.toml")


def make_arm_env(robot: str, engine: str) -> TaskEnv:
    reach = load_task("reach")
    task = replace(reach, start={}, goal=replace(reach.goal, position=(0.1, 0.0, 0.4)))  # type: ignore[type-var]
    return TaskEnv(task, robot=robot, control="joint_delta", engine=engine)  # type: ignore[arg-type]


# --- every way to choose


@pytest.mark.parametrize("engine", ENGINES)
def test_gymnasium_makes_an_environment_in_each_engine(engine: str) -> None:
    env = gym.make("mygym_lite/Grasp-v0", engine=engine, disable_env_checker=True)
    assert env.unwrapped.task.physics.engine == engine  # type: ignore[attr-defined]
    check_env(env.unwrapped, skip_render_check=True)
    env.close()


@pytest.mark.parametrize("task", list_tasks())
def test_every_task_has_the_same_spaces_and_start_in_both_engines(task: str) -> None:
    starts = []
    for engine in ENGINES:
        with TaskEnv(task, engine=engine) as env:  # type: ignore[arg-type]
            observation, _ = env.reset(seed=3)
            assert env.observation_space.contains(observation)
            starts.append(observation)
    assert starts[0].keys() == starts[1].keys()
    for name, array in starts[0].items():
        np.testing.assert_allclose(array, starts[1][name], atol=1e-6)


def test_the_option_names_an_engine() -> None:
    shown = subprocess.run([*COMMAND, "show", "reach", "--engine", "mujoco", "--json"], capture_output=True, check=True)
    assert b'"mujoco"' in shown.stdout


def test_an_episode_of_run_and_of_its_record_name_the_engine() -> None:
    records = mg.run("reach", "expert", 1, engine="mujoco")
    assert records[0].success


# --- refusals, in one line


def test_an_unknown_engine_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"physics\.engine: 'mujco' is not a choice; did you mean 'mujoco'\?"):
        load_task("reach", ["physics.engine=mujco"])


def test_an_engine_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mujoco" else find(name))
    with pytest.raises(ConfigError, match=r"'mujoco' is not installed; pip install 'mygym_lite\[mujoco\]'"):
        TaskEnv("reach", engine="mujoco")


def test_mujoco_has_no_renderer_of_its_own() -> None:
    with pytest.raises(UsageError, match="has neither a window nor the renderer 'tiny'; use the renderer 'raster'"):
        TaskEnv("reach", engine="mujoco", renderer="tiny")


@pytest.mark.parametrize("engine", ENGINES)
def test_settings_of_the_other_engine_are_refused(engine: str) -> None:
    path = {"bullet": "physics.mujoco.impedance=0.9", "mujoco": "physics.bullet.contact_stiffness=1e5"}[engine]
    with pytest.raises(ConfigError, match=rf"physics\.engine is '{engine}', whatever the settings of"):
        load_task("grasp", [f"physics.engine={engine}", path])


def test_a_variation_may_set_the_engine_and_its_settings() -> None:
    both = {"physics.engine": {"value": "mujoco"}, "physics.mujoco.impedance": {"uniform": [0.95, 0.99]}}
    with TaskEnv("grasp") as env:
        env.reset(seed=0, options={"variations": both})
        assert env.episode_task.physics.engine == "mujoco"
        assert 0.95 <= env.episode_task.physics.mujoco.impedance <= 0.99
        env.reset(seed=0)
        assert env.episode_task.physics.engine == "bullet"


def test_settings_of_an_engine_that_is_drawn_at_random_are_refused() -> None:
    table = {"physics.engine": {"choice": ["bullet", "mujoco"]}, "physics.mujoco.impedance": {"value": 0.95}}
    where = Location("mine.toml")
    with pytest.raises(ConfigError, match=r"mine\.toml: .*whatever the settings of mujoco"):
        check_variations(load_task("grasp"), parse_variations(table, where), where)


def test_a_mesh_that_mujoco_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "part.dae").write_text("<COLLADA/>", encoding="utf-8")
    robot = write_arm(tmp_path, collision='<collision><geometry><mesh filename="part.dae"/></geometry></collision>')
    with pytest.raises(ConfigError, match=r"arm\.urdf: shoulder\.collision: MuJoCo cannot read part\.dae; convert it"):
        make_arm_env(robot, "mujoco")


def test_inertia_that_no_body_can_have_is_refused(tmp_path: Path) -> None:
    robot = write_arm(tmp_path, inertia='<inertia ixx="1" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/>')
    with pytest.raises(ConfigError, match=r"arm\.urdf: MuJoCo cannot load it, .*; correct the <inertia>") as caught:
        make_arm_env(robot, "mujoco")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_unstable_simulation_names_the_engine_and_the_physics_step(engine: str) -> None:
    with TaskEnv("reach", engine=engine, control="ee_translation") as env:  # type: ignore[arg-type]
        env.reset(seed=0)
        with pytest.raises(mg.MyGymError, match=rf"unstable after 0\.00 s, step 0 of {engine}; raise"):
            env.world._raise_unstable("the simulation became unstable")


# --- robots


@pytest.mark.parametrize("engine", ENGINES)
def test_a_joint_of_no_arm_keeps_its_position(tmp_path: Path, engine: str) -> None:
    with make_arm_env(write_arm(tmp_path), engine) as env:
        env.reset(seed=0)
        for _ in range(40):
            env.step(np.array([0.5, 0.0], np.float32))
        [tail] = env.world._robot.read_other_joints()
        assert tail == pytest.approx(0.0, abs=2e-3)
        assert env.state.joints[0] > 0.5
