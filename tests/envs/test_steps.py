"""Generator of steps: one episode, played as its steps are requested."""

from contextlib import closing
from itertools import islice

import numpy as np

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy import RandomPolicy

SHORT = ["episode.seconds=0.5", "episode.hold_seconds=0.1"]


def test_the_steps_are_those_of_one_episode() -> None:
    with closing(TaskEnv("reach", settings=SHORT)) as env:
        start, *steps = iterate_steps(env, RandomPolicy(env.action_space), 3)  # type: ignore[arg-type]
        assert start.action is None
        assert start.reward == 0.0
        assert start.info["seed"] == 3
        assert len(steps) == env.episode_state.steps == env.task.max_steps
        assert [step.is_last for step in steps] == [False] * (len(steps) - 1) + [True]
        assert steps[-1].info["failure"] == "timeout"
        assert all(np.array_equal(s.action, a) for s, a in zip(steps, env.episode_state.actions, strict=True))


def test_the_policy_acts_when_a_step_is_requested() -> None:
    with closing(TaskEnv("reach", settings=SHORT)) as env:
        steps = iterate_steps(env, RandomPolicy(env.action_space), 3)  # type: ignore[arg-type]
        assert len(list(islice(steps, 4))) == 4
        assert env.episode_state.steps == 3


def test_variations_hold_for_one_episode() -> None:
    delayed = TaskEnv("reach", settings=SHORT, variations={"actuation.delay": {"value": 0.1}})
    with closing(delayed), closing(TaskEnv("reach", settings=SHORT)) as env:
        policy = RandomPolicy(env.action_space)  # type: ignore[arg-type]
        next(iterate_steps(env, policy, 3, delayed.variations))
        assert env.episode_task.actuation.delay == 0.1
        next(iterate_steps(env, policy, 3))
        assert env.episode_task.actuation.delay == 0.0
