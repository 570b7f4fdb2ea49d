"""Robot in PyBullet: loading, motor commands, limits, and joint readings."""

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

_GAZE_FORCE = 20.0  # N m; holds the neck still
_PAD_STIFFNESS = 2e5  # N/m; 5 mm of penetration at 1000 N
_PAD_DAMPING = _PAD_STIFFNESS / 30  # N s/m; settles within 30 ms after an impact
_PAD_CONTACT = {"contactStiffness": _PAD_STIFFNESS, "contactDamping": _PAD_DAMPING}


class Arm:
    """One actuated arm: joint indices, limits of the episode and kinematics."""

    def __init__(self, robot: Robot, model: ArmModel) -> None:
        joints, links = robot.joint_indices, robot.link_indices
        self._client, self._body = robot.client, robot.body_id
        self.model = model
        self.kinematics: Kinematics = build_kinematics(robot.model, model)
        self.indices = [joints[name] for name in model.joints]
        self.speed_limits = np.array(model.velocity)
        self.hand = None if model.hand is None else Hand(self._client, self._body, model.hand, joints, links)
        self._forces: list[float] = list(model.effort)
        self._friction: list[float] = list(model.friction)
        self._stiffness = 0.3

    def configure(self, config: RobotConfig, step_seconds: float) -> None:
        """Apply the episode's stiffness, friction and torque limits."""
        self._stiffness = compute_gain_per_step(config.stiffness, step_seconds)
        self._friction = [f * config.friction for f in self.model.friction]
        self._forces = [e * config.torque_limit for e in self.model.effort]
        if self.hand is not None:
            self.hand.configure(config, step_seconds)

    def solve_joints_for_palm(self, position: tuple[float, ...]) -> NDArray[np.float64]:
        """Solve for joint positions near home that move the palm to a position and keep its home orientation."""
        home = self.kinematics.home
        pose, _ = self.kinematics.compute_pose_and_motion(home, np.zeros(len(home)))
        rotation = rotation_from_quaternion(pose.rotation)
        return self.kinematics.solve(home, np.array(position), rotation, iterations=100, pull=0.0)

    @property
    def torque_limits(self) -> list[float]:
        """Torque limit of each motor in this episode, N m (N if prismatic)."""
        return self._forces

    def command_positions(self, targets: list[float], speeds: list[float]) -> None:
        """Drive to joint positions at most at the given speeds; friction reduces the motor torque."""
        gain = self._stiffness
        for index, target, speed, force, friction in zip(
            self.indices, targets, speeds, self._forces, self._friction, strict=True
        ):
            net = max(force - friction, 0.0)
            self._set_motor(
                index, bullet.POSITION_CONTROL, targetPosition=target, positionGain=gain, maxVelocity=speed, force=net
            )

    def command_velocities(self, speeds: list[float]) -> None:
        """Drive at joint speeds, rad/s."""
        for index, speed, force, friction, limit in zip(
            self.indices, speeds, self._forces, self._friction, self.speed_limits, strict=True
        ):
            net = max(force - friction, 0.0)
            self._set_motor(index, bullet.VELOCITY_CONTROL, targetVelocity=speed, maxVelocity=limit, force=net)

    def command_torques(self, torques: list[float]) -> None:
        """Apply joint torques minus dry friction, up to the speed limit.

        A velocity motor driven to its speed limit with bounded force is a torque source that cannot overspeed; driven
        to zero with the remaining friction, it is dry friction.
        """
        for index, torque, friction, limit in zip(
            self.indices, torques, self._friction, self.speed_limits, strict=True
        ):
            net = abs(torque) - friction
            speed = float(np.copysign(limit, torque)) if net > 0 else 0.0
            self._set_motor(index, bullet.VELOCITY_CONTROL, targetVelocity=speed, maxVelocity=limit, force=abs(net))

    def _set_motor(self, index: int, mode: int, **command: float) -> None:
        bullet.setJointMotorControl2(self._body, index, mode, velocityGain=1.0, physicsClientId=self._client, **command)


