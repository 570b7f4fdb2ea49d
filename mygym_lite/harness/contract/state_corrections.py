"""Corrections of the state that a policy observes: units of joints, of other angles and of lengths."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.envs.entry_observations import list_entries
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.harness.contract.correction import Correction
from mygym_lite.harness.contract.expert_episodes import Array, describe_actions
from mygym_lite.harness.contract.linear_change import format_numbers
from mygym_lite.terms import bind_terms

STATE = "units of the state"
_JOINTS = ("joint_positions",)
_LENGTHS = ("position", "offset", "offset_in_hand", "extents", "height_gain")
_ANGLES = ("finger_positions", "joint_errors")


@dataclass(frozen=True)
class _Entry:
    """Numbers of one term in an observed group."""

    group: str
    part: slice
    scale: float
    """Factor of the observed numbers against those of the term."""


@dataclass(frozen=True)
class _Conversion:
    """Scale and shift of the numbers of one entry, as observed."""

    entry: _Entry
    scale: Array
    shift: Array

    def format(self) -> str:
        """Format as a mapping file has it."""
        part = self.entry.part
        scale = format_numbers(self.scale[:1] if np.all(self.scale == self.scale[0]) else self.scale)
        shift = f", shift = {format_numbers(self.shift)}" if self.shift.any() else ""
        return f'of = "{self.entry.group}[{part.start}:{part.stop}]", scale = {scale}{shift}'


def list_state_corrections(env: TaskEnv) -> Iterator[Correction]:
    """List other units of joint positions, other angles and lengths."""
    space = describe_actions(env)
    half, middle = 0.5 * (space.high - space.low), 0.5 * (space.high + space.low)
    joints = _find_entries(env, _JOINTS)
    for unit, factor in {"radians": 1.0, "degrees": math.degrees(1.0)}.items():
        converted = [_convert(entry, factor * half, factor * middle) for entry in joints]
        yield from _make_correction(f"joint positions in {unit}, ours are -1 to 1 of their ranges", converted)
    for terms, units in (
        (_ANGLES, {"angles in radians": 1.0, "angles in degrees": math.degrees(1.0)}),
        (_LENGTHS, {"lengths in m": 1.0, "lengths in cm": 100.0, "lengths in mm": 1000.0}),
    ):
        for unit, factor in units.items():
            converted = [_convert(entry, factor, 0.0) for entry in _find_entries(env, terms)]
            yield from _make_correction(unit, [one for one in converted if np.any(one.scale != 1.0)])


def _find_entries(env: TaskEnv, terms: Sequence[str]) -> list[_Entry]:
    """Find the observed entries of these terms."""
    declared = bind_terms(env.task).observe
    scales = {(group, entry): scale for group, entries in declared.items() for entry, _, scale in entries}
    scales |= {(name, entry): scale for name, (entry, _, scale) in list_entries(declared, env.state).items()}
    reader = env.observation_reader
    return [
        _Entry(group, reader.layout[group][entry], scales.get((group, entry), 1.0))
        for group, entries in reader.terms.items()
        for entry, term in entries.items()
        if term.name in terms and group in env.observation_space.spaces  # type: ignore[attr-defined]
    ]


def _convert(entry: _Entry, scale: float | Array, shift: float | Array) -> _Conversion:
    """Convert the numbers of a term, of which only the first arm's change if there are more than factors."""
    size = entry.part.stop - entry.part.start
    scales, shifts = np.ones(size), np.zeros(size)
    changed = slice(0, np.size(scale) if np.ndim(scale) else size)
    scales[changed], shifts[changed] = np.divide(scale, entry.scale), shift
    return _Conversion(entry, scales, shifts)


def _make_correction(wish: str, conversions: Sequence[_Conversion]) -> Iterator[Correction]:
    """Make the correction that converts all entries, if there are any."""

    def change(observation: Observation) -> Observation:
        changed = {one.entry.group: observation[one.entry.group].copy() for one in conversions}
        for one in conversions:
            part = changed[one.entry.group][one.entry.part]
            changed[one.entry.group][one.entry.part] = part * one.scale + one.shift
        return {**observation, **changed}

    if conversions:
        remedy = "; ".join(conversion.format() for conversion in conversions)
        yield Correction(STATE, f"the policy wants {wish}", remedy, observation=change)
