"""Robot in PyBullet: loading, motors, link dynamics, and joint readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pybullet as bullet

from mygym_lite.config.robot import RobotModel
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.sim.engine import JointStates

_PAD_STIFFNESS = 2e5  # N/m; 5 mm of penetration at 1000 N
_PAD_DAMPING = _PAD_STIFFNESS / 30  # N s/m; settles within 30 ms after an impact
_PAD_CONTACT = {"contactStiffness": _PAD_STIFFNESS, "contactDamping": _PAD_DAMPING}


class BulletRobot:
    """The body of the robot."""

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
        self._applied: tuple[float, float] | None = None
        # PyBullet damps the motion of every link by default, as air would
        bullet.changeDynamics(self.body_id, -1, linearDamping=0.0, angularDamping=0.0, physicsClientId=client)
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

    def configure(self, config: RobotConfig) -> None:
        """Apply joint damping and the friction of palms and fingers."""
        settings = (config.damping, config.pad_friction)
        if settings == self._applied:
            return
        for index, damping in self._damping.items():
            bullet.changeDynamics(
                self.body_id, index, jointDamping=damping * config.damping, physicsClientId=self.client
            )
        for link in self._list_pad_links():
            bullet.changeDynamics(self.body_id, link, lateralFriction=config.pad_friction, physicsClientId=self.client)
        self._applied = settings

    def _list_pad_links(self) -> list[int]:
        hands = [arm.hand for arm in self.model.arms.values() if arm.hand]
        names = {name for hand in hands for links in (hand.palm, *hand.digits.values()) for name in links}
        return [self.link_indices[name] for name in sorted(names)]

    def reset(self, joints: Mapping[str, float]) -> None:
        """Reset every joint to its position, or to zero, at rest."""
        for name, index in self.joint_indices.items():
            bullet.resetJointState(self.body_id, index, joints.get(name, 0.0), 0.0, physicsClientId=self.client)

    def drive_to(
        self,
        joints: Sequence[int],
        targets: Sequence[float],
        gain: float,
        speed_limits: Sequence[float] | None,
        torques: Sequence[float],
    ) -> None:
        """Drive joints to positions."""
        if speed_limits is None:
            bullet.setJointMotorControlArray(
                self.body_id,
                joints,
                bullet.POSITION_CONTROL,
                targetPositions=targets,
                forces=torques,
                positionGains=[gain] * len(targets),
                velocityGains=[1.0] * len(targets),
                physicsClientId=self.client,
            )
            return
        for index, target, speed, torque in zip(joints, targets, speed_limits, torques, strict=True):
            bullet.setJointMotorControl2(
                self.body_id,
                index,
                bullet.POSITION_CONTROL,
                targetPosition=target,
                positionGain=gain,
                velocityGain=1.0,
                maxVelocity=speed,
                force=torque,
                physicsClientId=self.client,
            )

    def drive_at(
        self, joints: Sequence[int], speeds: Sequence[float], speed_limits: Sequence[float], torques: Sequence[float]
    ) -> None:
        """Drive joints at speeds."""
        for index, speed, limit, torque in zip(joints, speeds, speed_limits, torques, strict=True):
            bullet.setJointMotorControl2(
                self.body_id,
                index,
                bullet.VELOCITY_CONTROL,
                targetVelocity=speed,
                velocityGain=1.0,
                maxVelocity=limit,
                force=torque,
                physicsClientId=self.client,
            )

    def read_joints(self, joints: Sequence[int]) -> JointStates:
        """Read positions, speeds and motor torques."""
        states = bullet.getJointStates(self.body_id, joints, physicsClientId=self.client)
        positions, speeds, _, torques = zip(*states, strict=True)
        return JointStates(positions, speeds, torques)
