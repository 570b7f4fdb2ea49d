"""Record of one episode, as plain data and as one line of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any, Self

from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError

_DIGITS = 32  # of a digest, hexadecimal
# absent from lines of tasks without stages or language, and of policies without latency, as in earlier releases
_OPTIONAL_FIELDS = ("stage_reached", "progress", "instruction", "repeated_actions")


@dataclass(frozen=True)
class Force:
    """Contact force between two groups of bodies over one episode."""

    peak: float
    """Largest mean over 50 ms, N."""
    mean: float | None
    """Mean over the actions with contact, N; None without any."""
    impulse: float
    """Integral of the force over time, N s."""
    seconds_above: float | None
    """Time above the task's limit for this pair, s; None without a limit."""


@dataclass(frozen=True)
class EpisodeRecord:
    """Result of one episode.

    Nothing but ``wall`` depends on the machine. Values that do not exist are None, not zero.
    """

    policy: str
    task: str
    suite: str
    axis: str
    """Axis along which the task differs from the declared one; ``nominal`` for none."""
    group: str
    severity: int
    seed: int
    episode: int
    """Number in its run, as ``replay`` takes it."""
    axes: tuple[str, ...]
    """All axes that differ; several if the suite combines them."""
    varied_values: dict[str, Any]
    """Sampled values by path."""
    success: bool
    """Solved and held for the time that the task asks."""
    success_once: bool
    """Solved at one step or more."""
    success_end: bool
    """Solved at the last step."""
    failure: str | None
    """Failure code; None after success."""
    message: str | None
    """Error message of the policy or the physics engine."""
    steps: int
    duration: float
    """Simulated time of the whole episode, s."""
    time_to_success: float | None
    """Simulated time until success had been held for the declared time, s."""
    forces: dict[str, Force]
    """Contact forces by pair of groups: ``hand_object``, ``object_table``, ``robot_table``, ``robot_robot``."""
    penetration: float | None
    """Deepest penetration of a robot link into furniture, an object or another link, mm; beyond 10 mm an episode ends
    as ``physics_error``. None if unknown."""
    path_length: float
    """Path length of the palm, m; the sum over both palms of a two-armed robot."""
    sparc: float | None
    """Spectral arc length of the palm's speed: negative, and closer to 0 is smoother."""
    peak_jerk: float | None
    """Peak jerk of the palm, m/s³."""
    energy: float
    """Mechanical work of the arm's motors, J."""
    joint_limit_hits: int
    """Number of times that an arm joint reached a limit."""
    reward: float
    """Sum of the task's reward terms over the episode, regardless of the environment's kind of reward."""
    reward_terms: dict[str, float]
    """Sum of each term over the episode."""
    clipped: int
    """Number of action components that were out of range."""
    stage_reached: int | None = None
    """Number of stages that were reached; None for a task without stages, whose line lacks it."""
    progress: float | None = None
    """Share of the stages that were reached, 0 to 1; None for a task without stages, whose line lacks it."""
    instruction: str | None = None
    """Instruction of the episode; None for a task without language, whose line lacks it."""
    repeated_actions: int | None = None
    """Steps at which a policy with latency repeated an action; None without latency, whose line lacks it."""
    wall: dict[str, float] = field(default_factory=dict, compare=False)
    """Wall time of the whole episode and of the policy alone, s: the only machine-dependent values."""

    @property
    def condition(self) -> tuple[str, str, str, str, int]:
        """Return the condition that the episode belongs to: policy, task, suite, axis, severity."""
        return self.policy, self.task, self.suite, self.axis, self.severity

    @cached_property
    def digest(self) -> str:
        """Hash all values that do not depend on the machine."""
        return _compute_digest(self._to_table())

    def to_line(self) -> str:
        """Format as one line of JSON, with the digest."""
        return json.dumps(self._to_table() | {"digest": self.digest, "wall": self.wall}, separators=(",", ":")) + "\n"

    def _to_table(self) -> dict[str, Any]:
        """Return all fields but ``wall``, and those of stages and language only if the task has any."""
        forces = {pair: asdict(force) for pair, force in self.forces.items()}
        table = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "wall"}
        table = {name: value for name, value in table.items() if value is not None or name not in _OPTIONAL_FIELDS}
        return table | {"forces": forces}

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Parse a line of JSON.

        Raises:
            ConfigError: The line is not a record, or has been changed.
        """
        try:
            table = parse_json(line, finite=True)
            digest, wall = table.pop("digest"), table.pop("wall")
            forces = {pair: Force(**force) for pair, force in table["forces"].items()}
            record = cls(**(table | {"forces": forces, "axes": tuple(table["axes"]), "wall": wall}))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"is not a record of an episode ({type(error).__name__}: {error})") from error
        if _compute_digest(table) != digest:
            raise ConfigError(f"episode {record.episode} was changed: its digest is {digest}")
        return record


def _compute_digest(table: dict[str, Any]) -> str:
    text = json.dumps(table, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
