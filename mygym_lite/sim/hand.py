"""Compliant hand control: one closure command for all joints, or one per digit."""

from __future__ import annotations

from mygym_lite.config.robot_tables import HandModel
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.config.urdf import Urdf
from mygym_lite.sim.engine import Engine
from mygym_lite.sim.motor import compute_gain_per_step

_SPRING_GAIN = 4.0  # full torque if the command is ahead of the joint by a quarter of the range
_MIN_TORQUE_SHARE = 0.15  # share of the full torque that is always available; moves the empty hand
_TIME_CONSTANT = 0.019  # s; of the servo of every finger joint


class Hand:
    """The joints of one hand, driven by closures between 0 (open) and 1 (closed).

    A blocked joint exerts a torque proportional to the distance between command and position, up to its limit: the
    commanded closure sets the grip force.
    """

    def __init__(self, model: HandModel, tree: Urdf) -> None:
        self.model = model
        digits = {link: n for n, links in enumerate(model.digits.values()) for link in links}
        self._own_digit = [digits.get(tree.joints[name].child, 0) for name in model.joints]
        self.closure: list[float] = []
        self._range = [c - o for o, c in zip(model.open, model.closed, strict=True)]

    def configure(self, engine: Engine, config: RobotConfig, step_seconds: float) -> None:
        """Apply the episode's torque limits and finger mode."""
        self._motors = engine.motors
        self.indices = [engine.joint_indices[name] for name in self.model.joints]
        self._gain = compute_gain_per_step(_TIME_CONSTANT, step_seconds)
        self._torque = [t * config.grip_torque for t in self.model.torque]
        self._digit_of = self._own_digit if config.fingers == "each" else [0] * len(self.indices)
        self.closure = [0.0] * (max(self._digit_of) + 1)

    @property
    def command_count(self) -> int:
        """Number of action components that command this hand."""
        return len(self.closure)

    def drive(self, closures: list[float], joints: list[float], seconds: float) -> None:
        """Move the closures towards their targets, at most at the speed of the hand, and drive the joints.

        Args:
            closures: Target closures, 0 to 1.
            joints: Current joint positions, rad.
            seconds: Time until the next command.
        """
        max_change = seconds / self.model.close_seconds
        changes = [min(max(w - c, -max_change), max_change) for c, w in zip(self.closure, closures, strict=True)]
        self.closure = [c + change for c, change in zip(self.closure, changes, strict=True)]
        targets = [
            o + self.closure[d] * r for o, d, r in zip(self.model.open, self._digit_of, self._range, strict=True)
        ]
        shares = self._compute_torque_shares(targets, joints)
        forces = [torque * shares[d] for torque, d in zip(self._torque, self._digit_of, strict=True)]
        self._motors.drive_to(self.indices, targets, self._gain, None, forces)

    def _compute_torque_shares(self, targets: list[float], joints: list[float]) -> list[float]:
        """Compute the share of the full torque for each command from its lead over the joints.

        All joints of a command get one share: the balance of their torques holds an object.
        """
        ahead, weight = [0.0] * len(self.closure), [1e-12] * len(self.closure)
        for target, joint, span, digit in zip(targets, joints, self._range, self._digit_of, strict=True):
            ahead[digit] += abs((target - joint) * span)
            weight[digit] += span * span
        return [min(1.0, _MIN_TORQUE_SHARE + _SPRING_GAIN * a / w) for a, w in zip(ahead, weight, strict=True)]
