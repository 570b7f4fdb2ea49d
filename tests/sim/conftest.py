"""Fixtures of the simulation tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mygym_lite.sim.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world
