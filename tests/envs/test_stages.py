"""Stages in environments: progress, rewards and observations, and the same bits in every kind of environment."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines import ENGINES, require_engine
from gymnasium.utils.env_checker import check_env, data_equivalence
from hypothesis import given, settings
from hypothesis import strategies as st
from observations import have_equal_bytes
from staged_task import STAGES, write_staged_task

from mygym_lite.config.sampling import sample
from mygym_lite.config.stage import Stage
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task_physics import EngineName
from mygym_lite.envs.faults.sensing import copy_state
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.sb3_vec_env import SB3VecEnv
from mygym_lite.envs.stage_scoring import make_scorer
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import make_task_vector_env
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_tasks_folder
from mygym_lite.policies.policy_lookup import make_policy
from mygym_lite.sim.world import World
from mygym_lite.terms import bind_terms, load_task

BONUSES = {"reach.bonus": 1.0, "grasp.bonus": 2.0, "lift.bonus": 3.0}
PROGRESS = ("stage", "stages_reached", "progress")


@pytest.fixture
def env(tmp_path: Path) -> Iterator[TaskEnv]:
    with TaskEnv(write_staged_task(tmp_path)) as env:
        yield env


@pytest.fixture(scope="module")
def start() -> State:
    with World() as world:
        return world.reset(sample(load_task("reach"), (), 0), 0)


def play(env: TaskEnv, seed: int = 0, steps: int = 200) -> list[tuple[dict[str, Any], float, dict[str, Any]]]:
    """Play the expert to the end of an episode, and return observations, rewards and infos."""
    expert = make_policy("expert", env)
    observation, info = env.reset(seed=seed)
    expert.reset(seed)
    played = [(observation, 0.0, info)]
    for _ in range(steps):
        observation, reward, terminated, truncated, info = env.step(expert.act(observation))
        played.append((observation, reward, info))
        if terminated or truncated:
            break
    return played


def read_progress(info: dict[str, Any]) -> list[Any]:
    return [info[key] for key in PROGRESS]


def test_the_expert_passes_the_stages_in_their_order(env: TaskEnv) -> None:
    infos = [info for _, _, info in play(env)]
    assert read_progress(infos[0]) == ["reach", 0, 0.0]
    assert list(dict.fromkeys(info["stage"] for info in infos)) == [*STAGES, "done"]
    assert read_progress(infos[-1]) == ["done", 3, 1.0]
    reached = [info["stages_reached"] for info in infos]
    assert reached == sorted(reached)
    assert [info["progress"] for info in infos] == [count / 3 for count in reached]


def test_success_holds_while_the_last_checks_hold(env: TaskEnv) -> None:
    infos = [info for _, _, info in play(env)]
    assert [info["success"] for info in infos] == [info["stage"] == "done" for info in infos]
    assert infos[-1]["held_seconds"] == pytest.approx(0.2)
    assert sum(info["success"] for info in infos) == 4  # hold_seconds at 20 Hz
    assert infos[-1]["failure"] is None


def test_rewards_count_while_their_stage_is_current_and_a_bonus_once(env: TaskEnv) -> None:
    played = play(env)
    for (_, _, before), (_, reward, info) in pairwise(played):
        terms = info["reward_terms"]
        assert list(terms) == ["effort", "reach.approach", "reach.bonus", "grasp.bonus", "lift.height", "lift.bonus"]
        assert reward == pytest.approx(sum(terms.values()))
        assert (terms["reach.approach"] != 0.0) <= (before["stage"] == "reach")
        assert (terms["lift.height"] != 0.0) <= (before["stage"] == "lift")
        paid = [name for name in BONUSES if terms[name]]
        assert paid == [f"{name}.bonus" for name in STAGES[before["stages_reached"] : info["stages_reached"]]]
    paid_at_all = {name: sum(info["reward_terms"][name] for _, _, info in played[1:]) for name in BONUSES}
    assert paid_at_all == BONUSES


def test_the_observed_stage_is_the_one_after_the_step(env: TaskEnv) -> None:
    for observation, _, info in play(env):
        assert observation["task"][:3].tolist() == [float(info["stage"] == name) for name in STAGES]


def test_several_stages_can_be_passed_in_one_step(tmp_path: Path) -> None:
    file = write_staged_task(
        tmp_path, ("within = 0.15", "within = 3"), ("pinched = {", "up = { not = {"), ("] }\n\n[[", "] } }\n\n[[")
    )
    with TaskEnv(file) as env:
        env.reset(seed=0)
        *_, info = env.step(np.zeros(8))
    assert read_progress(info) == ["lift", 2, 2 / 3]
    assert (info["reward_terms"]["reach.bonus"], info["reward_terms"]["grasp.bonus"]) == (1.0, 2.0)
    assert info["reward_terms"]["lift.height"] == 0.0


def test_a_reached_stage_stays_reached(env: TaskEnv) -> None:
    assert play(env, steps=6)[-1][2]["stage"] == "grasp"
    for action in reversed(env.get_state().actions):
        *_, info = env.step(-action)
    assert np.linalg.norm(np.subtract(env.state.position("palm"), env.state.position("target"))) > 0.15
    assert info["stage"] == "grasp"


def test_a_step_that_fails_reaches_no_stage(tmp_path: Path) -> None:
    low = '[failure]\nlow = { term = "lower_than", of = "palm", metres = 9 }'
    with TaskEnv(write_staged_task(tmp_path, ("[failure]", low), ("within = 0.15", "within = 3"))) as env:
        env.reset(seed=0)
        *_, info = env.step(np.zeros(8))
    assert info["failure"] == "low"
    assert read_progress(info) == ["reach", 0, 0.0]
    assert not any(info["reward_terms"][name] for name in BONUSES)


def test_success_is_asked_for_beside_the_stages(tmp_path: Path) -> None:
    high = '[success]\nhigh = { term = "lifted", thing = "target", metres = 0.12 }\n[failure]'
    with TaskEnv(write_staged_task(tmp_path, ("[failure]", high))) as env:
        played = [info for _, _, info in play(env)]
    assert any(info["stage"] == "done" and not info["success"] for info in played)
    assert played[-1]["success"]
    never = '[success]\nclose = { term = "near", of = "palm", to = "target", within = 3 }\n[failure]'
    with TaskEnv(write_staged_task(tmp_path, ("[failure]", never))) as env:
        env.reset(seed=0)
        *_, info = env.step(np.zeros(8))
    assert (info["success"], info["stages_reached"]) == (False, 0)


def test_info_lacks_stages_without_any() -> None:
    with TaskEnv("reach") as env:
        _, start = env.reset(seed=0)
        *_, info = env.step(np.zeros(4))
    assert not {*PROGRESS} & {*start, *info}


def test_gymnasium_accepts_the_environment(env: TaskEnv) -> None:
    check_env(env, skip_render_check=True)


def test_a_pickled_environment_keeps_its_stage(env: TaskEnv) -> None:
    last = play(env, steps=30)[-1][2]
    assert last["stage"] == "lift"
    twin = pickle.loads(pickle.dumps(env))
    assert read_progress(twin.scorer.describe_progress()) == read_progress(last)
    for _ in range(3):
        action = env.action_space.sample()
        (a, *rest), (b, *rest_b) = env.step(action), twin.step(action)
        assert have_equal_bytes(a, b)
        assert data_equivalence(rest, rest_b, exact=True)
    twin.close()


def test_a_restored_state_has_the_stage_of_that_moment(env: TaskEnv) -> None:
    play(env, steps=10)
    moment, then = env.get_state(), env.scorer.describe_progress()
    play(env, seed=1)
    env.set_state(moment)
    assert env.scorer.describe_progress() == then
    assert env.reset(seed=5)[1]["stage"] == "reach"


@pytest.mark.parametrize(("engine", "workers"), [(engine, workers) for engine in ENGINES for workers in (0, 2)])
def test_a_vector_of_environments_equals_single_ones(tmp_path: Path, engine: EngineName, workers: int) -> None:
    require_engine(engine)
    file = write_staged_task(tmp_path, ("within = 0.15", "within = 0.3"), ("seconds = 4", "seconds = 0.5"))
    actions = np.random.default_rng(3).uniform(-1, 1, (24, 2, 8)).astype(np.float32)
    envs = make_task_vector_env(2, task=file, engine=engine, workers=workers)
    _, start = envs.reset(seed=0)
    assert start["stage"].tolist() == ["reach", "reach"]
    results = [envs.step(action) for action in actions]
    envs.close()
    for index in range(2):
        with TaskEnv(file, engine=engine) as env:
            env.reset(seed=index)
            done = False
            for action, (observations, rewards, _, _, infos) in zip(actions[:, index], results, strict=True):
                if done:
                    (observation, info), reward, done = env.reset(), 0.0, False
                else:
                    observation, reward, terminated, truncated, info = env.step(action)
                    done = terminated or truncated
                assert have_equal_bytes(observation, {name: array[index] for name, array in observations.items()})
                assert reward == rewards[index]
                assert read_progress(info) == [infos[key][index] for key in PROGRESS]


def test_stable_baselines_sees_the_stage(tmp_path: Path) -> None:
    file = write_staged_task(tmp_path, ("within = 0.15", "within = 3"), ("seconds = 4", "seconds = 0.2"))
    envs = SB3VecEnv(make_task_vector_env(1, task=file, workers=0, autoreset_mode="SameStep"))
    envs.seed(0)
    envs.reset()
    assert envs.reset_infos[0]["stage"] == "reach"
    for _ in range(3):
        envs.step(np.zeros((1, 8)))
    _, _, [done], [info] = envs.step(np.zeros((1, 8)))
    assert (done, info["stage"], info["stages_reached"]) == (True, "grasp", 1)
    assert envs.reset_infos[0]["stage"] == "reach"
    envs.close()


STAGE = (
    '\n[[stages]]\nname = "{}"\n[stages.checks]\nnear = {{ term = "near", of = "palm", to = "goal", within = {} }}\n'
)


def write_reach(folder: Path, *within: float) -> Path:
    """Write the task reach with stages within some distances of the goal."""
    text = (get_tasks_folder() / "reach.toml").read_text(encoding="utf-8")
    stages = "".join(STAGE.format(f"near_{number}", distance) for number, distance in enumerate(within))
    (folder / "reach.toml").write_text(text + stages, encoding="utf-8")
    return folder / "reach.toml"


def test_a_goal_environment_takes_stages_that_the_goal_decides(tmp_path: Path) -> None:
    with GoalEnv(write_reach(tmp_path, 0.2, 0.1)) as env:
        played = play(env)
        assert played[-1][2]["stage"] == "done"
        for observation, reward, info in played[1:]:
            assert reward == float(info["success"]) - 1.0
            assert reward == env.compute_reward(observation["achieved_goal"], observation["desired_goal"], info)


def test_a_goal_environment_refuses_stages_that_the_goal_does_not_decide(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^reach.toml: stages.1.checks: are not decided by the goal alone"):
        GoalEnv(write_reach(tmp_path, 0.1, 0.001))
    with pytest.raises(ConfigError, match=r"^staged.toml: success: is not decided by the goal alone"):
        GoalEnv(write_staged_task(tmp_path))


heights = st.floats(0.0, 1.0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(heights, st.floats(0.0, 5.0)), min_size=1, max_size=4), st.lists(heights, max_size=12))
def test_stages_advance_as_their_definition_says(
    start: State, stages: list[tuple[float, float]], palm_heights: list[float]
) -> None:
    task = replace(
        load_task("reach"),
        success={},
        failure={},
        reward={},
        stages=tuple(
            Stage(f"s{i}", {"low": {"term": "lower_than", "of": "palm", "metres": metres}}, bonus=bonus)
            for i, (metres, bonus) in enumerate(stages)
        ),
    )
    scorer, reached, last = make_scorer(bind_terms(task), task), 0, copy_state(start)
    scorer.reset(last)
    for height in palm_heights:
        after = copy_state(start)
        after.frames = {**start.frames, "palm": Pose((0.0, 0.0, height), (0.0, 0.0, 0.0, 1.0))}
        score = scorer.score(last, (), after)
        earned = 0.0
        while reached < len(stages) and height < stages[reached][0]:
            earned += stages[reached][1]
            reached += 1
        assert (after.stage, after.num_stages, last.stage <= after.stage) == (reached, len(stages), True)
        assert score.shaped_reward == pytest.approx(earned)
        assert score.success is (reached == len(stages) and height < stages[-1][0])
        last = after
