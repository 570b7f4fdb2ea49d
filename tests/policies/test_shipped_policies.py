"""Every shipped policy does what it was trained for."""

import sys
from contextlib import closing

import pytest

from mygym_lite.cli import main
from mygym_lite.policies.metadata import read_metadata
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import find_policy_folder, list_policies


@pytest.mark.parametrize("name", list_policies())
def test_a_shipped_policy_does_its_task(name):
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


def test_one_that_learned_from_goals_can_be_watched(monkeypatch, capfd):
    words = ["watch", "reach", "--policy", "reach_sac", "--episodes", "1", "--seed", "50000"]
    monkeypatch.setattr(sys, "argv", ["mygym-lite", *words])
    assert main() == 0
    assert "1 of 1 solved" in capfd.readouterr().out
