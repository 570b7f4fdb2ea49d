"""Contract checks: planted mistakes are named with their remedy, and shipped policies give no alarm."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import mygym_lite as mg
from mygym_lite.config.robot import load_robot
from mygym_lite.envs.observations import Observation
from mygym_lite.harness.contract.report import Outcome
from mygym_lite.policies.inputs import InputLayout
from mygym_lite.policies.saved import list_policies
from mygym_lite.schema import Location

Array = NDArray[Any]
Answer = Callable[[Array, Observation], Array]
ARM = next(iter(load_robot("humanoid_right").arms.values()))
LOW, HIGH = np.array(ARM.lower), np.array(ARM.upper)
JOINT_STEP = mg.load_task("grasp").robot.joint_step


class Planted:
    """A shipped policy with a mistake in what it observes or in what it answers."""

    def __init__(
        self,
        name: str,
        observe: Callable[[Observation], Observation] = lambda observation: observation,
        answer: Answer = lambda action, _: action,
    ) -> None:
        self._policy: Any = mg.load_policy(name)
        self._observe, self._answer = observe, answer
        shapes = self._policy.metadata.observation
        self._groups = list(shapes)
        if images := [name for name in shapes if name.endswith("_rgb")]:
            self.observe = [*(group for group in shapes if group not in images), "rgb"]
            self.cameras = [name.removesuffix("_rgb") for name in images]
            self.size = (128, 128)

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self._policy.reset(seed)

    def act(self, observation: Observation) -> Array:
        """Return the actions of the policy, with the mistake."""
        seen = self._observe({name: observation[name] for name in self._groups})
        return self._answer(np.array(self._policy.act(seen), float), observation)


def scale_arm(factor: float) -> Answer:
    return lambda action, _: np.append(factor * action[:-1], action[-1])


def read_joints(observation: Observation) -> Array:
    return 0.5 * (LOW + HIGH) + 0.5 * (HIGH - LOW) * observation["proprio"][:7]


def reach_absolutely(action: Array, observation: Observation) -> Array:
    return np.append(read_joints(observation) + JOINT_STEP * action[:-1], action[-1])


def change_images(function: Callable[[Array], Array]) -> Callable[[Observation], Observation]:
    return lambda seen: {k: np.ascontiguousarray(function(v)) if k.endswith("_rgb") else v for k, v in seen.items()}


def exchange_cameras(seen: Observation) -> Observation:
    return {**seen, "head_rgb": seen["wrist_rgb"], "wrist_rgb": seen["head_rgb"]}


def read_degrees(seen: Observation) -> Observation:
    proprio = seen["proprio"].copy()
    proprio[:7] = (2.0 * np.radians(proprio[:7]) - LOW - HIGH) / (HIGH - LOW)
    return {**seen, "proprio": proprio}


MISTAKES: Mapping[str, tuple[Planted, str, str]] = {
    "gripper negated": (
        Planted("grasp_bc", answer=lambda action, _: np.append(action[:-1], -action[-1])),
        "gripper",
        "scale = [1, 1, 1, 1, 1, 1, 1, -1]",
    ),
    "gripper 0 to 1": (
        Planted("grasp_bc", answer=lambda action, _: np.append(action[:-1], 0.5 * (action[-1] + 1.0))),
        "gripper",
        "shift = [0, 0, 0, 0, 0, 0, 0, -1]",
    ),
    "degrees for radians": (Planted("grasp_bc", answer=scale_arm(57.29578)), "units of actions", "0.0174533"),
    "radians per step": (Planted("grasp_bc", answer=scale_arm(JOINT_STEP)), "units of actions", "10"),
    "joints in another order": (
        Planted("grasp_bc", answer=lambda action, _: action[[6, 5, 4, 3, 2, 1, 0, 7]]),
        "order of actions",
        "order = [6, 5, 4, 3, 2, 1, 0, 7]",
    ),
    "joints negated": (
        Planted("grasp_bc", answer=lambda action, _: action * [1, -1, 1, -1, 1, 1, 1, 1]),
        "signs of actions",
        "scale = [1, -1, 1, -1, 1, 1, 1, 1]",
    ),
    "absolute for delta": (
        Planted("grasp_bc", answer=reach_absolutely),
        "absolute or delta",
        "--set robot.control=joint_position",
    ),
    "state in degrees": (
        Planted("grasp_bc", observe=read_degrees),
        "units of the state",
        'of = "proprio[0:7]", scale = [',
    ),
    "BGR": (
        Planted("reach_pixels", observe=change_images(lambda image: image[..., ::-1])),
        "colours of images",
        'channels = "BGR"',
    ),
    "upside down": (
        Planted("reach_pixels", observe=change_images(lambda image: image[::-1])),
        "orientation of images",
        'flip = "vertical"',
    ),
    "images 0 to 1": (
        Planted("reach_pixels", observe=change_images(lambda image: np.clip(255.0 * image, 0, 255).astype(np.uint8))),
        "range of images",
        "scale = 0.00392157",
    ),
    "cameras exchanged": (
        Planted("reach_pixels", observe=exchange_cameras),
        "cameras",
        "exchange the cameras 'head' and 'wrist'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_named_with_its_remedy(mistake: str) -> None:
    policy, aspect, remedy = MISTAKES[mistake]
    report = mg.check_policy(policy, "reach" if hasattr(policy, "cameras") else "grasp", episodes=2)
    found = [finding for finding in report.mistakes if finding.aspect != "range of actions"]
    assert [finding.aspect for finding in found] == [aspect]
    assert remedy in found[0].remedy


def write_mapping(folder: Path, remedy: str) -> Path:
    """Write a mapping file with the lines of a remedy for actions, which also clips."""
    lines = re.sub(r", (?=scale|shift)", "\n", remedy.removeprefix("[action] "))
    file = folder / "mapping.toml"
    file.write_text(f"schema = 1\n[action]\nclip = true\n{lines}\n")
    return file


@pytest.mark.parametrize(
    "mistake",
    [
        "gripper negated",
        "gripper 0 to 1",
        "degrees for radians",
        "radians per step",
        "joints in another order",
        "joints negated",
    ],
)
def test_the_remedy_mends_the_actions(mistake: str, tmp_path: Path) -> None:
    policy, aspect, _ = MISTAKES[mistake]
    (remedy,) = [
        found.remedy for found in mg.check_policy(policy, "grasp", episodes=2).mistakes if found.aspect == aspect
    ]
    mapping = write_mapping(tmp_path, remedy)
    assert mg.check_policy(policy, "grasp", episodes=2, remote_mapping=mapping).passed


def test_the_remedy_contains_the_mapping_that_is_there(tmp_path: Path) -> None:
    policy = Planted("grasp_bc", answer=lambda action, _: 0.5 * np.append(action[:-1], -action[-1]))
    mapping = write_mapping(tmp_path, "[action] scale = [2]")
    (mistake,) = mg.check_policy(policy, "grasp", episodes=2, remote_mapping=mapping).mistakes
    assert mistake.remedy == "[action] scale = [2, 2, 2, 2, 2, 2, 2, -2]"


def test_two_mistakes_are_both_found() -> None:
    policy = Planted("grasp_bc", read_degrees, lambda action, _: np.append(action[:-1], -action[-1]))
    report = mg.check_policy(policy, "grasp", episodes=2)
    assert {finding.aspect for finding in report.mistakes} == {"gripper", "units of the state"}


def test_an_untrained_policy_is_no_reason_for_confidence() -> None:
    report = mg.check_policy(lambda _: np.zeros(8), "grasp", episodes=1)
    assert report.passed
    assert not report.agrees


def test_a_policy_that_fails_without_an_observation_is_reported() -> None:
    def refuse_zeros(seen: Observation) -> Observation:
        if not seen["proprio"].any():
            raise ValueError("no joints")
        return seen

    report = mg.check_policy(Planted("grasp_bc", observe=refuse_zeros).act, "grasp", episodes=2)
    (finding,) = [finding for finding in report.findings if finding.aspect == "reaction to 'proprio' of zeros"]
    assert finding.outcome is Outcome.UNCLEAR


@pytest.mark.parametrize("name", list_policies())
def test_shipped_policies_give_no_alarm(name: str) -> None:
    report = mg.check_policy(name, name.rpartition("_")[0], episodes=3)
    assert report.passed
    assert report.agrees
    assert all(finding.outcome is Outcome.OK for finding in report.findings)


class SlowChunks(Planted):
    """Chunks of a policy that was trained at half the rate: each action is the sum of two of ours."""

    def act(self, observation: Observation) -> Any:
        """Return every second moment of a chunk."""
        layout = InputLayout(self._policy.metadata, Location("grasp_act"))
        row = np.empty(layout.size, np.float32)
        layout.write(observation, row)
        chunk = self._policy.predict_chunk(row)
        pairs = chunk[: len(chunk) // 2 * 2].reshape(-1, 2, chunk.shape[1])
        return {"actions": np.concatenate([pairs[:, :, :-1].sum(axis=1), pairs[:, 1, -1:]], axis=1)}


def test_a_chunk_of_another_rate_is_found(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("schema = 1\n")
    report = mg.check_policy(SlowChunks("grasp_act"), "grasp", episodes=4, remote_mapping=mapping)
    found = [finding for finding in report.mistakes if finding.aspect != "range of actions"]
    assert [finding.aspect for finding in found] == ["rate of chunks"]
    assert found[0].remedy == "--set episode.control_hz=10"


def read_axes(quaternion: Array) -> Array:
    """Compute the x and z axes of a quaternion (x, y, z, w)."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat(quaternion).as_matrix()[:, [0, 2]].T.ravel()


