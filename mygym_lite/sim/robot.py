"""A robot in the physics engine: its joints read in one call, its motors and limits set as the task says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pybullet as bullet
from numpy.typing import NDArray

from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.task import RobotConfig
from mygym_lite.sim.contact import LinkId
from mygym_lite.sim.hand import Hand, compute_gain_per_step
from mygym_lite.sim.kinematics import Kinematics, build_kinematics
from mygym_lite.sim.link_poses import LinkPoses

_GAZE_FORCE = 20.0  # N m; a neck holds its head still
_PAD_STIFFNESS = 2e5  # N/m; a thousand newtons press it in by 5 mm
_PAD_DAMPING = _PAD_STIFFNESS / 30  # N s/m; after a blow it is back within some 30 ms


class Arm:
    """One driven arm: where its joints are in the engine, what they can do in this episode, and its kinematics."""

    def __init__(
        self,
        client: int,
        body: int,
        robot: RobotModel,
        model: ArmModel,
        joint_indices: dict[str, int],
        link_indices: dict[str, int],
    ) -> None:
        self.model = model
        self.kinematics: Kinematics = build_kinematics(robot, model)
        self.indices = [joint_indices[name] for name in model.joints]
        self.speed_limits = np.array(model.velocity)
        self.hand = None if model.hand is None else Hand(client, body, model.hand, joint_indices, link_indices)
        self._client, self._body = client, body
        self._forces: list[float] = list(model.effort)
        self._friction: list[float] = list(model.friction)
        self._stiffness = 0.3

    def configure(self, config: RobotConfig, step_seconds: float) -> None:
        """Take over this episode's stiffness, friction and limits."""
        self._stiffness = compute_gain_per_step(config.stiffness, step_seconds)
        self._friction = [f * config.friction for f in self.model.friction]
        self._forces = [e * config.torque_limit for e in self.model.effort]
        if self.hand is not None:
            self.hand.configure(config, step_seconds)

    def solve_joints_for_palm(self, position: tuple[float, ...]) -> NDArray[np.float64]:
        """Joints near home, the hand turned as at home, with the palm elsewhere."""
        home = self.kinematics.home
        pose, _ = self.kinematics.compute_pose_and_motion(home, np.zeros(len(home)))
        return self.kinematics.solve(home, np.array(position), rotation_from_quaternion(pose.rotation), 100, 0.0)

    @property
    def torque_limits(self) -> list[float]:
        """N m (or N) that each motor can give in this episode."""
        return self._forces

    def command_positions(self, targets: list[float], speeds: list[float]) -> None:
        """Drive to joint positions, each no faster than its speed; friction takes its share of the motor's torque."""
        for index, target, speed, force, friction in zip(
            self.indices, targets, speeds, self._forces, self._friction, strict=True
        ):
            bullet.setJointMotorControl2(
                self._body, index, bullet.POSITION_CONTROL, targetPosition=target, positionGain=self._stiffness,
                velocityGain=1.0, maxVelocity=speed, force=max(force - friction, 0.0), physicsClientId=self._client,
            )  # fmt: skip

    def command_velocities(self, speeds: list[float]) -> None:
        """Drive at joint speeds."""
        for index, speed, force, friction, limit in zip(
            self.indices, speeds, self._forces, self._friction, self.speed_limits, strict=True
        ):
            bullet.setJointMotorControl2(
                self._body, index, bullet.VELOCITY_CONTROL, targetVelocity=speed, velocityGain=1.0,
                maxVelocity=limit, force=max(force - friction, 0.0), physicsClientId=self._client,
            )  # fmt: skip

    def command_torques(self, torques: list[float]) -> None:
        """Apply joint torques, less friction, until the speed limit is reached.

        A motor that seeks its speed limit with no more than the given torque is a torque source that cannot
        overspeed; one that seeks rest with what friction has left is dry friction.
        """
        for index, torque, friction, limit in zip(
            self.indices, torques, self._friction, self.speed_limits, strict=True
        ):
            net = abs(torque) - friction
            speed = float(np.copysign(limit, torque)) if net > 0 else 0.0
            bullet.setJointMotorControl2(
                self._body, index, bullet.VELOCITY_CONTROL, targetVelocity=speed,
                velocityGain=1.0, maxVelocity=limit, force=abs(net), physicsClientId=self._client,
            )  # fmt: skip


