"""Objects that begin on or inside others rest there in both engines, and the episode is exact."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engines import ENGINES, require_engine
from placed_tasks import write_task

from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

SEEDS = range(15)


@pytest.fixture(params=ENGINES)
def tidy(request: pytest.FixtureRequest, tmp_path: Path) -> Task:
    task = load_task(write_task(tmp_path))
    return replace(task, physics=replace(task.physics, engine=require_engine(request.param)))


def simulate(world: World, task: Task, seed: int, steps: int = 20) -> State:
    """Run an episode in which the arm stands still."""
    world.reset(sample(task, (), seed), seed)
    for _ in range(steps):
        world.step(np.zeros(world.action_size))
    return world.state


def test_objects_rest_where_they_were_placed(world: World, tidy: Task) -> None:
    for seed in SEEDS:
        state = simulate(world, tidy, seed)
        for name in tidy.objects:
            assert math.dist(state.position(name), state.initial_positions[name]) < 0.002, (seed, name)


def test_placed_episodes_are_exact(world: World, tidy: Task) -> None:
    frames = simulate(world, tidy, 3).frames
    simulate(world, tidy, 4)
    assert simulate(world, tidy, 3).frames == frames
    with World() as other:
        assert simulate(other, tidy, 3).frames == frames
