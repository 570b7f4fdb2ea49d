"""Every shipped policy does what it was trained for."""

from contextlib import closing

import pytest

from mygym_lite.policies.metadata import read_metadata
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import find_policy_folder, list_policies


@pytest.mark.parametrize("name", list_policies())
def test_a_shipped_policy_solves_its_task(name):
    found = find_policy(name)
    task = read_metadata(find_policy_folder(name)).task
    with closing(found.get_env_class()(task, **found.get_env_arguments())) as env:
        policy = found.make(env)
        assert sum(solves(env, policy, seed) for seed in range(50_000, 50_003)) >= 2


def solves(env, policy, seed):
    """Whether the policy succeeds in this episode."""
    observation, _ = env.reset(seed=seed)
    policy.reset(seed)
    over = False
    while not over:
        observation, _, terminated, truncated, info = env.step(policy.act(observation))
        over = terminated or truncated
    return info["failure"] is None


def test_a_goal_conditioned_policy_can_be_watched(run):
    words = ["watch", "reach", "--policy", "reach_sac", "--episodes", "1", "--seed", "50000"]
    code, printed, _ = run(*words)
    assert (code, "1 of 1 solved" in printed) == (0, True)
