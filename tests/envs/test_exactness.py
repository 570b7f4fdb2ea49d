"""An episode depends on task, variations and seed alone, to the last bit, in every physics engine."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pybullet
import pytest
from engines import ENGINES
from exact_episodes import (
    CLUTTER,
    COMPOUNDS,
    MUJOCO_VARIATIONS,
    PAIRS,
    STEPS,
    TASKS,
    VARIATIONS,
    UnsteadyGrasp,
    assert_identical,
    make_endless_task,
    make_env,
    pack_numbers,
    pack_observation,
    play_episode,
    play_in_new_environment,
    play_other_episodes,
)

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import make_task_vector_env
from mygym_lite.terms import load_task


@pytest.fixture(params=list(TASKS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def env(name: str, engine: str) -> Iterator[TaskEnv]:
    env = make_env(name, engine)
    yield env
    env.close()


# --- the same bytes


def test_the_compared_episodes_have_many_contacts(env: TaskEnv) -> None:
    """Guard the tests below against episodes without contacts."""
    env.reset(seed=3)
    policy, touched = UnsteadyGrasp(3), dict.fromkeys(PAIRS, 0)
    for _ in range(STEPS):
        env.step(policy.act(env))
        for pair in PAIRS:
            touched[pair] += env.state.touch(*pair).peak > 0.05
    assert touched["target", "table"] > 10
    assert touched["thumb", "target"] + touched["fingers", "target"] + touched["palm", "target"] > 5


def test_an_episode_is_identical_twice_and_after_other_episodes(env: TaskEnv, name: str) -> None:
    trace, rng = play_episode(env, 3), np.random.default_rng(0)
    assert_identical(trace, play_episode(env, 3), f"{name}, twice")
    for turn in range(3):
        play_other_episodes(env, rng, 2)
        assert_identical(trace, play_episode(env, 3), f"{name}, after {turn + 1} rounds of other episodes")


def test_an_episode_is_identical_after_a_variation_of_each_field(engine: str) -> None:
    env = make_env("cube", engine)
    trace = play_episode(env, 3, 20)
    for path, verb in (VARIATIONS | (MUJOCO_VARIATIONS if engine == "mujoco" else {})).items():
        for seed in (11, 12):
            play_episode(env, seed, 23, {"variations": {path: verb}})
        assert_identical(trace, play_episode(env, 3, 20), f"after episodes with another {path}")
    env.close()


def test_an_episode_is_identical_after_a_rebuild_of_the_scene(engine: str) -> None:
    env = make_env("clutter", engine)
    trace = play_episode(env, 5)
    for seed in range(150):  # each size is a new body; the scene is rebuilt after 400 of them
        env.reset(seed=seed, options={"variations": {"objects.target.size": {"uniform": [0.7, 1.2]}}})
    assert_identical(trace, play_episode(env, 5), "after a rebuild")
    env.close()


def test_an_episode_is_identical_in_a_new_and_in_a_used_scene() -> None:
    """With this seed, two fingers of the robot overlap as built, and no longer in the first pose."""
    env = TaskEnv(TASKS["clutter"])
    trace = play_episode(env, 57, 8)
    env.world.engine.invalidate()  # the next reset builds a new scene
    assert_identical(trace, play_episode(env, 57, 8), "in a new scene")
    env.close()


def test_an_episode_of_compound_objects_is_identical_after_another_one() -> None:
    """A pair of bodies has a manifold for each pair of their parts; PyBullet leaves the order of those open."""
    arch = replace(load_task("grasp").objects["target"], model="arch")
    clutter = replace(CLUTTER, models=COMPOUNDS)
    task = make_endless_task(robot={"model": "panda"}, objects={"target": arch}, distractors=clutter)
    new, used = TaskEnv(task), TaskEnv(task)
    play_episode(used, 452443, 21)
    trace = play_episode(new, 454652, 30)
    assert_identical(trace, play_episode(used, 454652, 30), "after another episode")
    assert_identical(trace, play_episode(used, 454652, 30), "twice")
    new.close()
    used.close()


def test_a_reset_drops_the_contacts_of_the_previous_episode() -> None:
    """PyBullet would solve and report later contacts in an order that depends on earlier ones."""
    env = TaskEnv(TASKS["cube"])
    env.reset(seed=3)
    for _ in range(15):
        env.step(np.array([0.0, 0.0, -1.0, 1.0], np.float32))  # onto the table
    assert env.state.touch("fingers", "table").peak > 0.0
    assert pybullet.getContactPoints(physicsClientId=env.world.engine.client)
    env.reset(seed=3)
    assert not pybullet.getContactPoints(physicsClientId=env.world.engine.client)
    env.close()


def test_an_episode_is_identical_with_and_without_rendering(env: TaskEnv, name: str, engine: str) -> None:
    trace = play_episode(env, 4)
    rendered = make_env(name, engine, render_mode="rgb_array")
    play_other_episodes(rendered, np.random.default_rng(1), 2)
    observation, info = rendered.reset(seed=4)
    policy, other_trace = UnsteadyGrasp(4), [pack_observation(observation) + pack_numbers(rendered, info)]
    for step in range(STEPS):
        if step % 20 == 0:
            rendered.render()
        observation, reward, *_, info = rendered.step(policy.act(rendered))
        other_trace.append(pack_observation(observation) + pack_numbers(rendered, info, reward))
    rendered.close()
    assert_identical(trace, other_trace, f"{name}, with rendering")


def test_episodes_are_identical_beside_other_worlds_in_the_process(engine: str) -> None:
    """The worlds are stepped in turns."""
    names = [*TASKS, *TASKS]
    alone = {}
    for name in TASKS:
        env = make_env(name, engine)
        alone[name] = play_episode(env, 6, 40)
        env.close()
    envs = [make_env(name, engine) for name in names]
    trace = [[pack_observation(o) + pack_numbers(e, i)] for e in envs for o, i in [e.reset(seed=6)]]
    policies = [UnsteadyGrasp(6) for _ in envs]
    for _ in range(40):
        for env, policy, log in zip(envs, policies, trace, strict=True):
            observation, reward, *_, info = env.step(policy.act(env))
            log.append(pack_observation(observation) + pack_numbers(env, info, reward))
    for name, env, log in zip(names, envs, trace, strict=True):
        env.close()
        assert_identical(alone[name], log, f"{name}, beside other worlds")


def test_an_episode_is_identical_in_another_process(engine: str) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        jobs = {name: pool.apply_async(play_in_new_environment, (name, engine, 7)) for name in TASKS}
        for name in TASKS:
            env = make_env(name, engine)
            play_other_episodes(env, np.random.default_rng(2), 2)
            assert_identical(jobs[name].get(timeout=300), play_episode(env, 7), f"{name}, in another process")
            env.close()


def test_an_episode_is_identical_in_a_vector_environment(engine: str) -> None:
    options: dict[str, Any] = {"task": "grasp_any", "settings": [f"physics.engine={engine}"]}
    envs = make_task_vector_env(3, **options, workers=2)
    actions = np.random.default_rng(0).uniform(-1.0, 1.0, (20, *envs.action_space.shape)).astype(np.float32)
    start, _ = envs.reset(seed=5)
    together = [start, *(envs.step(batch)[0] for batch in actions)]
    envs.close()
    for number in range(3):
        single = TaskEnv(**options)
        start, _ = single.reset(seed=5 + number)
        alone = [start, *(single.step(batch[number])[0] for batch in actions)]
        for one, all_of_them in zip(alone, together, strict=True):
            row = {key: value[number] for key, value in all_of_them.items()}
            assert pack_observation(one) == pack_observation(row)
        single.close()


def test_an_episode_continues_identically_from_a_saved_state(env: TaskEnv, name: str, engine: str) -> None:
    """A saved state restores its episode in the same environment and, pickled, in another one."""
    other = make_env(name, engine)
    env.reset(seed=8, options={"variations": VARIATIONS})
    policy = UnsteadyGrasp(8)
    for _ in range(30):
        env.step(policy.act(env))
    saved, moment = env.get_state(), pack_numbers(env, {})
    actions = [policy.act(env) for _ in range(15)]
    trace = [pack_observation(o) + pack_numbers(env, i, r) for o, r, _, _, i in map(env.step, actions)]
    for place, memory in (("itself", saved), ("another", pickle.loads(pickle.dumps(saved)))):
        into = env if place == "itself" else other
        play_other_episodes(into, np.random.default_rng(3), 1)
        into.set_state(memory)
        assert pack_numbers(into, {}) == moment
        assert_identical(
            trace, [pack_observation(o) + pack_numbers(into, i, r) for o, r, _, _, i in map(into.step, actions)], place
        )
    other.close()


def test_episodes_that_alternate_between_engines_are_identical(name: str) -> None:
    """Each engine keeps its bodies in one environment, while the other one simulates an episode."""
    pytest.importorskip("mujoco")
    env, alone = make_env(name, "bullet"), {}
    for engine in ENGINES:
        single = make_env(name, engine)
        alone[engine] = [play_episode(single, seed, 30) for seed in (3, 4)]
        single.close()
    for turn in range(3):
        for engine in ENGINES:
            options = {"variations": {"physics.engine": {"value": engine}}}
            found = [play_episode(env, seed, 30, options) for seed in (3, 4)]
            for trace, other_trace in zip(alone[engine], found, strict=True):
                assert_identical(trace, other_trace, f"{name}, turn {turn + 1} in {engine}")
    assert alone["bullet"] != alone["mujoco"]
    env.close()


def test_an_episode_is_identical_after_one_that_became_unstable(engine: str) -> None:
    env = make_env("low", engine)
    trace = play_episode(env, 3)
    env.world.engine.invalidate()
    assert_identical(trace, play_episode(env, 3), "after an unstable episode")
    env.world.restart()
    assert_identical(trace, play_episode(env, 3), "after a restart of the engine")
    env.close()


@pytest.mark.slow
def test_five_hundred_episodes_are_identical_in_used_and_new_worlds(engine: str) -> None:
    """Each episode runs once in a world that played all the others, and once in a new one."""
    envs = {name: make_env(name, engine) for name in TASKS}
    rng = np.random.default_rng(4)
    for seed in range(500 // len(TASKS)):
        for name, env in envs.items():
            if rng.random() < 0.3:
                play_other_episodes(env, rng, 1)
            fresh = make_env(name, engine)
            assert_identical(play_episode(fresh, seed, 40), play_episode(env, seed, 40), f"{name}, seed {seed}")
            fresh.close()
    for env in envs.values():
        env.close()


# --- memory


def measure_resident_megabytes() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure_growth(env: TaskEnv, resets: int) -> float:
    before = measure_resident_megabytes()
    for seed in range(resets):
        env.reset(seed=seed)
    gc.collect()
    return measure_resident_megabytes() - before


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own account of memory")
@pytest.mark.parametrize("name", ["cube", "any", "clutter"])
def test_a_hundred_thousand_resets_leak_no_memory(name: str, engine: str) -> None:
    env = make_env(name, engine)
    measure_growth(env, 2_000)  # caches fill, the scene has been rebuilt
    grown = measure_growth(env, 100_000)
    env.close()
    assert grown < 20.0
