"""The outcome of an identification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mygym_lite.studies.identification.motion import Motion
from mygym_lite.studies.identification.simulation import Trajectory


@dataclass(frozen=True)
class IdentifiedParameter:
    """A parameter, its fitted value and 95% confidence interval; without an interval, the data cannot tell it."""

    path: str
    unit: str
    declared: float
    value: float
    """Fitted value; the declared one if the data cannot tell."""
    low: float | None
    high: float | None
    search_low: float
    search_high: float
    bounds: tuple[float, float]
    reason: str
    """Reason why the data cannot tell the parameter, or empty."""
    at_end: bool
    """True if the value is at an end of the search range."""

    @property
    def is_identifiable(self) -> bool:
        """True if the data determine the parameter."""
        return self.low is not None


@dataclass(frozen=True)
class Misfit:
    """Root mean square of position errors, rad, with declared and fitted parameters."""

    before: float | None
    after: float | None


@dataclass(frozen=True)
class FittedMotion:
    """A motion, simulated with declared and fitted parameters.

    Args:
        motion: Recorded motion.
        fitted_steps: Number of control steps, from the first, that were fitted; the others are held out.
        before: Simulation with declared parameters.
        after: Simulation with fitted parameters.
    """

    motion: Motion
    fitted_steps: int
    before: Trajectory
    after: Trajectory


@dataclass(frozen=True)
class Identification:
    """Result of an identification."""

    task: str
    engine: str
    robot: str
    joints: tuple[str, ...]
    parameters: tuple[IdentifiedParameter, ...]
    fitted: Misfit
    held_out: Misfit
    motions: tuple[FittedMotion, ...]
    singular_values: tuple[float, ...]
    starts_agreed: tuple[int, int]
    resolution: float
    simulated_seconds: float
    recorded_seconds: float
    """Duration of all data, s, of which the fit may use a part."""

    @property
    def values(self) -> Mapping[str, float]:
        """Fitted values of the parameters that the data tell, by path."""
        return {p.path: p.value for p in self.parameters if p.is_identifiable}

    @property
    def fitted_seconds(self) -> float:
        """Duration of the fitted motion, s."""
        return sum(one.fitted_steps / one.motion.control_hz for one in self.motions)

    @property
    def held_out_seconds(self) -> float:
        """Duration of the motion that was held out, s."""
        return sum(one.motion.seconds for one in self.motions) - self.fitted_seconds

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data: values in SI units, errors in rad."""
        return {
            "task": self.task,
            "engine": self.engine,
            "robot": self.robot,
            "parameters": [
                {name: value for name, value in asdict(p).items() if name != "bounds"}
                | {"identifiable": p.is_identifiable}
                for p in self.parameters
            ],
            "misfit": {"fitted": asdict(self.fitted), "held_out": asdict(self.held_out)},
            "fitted_seconds": self.fitted_seconds,
            "held_out_seconds": self.held_out_seconds,
            "recorded_seconds": self.recorded_seconds,
            "singular_values": list(self.singular_values),
            "starts_agreed": list(self.starts_agreed),
            "resolution": self.resolution,
            "simulated_seconds": self.simulated_seconds,
        }
