"""Variations in tables, as a task file writes them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.schema import Location
from mygym_lite.terms import load_task

LOCATION = Location("variations")
seeds = st.integers(0, 2**31 - 1)


def make_variation(verb: str, argument: Any) -> Variation:
    """Build a variation of the mass of an object."""
    [variation] = parse_variations({"objects.target.mass": {verb: argument}}, LOCATION)
    return variation


def sample_task(table: dict[str, dict[str, Any]], seed: int, task: Task | None = None) -> Task:
    """Draw an episode of a task, grasp by default, with these variations."""
    return sample(task or load_task("grasp"), parse_variations(table, LOCATION), seed)
