"""Interface of a physics engine: bodies, motors, steps, poses, contacts and reset.

Everything else of an episode (control, goal, pushes, contact windows, state) is computed once, in ``world``, for all
engines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from mygym_lite.config.state import Motion, Pose, Vec3
from mygym_lite.config.task import Task

LinkName = tuple[str, str]  # declared names of body and link, such as ("robot", "right_palm") or ("table", "top")
LinkId = tuple[int, int]  # the engine's numbers of body and link
LinkPair = tuple[int, int, int, int]  # link ids on either side of a contact
LinkForces = dict[LinkPair, float]  # N, in one physics step


class JointStates(NamedTuple):
    """Positions (rad or m), speeds and motor torques (N m or N) of joints."""

    positions: Sequence[float]
    speeds: Sequence[float]
    torques: Sequence[float]


class ActionContacts(NamedTuple):
    """Contacts of the physics steps of one action."""

    steps: list[LinkForces]
    penetration: float  # m, greatest depth of a robot link inside anything
    deepest_links: tuple[LinkId, LinkId] | None  # links of that contact


class Push(NamedTuple):
    """Force on the centre of mass of a link, N, in the world frame."""

    link: LinkName
    force: Vec3


class Motors(Protocol):
    """Motors of the joints of a robot.

    A motor drives its joint at the speed ``clip(gain * error / dt, -limit, limit)``, where ``gain`` is the share of the
    position error removed in one physics step of ``dt`` seconds, with at most the given torque.
    """

    def drive_to(
        self,
        joints: Sequence[int],
        targets: Sequence[float],
        gain: float,
        speed_limits: Sequence[float] | None,
        torques: Sequence[float],
    ) -> None:
        """Drive joints to positions at limited speeds and torques, until the next command."""

    def drive_at(
        self, joints: Sequence[int], speeds: Sequence[float], speed_limits: Sequence[float], torques: Sequence[float]
    ) -> None:
        """Drive joints at speeds with limited torques, until the next command."""


class Engine(Protocol):
    """A physics engine that holds the bodies of one task at a time."""

    @property
    def motors(self) -> Motors:
        """Motors of the robot of this episode."""

    @property
    def is_intact(self) -> bool:
        """True if the engine holds exactly the bodies that it created."""

    @property
    def joint_indices(self) -> Mapping[str, int]:
        """The engine's index of each joint of the robot, by name."""

    @property
    def link_ids(self) -> Mapping[LinkName, LinkId]:
        """The engine's id of each colliding link, by name."""

    def prepare(self, task: Task, joints: Mapping[str, float]) -> None:
        """Start an episode: place all bodies at rest with the parameters of the task, the robot at joint positions.

        The steps that follow depend bit for bit on the arguments, whatever was simulated before.
        """

    def read_joints(self, joints: Sequence[int]) -> JointStates:
        """Read the states of joints."""

    def read_object(self, name: str) -> tuple[Pose, Motion]:
        """Read the pose of an object's frame and the velocity of its centre of mass."""

    def place_object(self, name: str, pose: Pose) -> None:
        """Place an object at rest at a pose."""

    def advance(self, steps: int, pushes: Sequence[Push], at_rest: bool) -> ActionContacts:
        """Run the physics steps of one action.

        Args:
            steps: Number of physics steps.
            pushes: Forces that act during all of them.
            at_rest: True when all objects are at rest; allows an engine to read their contacts once.
        """

    def show_markers(self, poses: Mapping[str, Pose]) -> None:
        """Move the visible markers of the goal and of regions, if there are any."""

    def invalidate(self) -> None:
        """Build all bodies anew at the next episode, after an unstable simulation."""

    def restart(self) -> None:
        """Discard the simulation and its bodies."""

    def close(self) -> None:
        """Free the memory of the engine."""
