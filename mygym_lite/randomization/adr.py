"""Automatic domain randomization: ranges that grow where a policy succeeds and shrink where it fails.

After OpenAI's ADR (arXiv 1910.07113) with the constants of DeXtreme (arXiv 2210.13702) where they carry over. Every
varied path has a lower and an upper boundary, each with a *strength*: 0 is the declared value, 1 the end of the
preset's range. Some episodes are played at a boundary, the rest anywhere between; a boundary's own episodes move it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from mygym_lite.config.field_path import get_value, match_paths
from mygym_lite.config.sampling import resolve
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation, make_stream
from mygym_lite.errors import ConfigError

Widening = Literal["adr", "curriculum"]
"""Ranges grow where a policy succeeds; or all alike, as time goes by."""
BoundaryStrengths = dict[str, float]  # strength of each boundary, "low" and "high"
_ENDS = ("low", "high")
_PAIRS = ("uniform", "shift", "scale")
_SIZES = ("normal", "offset", "factor")
_NOTHING = {"uniform": None, "shift": 0.0, "scale": 1.0, "normal": 0.0, "offset": 0.0, "factor": 1.0}


class Boundary(NamedTuple):
    """One end of one path's range."""

    path: str
    end: str


@dataclass(frozen=True)
class AdrConfig:
    """How ranges move."""

    boundary_share: float = 0.4  # of the episodes are played at a boundary (DeXtreme)
    episodes: int = 256  # at a boundary before it is judged (DeXtreme's queue)
    shrink_below: float = 0.3  # share of successes
    grow_above: float = 0.7
    step: float = 0.05  # of strength
    max_strength: float = 1.0  # 1 ends where the preset does


@dataclass
class Adr:
    """The ranges of one training run, and the results at their boundaries since each last moved."""

    variations: tuple[Variation, ...]
    nominal: Mapping[str, Any]  # the value that each path's variation begins from
    config: AdrConfig = field(default_factory=AdrConfig)
    strength: dict[str, BoundaryStrengths] = field(default_factory=dict)
    results: dict[Boundary, list[bool]] = field(default_factory=dict)
    history: list[tuple[int, str, str, float]] = field(default_factory=list)  # episodes judged, path, end, strength
    boundary_episodes: int = 0

    def __post_init__(self) -> None:
        for variation in self.variations:
            self.strength.setdefault(variation.path, {end: 0.0 for end in list_ends(variation)})

    @property
    def boundaries(self) -> list[Boundary]:
        """Every end of every range."""
        return [Boundary(path, end) for path, sides in self.strength.items() for end in sides]

    def sample(self, seed: int) -> tuple[dict[str, dict[str, Any]], Boundary | None]:
        """Variations for an episode, and the boundary that it is played at, if it is."""
        rng = make_stream(seed, "adr")
        at = self.boundaries[int(rng.integers(len(self.boundaries)))] if self._plays_at_boundary(rng) else None
        drawn = [replace(v, argument=self._argument(v, at)) for v in self.variations]
        sure = None if at is None else at.path  # an episode at a boundary is played there for certain
        return {v.path: (replace(v, chance=1.0) if v.path == sure else v).to_dict() for v in drawn}, at

    def _plays_at_boundary(self, rng: np.random.Generator) -> bool:
        return bool(self.boundaries) and rng.random() < self.config.boundary_share

    def _argument(self, variation: Variation, at: Boundary | None) -> Any:
        """The verb's argument at the strength that its range has, or at one end of it."""
        sides = self.strength[variation.path]
        if variation.verb in _SIZES:
            return _scaled(variation, variation.argument, sides["high"], None)
        low, high = (
            _scaled(variation, end, sides[name], self.nominal[variation.path])
            for name, end in zip(_ENDS, _pair(variation.argument), strict=True)
        )
        if at is not None and at.path == variation.path:
            low = high = low if at.end == "low" else high
        return [low, high]

    def observe(self, boundary: Boundary | Sequence[str] | None, success: bool) -> bool:
        """Take note of an episode; say whether a boundary has moved."""
        if boundary is None:
            return False
        end = Boundary(*boundary)
        self.boundary_episodes += 1
        results = self.results.setdefault(end, [])
        results.append(success)
        if len(results) < self.config.episodes:
            return False
        share = sum(results) / len(results)
        self.results[end] = []
        return self._move(end, share)

    def _move(self, end: Boundary, share: float) -> bool:
        change = self.config.step * ((share >= self.config.grow_above) - (share < self.config.shrink_below))
        before = self.strength[end.path][end.end]
        after = min(self.config.max_strength, max(0.0, round(before + change, 9)))
        if after == before:
            return False
        self.strength[end.path][end.end] = after
        self.history.append((self.boundary_episodes, end.path, end.end, after))
        return True

    def set_strength(self, strength: float) -> None:
        """Bring every boundary to one strength."""
        for sides in self.strength.values():
            sides.update(dict.fromkeys(sides, strength))

    def state_dict(self) -> dict[str, Any]:
        """Everything that is learned, as plain data for JSON; saved beside the policy."""
        return {
            "strength": {path: dict(sides) for path, sides in self.strength.items()},
            "results": [[*boundary, list(results)] for boundary, results in self.results.items()],
            "history": [list(row) for row in self.history],
            "judged": self.boundary_episodes,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was saved; one of other paths is refused."""
        if set(state["strength"]) != set(self.strength):
            other = sorted(set(state["strength"]) ^ set(self.strength))
            raise ConfigError(
                f"adr: the state speaks of other paths, {', '.join(other[:3])}; use the preset it came from"
            )
        self.strength = {path: dict(sides) for path, sides in state["strength"].items()}
        self.results = {Boundary(path, end): list(results) for path, end, results in state["results"]}
        self.history = [(int(n), str(path), str(end), float(x)) for n, path, end, x in state["history"]]
        self.boundary_episodes = int(state["judged"])


def list_ends(variation: Variation) -> tuple[str, ...]:
    """The boundaries of a variation: two of a range, one of a size, none of a choice."""
    return _ENDS if variation.verb in _PAIRS else ("high",) if variation.verb in _SIZES else ()


def make_adr(task: Task, variations: Sequence[Variation], config: AdrConfig | None = None) -> Adr:
    """Begin with no randomization at all; what has no range (``choice``, ``value``) is left out."""
    whole = resolve(task)
    ranged = [v for v in variations if list_ends(v)]
    nominal = {v.path: get_value(whole, match_paths(whole, v.path, v.location)[0]) for v in ranged}
    if not ranged:
        raise ConfigError(
            "adr: no variation has a range that could grow; use uniform, shift, scale, normal, offset, factor"
        )
    return Adr(tuple(ranged), nominal, config or AdrConfig())


def _pair(argument: Any) -> tuple[Any, Any]:
    """Both ends of a range; one number is a range without width."""
    low, high = argument if isinstance(argument, list | tuple) else (argument, argument)
    return low, high


def _scaled(variation: Variation, end: Any, strength: float, nominal: Any) -> Any:
    """An end of a range, brought towards what changes nothing."""
    still = nominal if variation.verb == "uniform" else _NOTHING[variation.verb]
    value = np.asarray(still) + strength * (np.asarray(end, dtype=np.float64) - np.asarray(still))
    whole = isinstance(still, int) and not isinstance(still, bool)
    return int(np.rint(value)) if whole else value.tolist()
