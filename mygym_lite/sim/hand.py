"""A hand that closes like a spring: one command for all its joints, or one a digit."""

from __future__ import annotations

import pybullet as bullet

from mygym_lite.config.robot import HandModel
from mygym_lite.config.task import RobotConfig

_SPRING = 4.0  # full torque where the commanded closure is a quarter of the range ahead of the joint
_LEAST = 0.15  # share of the full torque that is always there, enough to move the empty hand
_GAIN = 0.2  # share of a position error removed in 1/240 s
_GAIN_SECONDS = 1 / 240


def compute_gain_per_step(gain: float, step_seconds: float) -> float:
    """Share of a position error that a motor removes in a physics step, from its share in 1/240 s."""
    return float(1.0 - (1.0 - gain) ** (step_seconds / _GAIN_SECONDS))


class Hand:
    """The joints of one hand, moved by closures between 0 (open) and 1 (closed).

    A joint that an object holds back presses with a torque in proportion to how far the command is ahead of it, up to
    its limit, so that the closure that is commanded sets the force of the grip.
    """

    def __init__(
        self, client: int, body: int, model: HandModel, joint_indices: dict[str, int], link_indices: dict[str, int]
    ) -> None:
        self.model = model
        self.indices = [joint_indices[name] for name in model.joints]
        # a joint has the number of the link that it moves
        digits = {link_indices[link]: n for n, links in enumerate(model.digits.values()) for link in links}
        self._own_digit = [digits.get(index, 0) for index in self.indices]
        self.closure: list[float] = []
        self._client, self._body = client, body
        self._torque = list(model.torque)
        self._gain = _GAIN
        self._digit_of = [0] * len(self.indices)
        self._range = [c - o for o, c in zip(model.open, model.closed, strict=True)]

    def configure(self, config: RobotConfig, step_seconds: float) -> None:
        """Take over this episode's torque limits, and whether digits are commanded one by one."""
        self._gain = compute_gain_per_step(_GAIN, step_seconds)
        self._torque = [t * config.grip_torque for t in self.model.torque]
        self._digit_of = self._own_digit if config.fingers == "each" else [0] * len(self.indices)
        self.closure = [0.0] * (max(self._digit_of) + 1)

    @property
    def command_count(self) -> int:
        """How many numbers command this hand."""
        return len(self.closure)

    def drive(self, closures: list[float], joints: list[float], seconds: float) -> None:
        """Move the commanded closures towards those wanted, as fast as the hand can, and drive the joints after them.

        Args:
            closures: Closures, 0 to 1.
            joints: Where the joints are now.
            seconds: Until the next command.
        """
        most = seconds / self.model.close_seconds
        self.closure = [c + min(max(w - c, -most), most) for c, w in zip(self.closure, closures, strict=True)]
        targets = [
            o + self.closure[d] * r for o, d, r in zip(self.model.open, self._digit_of, self._range, strict=True)
        ]
        share = self._press(targets, joints)
        forces = [torque * share[d] for torque, d in zip(self._torque, self._digit_of, strict=True)]
        bullet.setJointMotorControlArray(
            self._body, self.indices, bullet.POSITION_CONTROL, targetPositions=targets, forces=forces,
            positionGains=[self._gain] * len(targets), velocityGains=[1.0] * len(targets), physicsClientId=self._client,
        )  # fmt: skip

    def _press(self, targets: list[float], joints: list[float]) -> list[float]:
        """Share of the full torque for each command, by how far it is ahead of the joints that follow it.

        It is one share for all the joints of a command: what holds an object is the balance of their torques.
        """
        ahead, weight = [0.0] * len(self.closure), [1e-12] * len(self.closure)
        for target, joint, span, digit in zip(targets, joints, self._range, self._digit_of, strict=True):
            ahead[digit] += abs((target - joint) * span)
            weight[digit] += span * span
        return [min(1.0, _LEAST + _SPRING * a / w) for a, w in zip(ahead, weight, strict=True)]
