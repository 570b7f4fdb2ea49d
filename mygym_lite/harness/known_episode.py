"""Short episodes of reach whose digests are known, to compare an installation with the one that they were made on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task_physics import EngineName
from mygym_lite.config.task_robot import Control
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy_lookup import make_policy

PHYSICS_DIGEST = "820a284383ef1c58"
"""Result of `compute_physics_digest`; the same on every processor, Python, NumPy and build of PyBullet."""
MUJOCO_DIGEST = "1e39aba38b580f0c"
"""Result of `compute_physics_digest` with MuJoCo."""
EXPERT_DIGEST = "bc3f1e4996cf5559"
"""Result of `compute_expert_digest` on a processor with AVX-512, which decides how linear algebra rounds."""
_ACTIONS = 20
_DIGITS = 16


def compute_physics_digest(engine: EngineName = "bullet") -> str:
    """Play fixed joint movements; only the engine and this package's own arithmetic take part."""
    return _play("joint_delta", engine, expert=False)


def compute_expert_digest() -> str:
    """Play the expert, whose inverse kinematics solves linear equations with the kernels that suit the processor."""
    return _play("ee_translation", "bullet", expert=True)


def _play(control: Control, engine: EngineName, expert: bool) -> str:
    whole = hashlib.sha256()
    with TaskEnv("reach", control=control, engine=engine) as env:
        observation, _ = env.reset(seed=0)
        expert_policy = make_policy("expert", env) if expert else None
        for fixed in _fixed_actions(env.action_space.shape or ()):
            action = fixed if expert_policy is None else expert_policy.act(observation)
            observation, reward, terminated, truncated, _ = env.step(action)
            state = env.state
            frames = [number for pose in state.frames.values() for part in pose for number in part]
            moment = [*state.joints, *state.speeds, *state.torques, *state.targets, *state.fingers, *frames, reward]
            whole.update(np.array(moment, dtype="<f8").tobytes())
            if terminated or truncated:
                break
    return whole.hexdigest()[:_DIGITS]


def _fixed_actions(shape: tuple[int, ...]) -> Iterator[NDArray[np.float32]]:
    """Yield movements forth and back."""
    for number in range(_ACTIONS):
        yield np.full(shape, 0.5 if number < _ACTIONS // 2 else -0.5, dtype=np.float32)
