"""Every shipped policy does what it was trained for."""

import sys
from contextlib import closing

import pytest

from mygym_lite.cli import main
from mygym_lite.policies.metadata import read_description
from mygym_lite.policies.policy_lookup import source
from mygym_lite.policies.saved import policy_folder, policy_names


@pytest.mark.parametrize("name", policy_names())
def test_a_shipped_policy_does_its_task(name):
    found = source(name)
    task = read_description(policy_folder(name)).task
    with closing(found.env_kind()(task, **found.env_arguments())) as env:
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
