"""What came of one episode, as plain data and as one line of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any, Self

from mygym_lite.errors import ConfigError
from mygym_lite.schema import parse_json

_DIGITS = 32  # of a digest, hexadecimal


@dataclass(frozen=True)
class Force:
    """How hard two groups of bodies pressed on each other over one episode."""

    peak: float
    """Largest mean over 50 ms, N."""
    mean: float | None
    """Mean over the actions in which they touched, N; None if they never did."""
    impulse: float
    """Sum of force over time, N s."""
    seconds_above: float | None
    """Time above the task's limit for this pair, s; None where the task declares none."""


@dataclass(frozen=True)
class EpisodeRecord:
    """What came of one episode.

    Nothing in it but ``wall`` depends on the machine, and what did not happen is None, not zero.
    """

    policy: str
    task: str
    suite: str
    axis: str
    """What differs from the declared task, ``nominal`` if nothing does."""
    group: str
    severity: int
    seed: int
    episode: int
    """Number in its run, which ``replay`` takes."""
    axes: tuple[str, ...]
    """All axes that differ: several where a suite combines them."""
    varied_values: dict[str, Any]
    """The values that were drawn, by path."""
    success: bool
    """Solved, for as long as the task asks."""
    success_once: bool
    """Solved in one moment at least."""
    success_end: bool
    """Solved in the last moment."""
    failure: str | None
    """Why not: a code."""
    message: str | None
    """What a policy or the physics said when it broke."""
    steps: int
    duration: float
    """Simulated time of the whole episode, s."""
    time_to_success: float | None
    """Simulated time until success had lasted as long as the task asks, s."""
    forces: dict[str, Force]
    """By pair of groups: ``hand_object``, ``object_table``, ``robot_table``, ``robot_robot``."""
    penetration: float | None
    """Depth of a link of the robot inside furniture, an object or another link, mm: beyond 10 mm an episode ends as
    ``physics_error``. None if nothing is known of it."""
    path_length: float
    """Way of the palm, m; of both palms together where two arms act."""
    sparc: float | None
    """Spectral arc length of the palm's speed: negative, and closer to 0 is smoother."""
    peak_jerk: float | None
    """Of the palm, m/s³."""
    energy: float
    """Mechanical work of the arm's motors, J."""
    joint_limit_hits: int
    """Times that an arm joint came to a limit."""
    reward: float
    """Sum of the task's reward terms over the episode, whatever reward an environment hands out."""
    reward_terms: dict[str, float]
    """Sum of each term over the episode."""
    clipped: int
    """Action components that were out of range."""
    wall: dict[str, float] = field(default_factory=dict, compare=False)
    """Real seconds of the whole episode and of the policy alone: all that is not the same everywhere."""

    @property
    def condition(self) -> tuple[str, str, str, str, int]:
        """What this episode is one of many of: policy, task, suite, axis, level."""
        return self.policy, self.task, self.suite, self.axis, self.severity

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all that is the same everywhere."""
        return _digest(_told(self))

    def to_line(self) -> str:
        """One line of JSON, with the digest."""
        return json.dumps(_told(self) | {"digest": self.digest, "wall": self.wall}, separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read a line back.

        Raises:
            SpecError: It is no record, or not what was written.
        """
        try:
            table = parse_json(line, finite=True)
            digest, wall = table.pop("digest"), table.pop("wall")
            forces = {pair: Force(**force) for pair, force in table["forces"].items()}
            record = cls(**(table | {"forces": forces, "axes": tuple(table["axes"]), "wall": wall}))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"is not a record of an episode ({type(error).__name__}: {error})") from error
        if _digest(table) != digest:
            raise ConfigError(f"episode {record.episode} was changed: its digest is {digest}")
        return record


def _told(record: EpisodeRecord) -> dict[str, Any]:
    return {
        each.name: {pair: asdict(force) for pair, force in record.forces.items()}
        if each.name == "forces"
        else getattr(record, each.name)
        for each in fields(record)
        if each.name != "wall"
    }


def _digest(table: dict[str, Any]) -> str:
    text = json.dumps(table, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