class Robot:
    """The robot's body: loading, limits, reset and reading."""

    def __init__(self, client: int, model: RobotModel, visuals: bool) -> None:
        self._client = client
        self.model = model
        self.body_id = self._load(visuals)
        self.joint_indices = {name: i for i, name in enumerate(self._names(1))}
        self.link_indices = {name: i for i, name in enumerate(self._names(12))}
        base = bullet.getBodyInfo(self.body_id, physicsClientId=client)[0].decode()
        self.link_indices[base] = -1
        self._keep_listed_collisions()
        self._damping = {
            i: bullet.getJointInfo(self.body_id, i, physicsClientId=client)[6] for i in self.joint_indices.values()
        }
        self.arms = [
            Arm(client, self.body_id, model, arm, self.joint_indices, self.link_indices) for arm in model.arms.values()
        ]
        self._arm_joints = [i for arm in self.arms for i in arm.indices]
        self._hand_joints = [i for arm in self.arms if arm.hand for i in arm.hand.indices]
        self._read = self._arm_joints + self._hand_joints
        movable = [joint.name for joint in model.tree.joints.values() if joint.movable]
        self._others = [i for name in movable if (i := self.joint_indices[name]) not in self._read]
        name_of = {index: name for name, index in self.joint_indices.items()}
        self.link_poses = LinkPoses(model, [name_of[index] for index in self._read + self._others])
        self._applied: tuple[float, float] | None = None
        self._stiffen_pads()

    def _stiffen_pads(self) -> None:
        """Make the contacts stiffer that a URDF declares soft, or a press could hide any penetration."""
        for link in self.link_indices.values():
            if bullet.getDynamicsInfo(self.body_id, link, physicsClientId=self._client)[9] > 0.0:
                bullet.changeDynamics(
                    self.body_id, link, contactStiffness=_PAD_STIFFNESS, contactDamping=_PAD_DAMPING,
                    physicsClientId=self._client,
                )  # fmt: skip

    def _load(self, visuals: bool) -> int:
        flags = bullet.URDF_USE_INERTIA_FROM_FILE
        if self.model.self_collision:
            flags |= bullet.URDF_USE_SELF_COLLISION
        if not visuals:
            flags |= bullet.URDF_IGNORE_VISUAL_SHAPES
        turn = bullet.getQuaternionFromEuler([0, 0, self.model.yaw])
        body: int = bullet.loadURDF(
            str(self.model.urdf), self.model.position, turn, useFixedBase=True, flags=flags,
            physicsClientId=self._client,
        )  # fmt: skip
        # the engine places the centre of mass of the base; what is declared is its frame
        local = bullet.getDynamicsInfo(body, -1, physicsClientId=self._client)
        place = bullet.multiplyTransforms(self.model.position, turn, local[3], local[4])
        bullet.resetBasePositionAndOrientation(body, *place, physicsClientId=self._client)
        return body

    def _names(self, field: int) -> Iterator[str]:
        for i in range(bullet.getNumJoints(self.body_id, physicsClientId=self._client)):
            yield bullet.getJointInfo(self.body_id, i, physicsClientId=self._client)[field].decode()

    def _keep_listed_collisions(self) -> None:
        """Checking every pair of links would nearly double the cost of a physics step."""
        links = list(self.link_indices.values())
        listed = {frozenset((self.link_indices[a], self.link_indices[b])) for a, b in self.model.self_collision}
        for i, a in enumerate(links):
            for b in links[:i]:
                keep = int(frozenset((a, b)) in listed)
                bullet.setCollisionFilterPair(self.body_id, self.body_id, a, b, keep, physicsClientId=self._client)

    def configure(self, config: RobotConfig, step_seconds: float) -> None:
        """Set everything that an episode may change."""
        for arm in self.arms:
            arm.configure(config, step_seconds)
        wanted = (config.damping, config.pad_friction)
        if wanted == self._applied:
            return
        for index, damping in self._damping.items():
            bullet.changeDynamics(
                self.body_id, index, jointDamping=damping * config.damping, physicsClientId=self._client
            )
        for _, link in self._pads():
            bullet.changeDynamics(self.body_id, link, lateralFriction=config.pad_friction, physicsClientId=self._client)
        self._applied = wanted

    def _pads(self) -> list[LinkId]:
        hands = [arm.model.hand for arm in self.arms if arm.model.hand]
        names = {name for hand in hands for links in (hand.palm, *hand.digits.values()) for name in links}
        return [(self.body_id, self.link_indices[name]) for name in sorted(names)]

    def reset(self, config: RobotConfig) -> None:
        """Put every joint at its start, at rest, with its motor holding it there."""
        at = dict.fromkeys(self.joint_indices.values(), 0.0)
        posture = iter(config.posture)
        for place, arm in enumerate(self.arms):
            low, high = arm.kinematics.lower, arm.kinematics.upper
            home = arm.solve_joints_for_palm(config.palm) if place == 0 and config.palm else arm.kinematics.home
            start = [h + next(posture) for h in home]
            at.update(zip(arm.indices, np.clip(start, low, high).tolist(), strict=True))
            if arm.hand is not None:
                at.update(zip(arm.hand.indices, arm.model.hand.open, strict=True))  # type: ignore[union-attr]
        gaze = dict(zip(self._gaze_joints(), config.gaze or (), strict=False))
        at.update(gaze)
        for index, value in at.items():
            bullet.resetJointState(self.body_id, index, value, 0.0, physicsClientId=self._client)
        for index, value in gaze.items():
            bullet.setJointMotorControl2(
                self.body_id, index, bullet.POSITION_CONTROL, targetPosition=value, force=_GAZE_FORCE,
                physicsClientId=self._client,
            )  # fmt: skip

    def _gaze_joints(self) -> list[int]:
        return [] if self.model.gaze is None else [self.joint_indices[name] for name in self.model.gaze.joints]

    def read_joints(self) -> tuple[list[float], list[float], list[float], list[float]]:
        """Arm positions, arm speeds, arm motor torques, finger positions."""
        states = bullet.getJointStates(self.body_id, self._read, physicsClientId=self._client)
        positions, speeds, _, torques = zip(*states, strict=True)
        arm = len(self._arm_joints)
        return list(positions[:arm]), list(speeds[:arm]), list(torques[:arm]), list(positions[arm:])

    def read_other_joints(self) -> list[float]:
        """Positions of the joints that are in no arm and in no hand: those of the neck."""
        if not self._others:
            return []
        return [state[0] for state in bullet.getJointStates(self.body_id, self._others, physicsClientId=self._client)]

    def list_contact_groups(self) -> dict[str, list[LinkId]]:
        """Contact groups: ``robot``, ``arm``, ``hand``, ``palm``, ``fingers`` and each digit.

        They speak of the first arm; the hand of a second one is ``left_hand`` and so on.
        """
        every = [(self.body_id, link) for link in self.link_indices.values()]
        named: dict[str, list[LinkId]] = {"robot": every}
        for place, (side, arm) in enumerate(self.model.arms.items()):
            prefix = "" if place == 0 else f"{side}_"
            named.update({prefix + name: parts for name, parts in self._hand_groups(arm).items()})
        hands = [part for name, parts in named.items() if name.endswith("hand") for part in parts]
        named["arm"] = [part for part in every if part not in hands]
        return named

    def _hand_groups(self, arm: ArmModel) -> dict[str, list[LinkId]]:
        if arm.hand is None:
            return {
                "palm": [(self.body_id, self.link_indices[arm.tip])],
                "fingers": [],
                "hand": [(self.body_id, self.link_indices[arm.tip])],
            }
        digits = {
            name: [(self.body_id, self.link_indices[x]) for x in links] for name, links in arm.hand.digits.items()
        }
        palm = [(self.body_id, self.link_indices[name]) for name in arm.hand.palm]
        fingers = [part for parts in digits.values() for part in parts]
        return {**digits, "palm": palm, "fingers": fingers, "hand": palm + fingers}
