"""Files of suites that a program writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mygym_lite.randomization.axis import Axis, Changes
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_file import list_suites, load_suite
from mygym_lite.randomization.suite_text import format_suite
from mygym_lite.schema import Location


def select_levels(axis: Axis, suite: Suite) -> Changes:
    """Select the levels of an axis that its suite evaluates."""
    indices = [axis.severities.index(severity) for severity in suite.severities]
    return {
        path: {verb: [levels[index] for index in indices] for verb, levels in change.items()}
        for path, change in axis.changes.items()
    }


@pytest.mark.parametrize("name", [name for name in list_suites() if load_suite(name).combine is None])
def test_a_suite_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    suite = load_suite(name)
    axes = tuple(replace(axis, severities=suite.severities, changes=select_levels(axis, suite)) for axis in suite.axes)
    (tmp_path / f"{name}.toml").write_text(format_suite(replace(suite, axes=axes)), encoding="utf-8")
    read = load_suite(tmp_path / f"{name}.toml")
    unplaced = tuple(replace(axis, location=Location("suite")) for axis in read.axes)
    assert (read.about, read.version, read.severities) == (suite.about, suite.version, suite.severities)
    assert unplaced == axes
