"""Randomization preset of an identification: ranges about the fitted values, for training."""

from __future__ import annotations

import json
from pathlib import Path

from mygym_lite.files import write_text
from mygym_lite.studies.identification.result import Identification, IdentifiedParameter

PRESET_NAME = "identified"
MIN_SPREAD = 0.05  # least distance of the ends of a range from the fitted value, as a share of it


def write_preset(file: Path, result: Identification) -> None:
    """Write the preset; parameters that the data cannot tell are left out, and keep their declared values."""
    known = [parameter for parameter in result.parameters if parameter.is_identifiable]
    unknown = [parameter.path for parameter in result.parameters if not parameter.is_identifiable]
    lines = [
        f"# Fit of {result.task} in {result.engine} to {result.fitted_seconds:.0f} s of recorded motion.",
        f"# Each range is the 95% interval of the fit, at least {MIN_SPREAD:.0%} to either side.",
        *([f"# Not identifiable, and as the task declares: {', '.join(unknown)}."] if unknown else []),
        "schema = 1",
        f'name   = "{PRESET_NAME}"',
        f'about  = "Parameters identified for {result.robot}, with their uncertainty."',
        "",
        f"[vary.{PRESET_NAME}]",
        *(_format_variation(parameter) for parameter in known),
    ]
    write_text(file, "\n".join(lines) + "\n")


def compute_range(parameter: IdentifiedParameter) -> tuple[float, float]:
    """Compute the range of a parameter within the bounds of its field."""
    assert parameter.low is not None
    assert parameter.high is not None
    spread = MIN_SPREAD * abs(parameter.value)
    low, high = min(parameter.low, parameter.value - spread), max(parameter.high, parameter.value + spread)
    return max(low, parameter.bounds[0]), min(high, parameter.bounds[1])


def _format_variation(parameter: IdentifiedParameter) -> str:
    low, high = (float(f"{end:.6g}") for end in compute_range(parameter))
    return f"{json.dumps(parameter.path)} = {{ uniform = [{low!r}, {high!r}] }}   # fit {parameter.value:.4g}"