class QuaternionPolicy(Planted):
    """A policy that takes the orientation of the palm as a quaternion x, y, z, w."""

    def act(self, message: Any) -> Array:
        """Convert the quaternion, and act."""
        axes = read_axes(message["rotation"])
        proprio = message["proprio"].copy()
        proprio[PALM_AXES] = axes
        return np.array(self._policy.act({**message, "proprio": proprio}), float)


with mg.TaskEnv("grasp") as _env:
    PALM_AXES = _env.observation_reader.layout["proprio"]["axes"]


@pytest.mark.parametrize(("layout", "aspects"), [("quaternion_xyzw", []), ("quaternion_wxyz", ["layout of rotations"])])
def test_a_wrong_order_of_quaternions_is_found(layout: str, aspects: list[str], tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'schema = 1\n[observation]\nproprio = "proprio"\nobject = "object"\ntouch = "touch"\n'
        f'rotation = {{ of = "proprio[{PALM_AXES.start}:{PALM_AXES.stop}]", rotation = "{layout}" }}\n'
    )
    report = mg.check_policy(QuaternionPolicy("grasp_bc"), "grasp", episodes=2, remote_mapping=mapping)
    assert [finding.aspect for finding in report.mistakes] == aspects


@pytest.mark.parametrize(("policy", "message"), [("expert", "acts on no observation"), ("grasp_bcc", "no policy")])
def test_policies_without_a_contract_are_refused_in_one_line(policy: str, message: str) -> None:
    with pytest.raises(mg.MyGymError, match=message):
        mg.check_policy(policy, "grasp")


def test_the_command_prints_the_findings() -> None:
    command = [sys.executable, "-m", "mygym_lite", "check", "reach_bc", "--task", "reach", "--episodes", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "reach_bc on reach with humanoid_right in ee_translation: no mistake found." in done.stdout
