"""Digests of policies, and policies in other processes."""

import ast
import functools
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from command_line import ROOT

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.policies.policy_lookup import find_policy


def compute_digest(policy, **how):
    return find_policy(policy, **how).describe()["digest"]


def test_digest_changes_with_source_and_weights_only(saved_policy, user_module):
    marks = [compute_digest(name) for name in ("expert", "random", "mine:zero", "mine:counting", str(saved_policy))]
    assert len(set(marks)) == len(marks)
    user_module.write_text(user_module.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert compute_digest("mine:zero") != marks[2]
    (saved_policy / "notes.txt").write_text("anything", encoding="utf-8")
    assert compute_digest(str(saved_policy)) == marks[4]


def test_digests_do_not_depend_on_process_or_folder(reach, saved_policy, user_module, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(saved_policy, elsewhere / "moved")
    shutil.copy(user_module, elsewhere)
    names = f"['expert', 'random', {str(elsewhere / 'moved')!r}, 'mine:zero', mine.counting, lambda o: o + {{3}}]"
    code = (
        "import mine\nfrom mygym_lite.policies.policy_lookup import find_policy\n"
        f"print([find_policy(name).describe()['digest'] for name in {names}])"
    )

    def printed(hash_seed):
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(elsewhere), str(ROOT))), "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        return ast.literal_eval(done.stdout.splitlines()[-1])

    there = printed("1")
    import mine

    here = [compute_digest(name) for name in ("expert", "random", str(saved_policy), "mine:zero", mine.counting)]
    assert there[:5] == here
    assert printed("2") == there


def test_digests_differ_between_functions():
    def acting(gain):
        return lambda observation: gain * observation["goal"]

    assert compute_digest(acting(1.0)) == compute_digest(acting(1.0))
    assert compute_digest(acting(1.0)) != compute_digest(acting(2.0))
    assert compute_digest(functools.partial(max, 1)) != compute_digest(functools.partial(max, 2))
    assert compute_digest(lambda observation: 1) != compute_digest(lambda observation: 2)


def _in_worker(policy):
    env = TaskEnv("reach")
    try:
        observation, _ = env.reset(seed=0)
        made = policy.make(env)
        made.reset(0)
        return np.asarray(made.act(observation))
    finally:
        env.close()


def test_policies_act_the_same_in_other_processes(saved_policy, user_module):
    import mine

    gain = 0.5
    policies = [
        "expert",
        "random",
        str(saved_policy),
        "mine:zero",
        mine.counting,
        lambda observations: gain * np.tanh(observations["proprio"][:4]),
    ]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        for there, policy in zip(pool.map(_in_worker, map(find_policy, policies)), policies, strict=True):
            assert np.array_equal(there, _in_worker(find_policy(policy)))


def test_functions_that_cannot_be_pickled_are_refused(tmp_path):
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        policy = find_policy(lambda observation: log.write("x"))
        with pytest.raises(UsageError, match="cannot be sent to other processes") as caught:
            pickle.dumps(policy)
    assert "\n" not in str(caught.value)
