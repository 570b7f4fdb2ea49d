"""Motions as CSV: one row per control step, with the target and the measured position of every joint.

Columns: ``time``, s; ``target_JOINT``, rad, commanded from that time on; ``position_JOINT``, rad, measured at that
time; optionally ``speed_JOINT``, rad/s, for all joints, and ``motion``, a number that changes where a motion begins.
Every motion begins at rest. The last row of a motion needs no command of its own: its targets are ignored.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from mygym_lite.config.robot import RobotModel
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.files import write_text
from mygym_lite.studies.identification.motion import Array, Motion

_MOTION, _TIME = "motion", "time"
_KINDS = ("target", "position", "speed")
_MIN_ROWS = 20
_MAX_JITTER = 0.1  # of a time step
_LIMIT_MARGIN = 0.05  # rad by which a joint may be measured or commanded outside its limits
_DIGITS = 9
_Row = tuple[int, dict[str, float]]  # line in the file, and numbers by column


def list_arm_joints(robot: RobotModel) -> list[str]:
    """List the joints of all arms, in the order of the robot's declaration."""
    return [name for arm in robot.arms.values() for name in arm.joints]


def write_motions(file: Path, robot: RobotModel, motions: Sequence[Motion]) -> None:
    """Write motions whose commands are joint targets."""
    joints = list_arm_joints(robot)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_MOTION, _TIME, *(f"{kind}_{name}" for kind in _KINDS for name in joints)])
    for number, motion in enumerate(motions):
        targets = np.vstack([motion.commands, motion.commands[-1:]])
        speeds = np.zeros_like(motion.positions) if motion.speeds is None else motion.speeds
        for step, row in enumerate(np.hstack([targets, motion.positions, speeds])):
            writer.writerow([number, f"{step / motion.control_hz:.6g}", *(f"{x:.{_DIGITS}f}" for x in row)])
    write_text(file, text.getvalue())


def read_motions(file: Path, robot: RobotModel) -> list[Motion]:
    """Read the motions of a file.

    Raises:
        UsageError: The file cannot be read.
        ConfigError: A column or a value is missing or impossible; the message names the line and the column.
    """
    joints = list_arm_joints(robot)
    header, rows = _read_table(file)
    kinds = _check_header(file, header, joints, robot.name)
    for line, row in rows:
        _check_limits(f"{file.name}: line {line}", row, robot)
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row[1].get(_MOTION, 0.0))]
    return [_build_motion(file, number, group, joints, "speed" in kinds) for number, group in enumerate(groups)]


def _read_table(file: Path) -> tuple[list[str], list[_Row]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no such file; record one with `mygym-lite identify --excite`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read as text ({error}); name a CSV file") from error
    reader = csv.reader(lines)
    header = [name.strip() for name in next(reader, [])]
    return header, list(_parse_rows(file, header, reader))


def _parse_rows(file: Path, header: Sequence[str], reader: Iterator[list[str]]) -> Iterator[_Row]:
    for line, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise ConfigError(
                f"{file.name}: line {line}: has {len(cells)} values for {len(header)} columns; give one for each"
            )
        yield line, {name: _parse_number(file, line, name, cell) for name, cell in zip(header, cells, strict=True)}


def _parse_number(file: Path, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(
            f"{file.name}: line {line}: {column}: '{text:.20}' is no finite number; write for example 0.5"
        )
    return value


def _check_header(file: Path, header: Sequence[str], joints: Sequence[str], robot: str) -> set[str]:
    """Check that there is every column and no other; return the kinds of joint columns."""
    known = {_MOTION, _TIME} | {f"{kind}_{name}" for kind in _KINDS for name in joints}
    for name in header:
        if name not in known:
            raise ConfigError(f"{file.name}: line 1: {robot} has no column '{name}'{suggest(name, known)}")
        if header.count(name) > 1:
            raise ConfigError(f"{file.name}: line 1: {name}: is there twice; keep one")
    kinds = {"target", "position"} | ({"speed"} if any(name.startswith("speed_") for name in header) else set())
    for name in [_TIME, *(f"{kind}_{joint}" for kind in _KINDS if kind in kinds for joint in joints)]:
        if name not in header:
            unit = "s" if name == _TIME else "rad/s" if name.startswith("speed_") else "rad"
            raise ConfigError(f"{file.name}: line 1: {name}: missing; add this column, in {unit}")
    return kinds


def _check_limits(where: str, row: dict[str, float], robot: RobotModel) -> None:
    """Refuse positions that the joints of the model cannot have, such as degrees."""
    for arm in robot.arms.values():
        for name, low, high in zip(arm.joints, arm.lower, arm.upper, strict=True):
            for column in (f"target_{name}", f"position_{name}"):
                if not low - _LIMIT_MARGIN <= row[column] <= high + _LIMIT_MARGIN:
                    raise ConfigError(
                        f"{where}: {column}: {row[column]:g} rad is outside the limits of the joint, {low:g} to "
                        f"{high:g} rad; write radians from the zero position of the robot's URDF"
                    )


def _build_motion(file: Path, number: int, rows: list[_Row], joints: Sequence[str], has_speeds: bool) -> Motion:
    first = rows[0][0]
    if len(rows) < _MIN_ROWS:
        raise ConfigError(
            f"{file.name}: line {first}: motion {number} has {len(rows)} rows, at least {_MIN_ROWS} are needed; "
            "record a longer one"
        )
    step = _check_times(file, rows)

    def collect(kind: str) -> Array:
        return np.array([[row[f"{kind}_{name}"] for name in joints] for _, row in rows])

    return Motion(
        label=f"{file.stem} {number}",
        commands=collect("target")[:-1],
        positions=collect("position"),
        speeds=collect("speed") if has_speeds else None,
        control_hz=_round_rate(1.0 / step),
    )


def _check_times(file: Path, rows: Sequence[_Row]) -> float:
    """Return the time step, s, which must be the same in all rows."""
    times = [row[_TIME] for _, row in rows]
    step = (times[-1] - times[0]) / (len(times) - 1)
    for (_, before), (line, after) in pairwise(rows):
        difference = after[_TIME] - before[_TIME]
        if difference <= 0.0:
            raise ConfigError(
                f"{file.name}: line {line}: time: {after[_TIME]:g} s does not follow {before[_TIME]:g} s; "
                "sort the rows, and number motions in a column 'motion'"
            )
        if abs(difference - step) > _MAX_JITTER * step:
            raise ConfigError(
                f"{file.name}: line {line}: time: is {difference:g} s after the row before, {step:g} s on average; "
                "resample the motion to equal steps"
            )
    return step


def _round_rate(hertz: float) -> float:
    """Round a rate that was computed from decimal times to a whole number of Hz, if it is one."""
    return float(round(hertz)) if abs(hertz - round(hertz)) < 1e-2 * hertz and hertz >= 1.0 else hertz
