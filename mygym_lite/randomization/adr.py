"""Automatic domain randomization: ranges that grow where a policy succeeds and shrink where it fails.

After OpenAI's ADR (arXiv 1910.07113), with the constants of DeXtreme (arXiv 2210.13702) where they apply. Each varied
path has a lower and an upper boundary, each with a *strength*: 0 is the declared value, 1 the end of the preset's
range. Some episodes run at a boundary and decide how it moves; the others sample the range between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from mygym_lite.config.field_path import get_value, match_paths
from mygym_lite.config.sampling import resolve
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.errors import ConfigError
from mygym_lite.rng import make_stream

Widening = Literal["adr", "curriculum"]
"""Growth of ranges by the success of the policy, or of all alike over time."""
BoundaryStrengths = dict[str, float]  # by end, "low" or "high"
_ENDS = ("low", "high")
_RANGE_VERBS = ("uniform", "shift", "scale")
_MAGNITUDE_VERBS = ("normal", "offset", "factor")
_IDENTITY = {"uniform": None, "shift": 0.0, "scale": 1.0, "normal": 0.0, "offset": 0.0, "factor": 1.0}


class Boundary(NamedTuple):
    """One end of the range of a path."""

    path: str
    end: str


@dataclass(frozen=True)
class AdrConfig:
    """Constants of automatic domain randomization."""

    boundary_share: float = 0.4  # share of episodes at a boundary (DeXtreme)
    episodes: int = 256  # episodes at a boundary per update (DeXtreme's queue)
    shrink_below: float = 0.3  # success rate
    grow_above: float = 0.7  # success rate
    step: float = 0.05  # change of strength per update
    max_strength: float = 1.0  # 1 is the range of the preset


@dataclass
class Adr:
    """Ranges of a training run, and the results at each boundary since its last update."""

    variations: tuple[Variation, ...]
    nominal: Mapping[str, Any]  # declared value of each path
    config: AdrConfig = field(default_factory=AdrConfig)
    strength: dict[str, BoundaryStrengths] = field(default_factory=dict)
    results: dict[Boundary, list[bool]] = field(default_factory=dict)
    history: list[tuple[int, str, str, float]] = field(default_factory=list)  # boundary episodes, path, end, strength
    boundary_episodes: int = 0

    def __post_init__(self) -> None:
        for variation in self.variations:
            self.strength.setdefault(variation.path, {end: 0.0 for end in list_ends(variation)})

    @property
    def boundaries(self) -> list[Boundary]:
        """All boundaries of all ranges."""
        return [Boundary(path, end) for path, sides in self.strength.items() for end in sides]

    def sample(self, seed: int) -> tuple[dict[str, dict[str, Any]], Boundary | None]:
        """Sample the variations of an episode, and the boundary that it runs at, if any."""
        rng = make_stream(seed, "adr")
        boundary = None
        if self.boundaries and rng.random() < self.config.boundary_share:
            boundary = self.boundaries[int(rng.integers(len(self.boundaries)))]
        scaled = [replace(v, argument=self._scale_argument(v, boundary)) for v in self.variations]
        certain = None if boundary is None else boundary.path  # takes part whatever its probability
        return {v.path: (replace(v, probability=1.0) if v.path == certain else v).to_dict() for v in scaled}, boundary

    def _scale_argument(self, variation: Variation, boundary: Boundary | None) -> Any:
        """Scale the argument of a verb by the strength of its range, or pin it to one boundary."""
        sides = self.strength[variation.path]
        if variation.verb in _MAGNITUDE_VERBS:
            return _scale_end(variation, variation.argument, sides["high"], None)
        low, high = (
            _scale_end(variation, end, sides[name], self.nominal[variation.path])
            for name, end in zip(_ENDS, _to_pair(variation.argument), strict=True)
        )
        if boundary is not None and boundary.path == variation.path:
            low = high = low if boundary.end == "low" else high
        return [low, high]

    def observe(self, boundary: Boundary | Sequence[str] | None, success: bool) -> bool:
        """Record the result of an episode, and return true if a boundary moved."""
        if boundary is None:
            return False
        boundary = Boundary(*boundary)
        self.boundary_episodes += 1
        results = self.results.setdefault(boundary, [])
        results.append(success)
        if len(results) < self.config.episodes:
            return False
        success_rate = sum(results) / len(results)
        self.results[boundary] = []
        return self._move(boundary, success_rate)

    def _move(self, boundary: Boundary, success_rate: float) -> bool:
        grows, shrinks = success_rate >= self.config.grow_above, success_rate < self.config.shrink_below
        before = self.strength[boundary.path][boundary.end]
        after = min(self.config.max_strength, max(0.0, round(before + self.config.step * (grows - shrinks), 9)))
        if after == before:
            return False
        self.strength[boundary.path][boundary.end] = after
        self.history.append((self.boundary_episodes, boundary.path, boundary.end, after))
        return True

    def set_strength(self, strength: float) -> None:
        """Set all boundaries to one strength."""
        for sides in self.strength.values():
            sides.update(dict.fromkeys(sides, strength))

    def state_dict(self) -> dict[str, Any]:
        """Return the state of adaptation as plain data for JSON."""
        return {
            "strength": {path: dict(sides) for path, sides in self.strength.items()},
            "results": [[*boundary, list(results)] for boundary, results in self.results.items()],
            "history": [list(row) for row in self.history],
            "judged": self.boundary_episodes,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a saved state; its paths must be those of the variations."""
        if set(state["strength"]) != set(self.strength):
            other = sorted(set(state["strength"]) ^ set(self.strength))
            raise ConfigError(f"adr: the state has other paths, {', '.join(other[:3])}; use the preset it came from")
        self.strength = {path: dict(sides) for path, sides in state["strength"].items()}
        self.results = {Boundary(path, end): list(results) for path, end, results in state["results"]}
        self.history = [(int(n), str(path), str(end), float(x)) for n, path, end, x in state["history"]]
        self.boundary_episodes = int(state["judged"])


def list_ends(variation: Variation) -> tuple[str, ...]:
    """List the boundaries of a variation: two of a range, one of a magnitude, none of a choice."""
    return _ENDS if variation.verb in _RANGE_VERBS else ("high",) if variation.verb in _MAGNITUDE_VERBS else ()


def make_adr(task: Task, variations: Sequence[Variation], config: AdrConfig | None = None) -> Adr:
    """Create the initial state, without randomization, from the variations that have a range."""
    resolved = resolve(task)
    ranged = [v for v in variations if list_ends(v)]
    nominal = {v.path: get_value(resolved, match_paths(resolved, v.path, v.location)[0]) for v in ranged}
    if not ranged:
        raise ConfigError(
            "adr: no variation has a range that can grow; use uniform, shift, scale, normal, offset, factor"
        )
    return Adr(tuple(ranged), nominal, config or AdrConfig())


def _to_pair(argument: Any) -> tuple[Any, Any]:
    """Return both ends of a range; a single number is a range of zero width."""
    low, high = argument if isinstance(argument, list | tuple) else (argument, argument)
    return low, high


def _scale_end(variation: Variation, end: Any, strength: float, nominal: Any) -> Any:
    """Interpolate between the value that changes nothing and an end of a range."""
    identity = nominal if variation.verb == "uniform" else _IDENTITY[variation.verb]
    value = np.asarray(identity) + strength * (np.asarray(end, dtype=np.float64) - np.asarray(identity))
    is_integer = isinstance(identity, int) and not isinstance(identity, bool)
    return int(np.rint(value)) if is_integer else value.tolist()