class Robot:
    """The body of the robot: loading, limits, reset and joint readings."""

    def __init__(self, client: int, model: RobotModel, visuals: bool) -> None:
        self.client = client
        self.model = model
        self.body_id = self._load(visuals)
        self.joint_indices = {name: i for i, name in enumerate(self._read_names(1))}
        self.link_indices = {name: i for i, name in enumerate(self._read_names(12))}
        base = bullet.getBodyInfo(self.body_id, physicsClientId=client)[0].decode()
        self.link_indices[base] = -1
        self._keep_listed_collisions()
        self._damping = {
            i: bullet.getJointInfo(self.body_id, i, physicsClientId=client)[6] for i in self.joint_indices.values()
        }
        self.arms = [Arm(self, arm) for arm in model.arms.values()]
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
        """Stiffen contacts that the URDF declares soft, which would hide deep penetration under load."""
        for link in self.link_indices.values():
            if bullet.getDynamicsInfo(self.body_id, link, physicsClientId=self.client)[9] > 0.0:
                bullet.changeDynamics(self.body_id, link, **_PAD_CONTACT, physicsClientId=self.client)

    def _load(self, visuals: bool) -> int:
        flags = bullet.URDF_USE_INERTIA_FROM_FILE
        if self.model.self_collision:
            flags |= bullet.URDF_USE_SELF_COLLISION
        if not visuals:
            flags |= bullet.URDF_IGNORE_VISUAL_SHAPES
        rotation = bullet.getQuaternionFromEuler([0, 0, self.model.yaw])
        base = (self.model.position, rotation)
        body: int = bullet.loadURDF(
            str(self.model.urdf), *base, useFixedBase=True, flags=flags, physicsClientId=self.client
        )
        # PyBullet places the centre of mass of the base; the declared pose is that of its frame
        local = bullet.getDynamicsInfo(body, -1, physicsClientId=self.client)
        pose = bullet.multiplyTransforms(*base, local[3], local[4])
        bullet.resetBasePositionAndOrientation(body, *pose, physicsClientId=self.client)
        return body

    def _read_names(self, field: int) -> Iterator[str]:
        for i in range(bullet.getNumJoints(self.body_id, physicsClientId=self.client)):
            yield bullet.getJointInfo(self.body_id, i, physicsClientId=self.client)[field].decode()

    def _keep_listed_collisions(self) -> None:
        """Disable self-collision except for the listed pairs; testing all pairs nearly doubles the step time."""
        links = list(self.link_indices.values())
        listed = {frozenset((self.link_indices[a], self.link_indices[b])) for a, b in self.model.self_collision}
        for i, a in enumerate(links):
            for b in links[:i]:
                keep = int(frozenset((a, b)) in listed)
                bullet.setCollisionFilterPair(self.body_id, self.body_id, a, b, keep, physicsClientId=self.client)

    def configure(self, config: RobotConfig, step_seconds: float) -> None:
        """Apply the parameters of an episode."""
        for arm in self.arms:
            arm.configure(config, step_seconds)
        settings = (config.damping, config.pad_friction)
        if settings == self._applied:
            return
        for index, damping in self._damping.items():
            bullet.changeDynamics(
                self.body_id, index, jointDamping=damping * config.damping, physicsClientId=self.client
            )
        for _, link in self._list_pad_links():
            bullet.changeDynamics(self.body_id, link, lateralFriction=config.pad_friction, physicsClientId=self.client)
        self._applied = settings

    def _list_pad_links(self) -> list[LinkId]:
        hands = [arm.model.hand for arm in self.arms if arm.model.hand]
        names = {name for hand in hands for links in (hand.palm, *hand.digits.values()) for name in links}
        return [(self.body_id, self.link_indices[name]) for name in sorted(names)]

    def reset(self, config: RobotConfig) -> None:
        """Reset every joint to its initial position, at rest, and hold it there."""
        positions = dict.fromkeys(self.joint_indices.values(), 0.0)
        posture = iter(config.posture)
        for number, arm in enumerate(self.arms):
            low, high = arm.kinematics.lower, arm.kinematics.upper
            home = arm.solve_joints_for_palm(config.palm) if number == 0 and config.palm else arm.kinematics.home
            start = [h + next(posture) for h in home]
            positions.update(zip(arm.indices, np.clip(start, low, high).tolist(), strict=True))
            if arm.hand is not None:
                positions.update(zip(arm.hand.indices, arm.model.hand.open, strict=True))  # type: ignore[union-attr]
        gaze = dict(zip(self._list_gaze_joints(), config.gaze or (), strict=False))
        positions.update(gaze)
        for index, value in positions.items():
            bullet.resetJointState(self.body_id, index, value, 0.0, physicsClientId=self.client)
        for index, value in gaze.items():
            bullet.setJointMotorControl2(
                self.body_id,
                index,
                bullet.POSITION_CONTROL,
                targetPosition=value,
                force=_GAZE_FORCE,
                physicsClientId=self.client,
            )

    def _list_gaze_joints(self) -> list[int]:
        return [] if self.model.gaze is None else [self.joint_indices[name] for name in self.model.gaze.joints]

    def read_joints(self) -> tuple[list[float], list[float], list[float], list[float]]:
        """Return arm positions, arm speeds, arm motor torques and finger positions."""
        states = bullet.getJointStates(self.body_id, self._read, physicsClientId=self.client)
        positions, speeds, _, torques = zip(*states, strict=True)
        arm = len(self._arm_joints)
        return list(positions[:arm]), list(speeds[:arm]), list(torques[:arm]), list(positions[arm:])

    def read_other_joints(self) -> list[float]:
        """Return the positions of the joints that belong to no arm or hand, such as the neck."""
        if not self._others:
            return []
        return [state[0] for state in bullet.getJointStates(self.body_id, self._others, physicsClientId=self.client)]

    def list_contact_groups(self) -> dict[str, list[LinkId]]:
        """Return the contact groups ``robot``, ``arm``, ``hand``, ``palm``, ``fingers`` and each digit.

        Names refer to the first arm; groups of a second arm carry its side, such as ``left_hand``.
        """
        links = [(self.body_id, link) for link in self.link_indices.values()]
        groups: dict[str, list[LinkId]] = {"robot": links}
        for number, (side, arm) in enumerate(self.model.arms.items()):
            prefix = "" if number == 0 else f"{side}_"
            groups.update({prefix + name: parts for name, parts in self._list_hand_groups(arm).items()})
        hands = [part for name, parts in groups.items() if name.endswith("hand") for part in parts]
        groups["arm"] = [part for part in links if part not in hands]
        return groups

    def _list_hand_groups(self, arm: ArmModel) -> dict[str, list[LinkId]]:
        if arm.hand is None:
            tip = (self.body_id, self.link_indices[arm.tip])
            return {"palm": [tip], "fingers": [], "hand": [tip]}
        digits = {
            name: [(self.body_id, self.link_indices[x]) for x in links] for name, links in arm.hand.digits.items()
        }
        palm = [(self.body_id, self.link_indices[name]) for name in arm.hand.palm]
        fingers = [part for parts in digits.values() for part in parts]
        return {**digits, "palm": palm, "fingers": fingers, "hand": palm + fingers}
