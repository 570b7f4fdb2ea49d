"""Cost of domain randomization: sampling of a task, and sensor and actuation faults in every step."""

from __future__ import annotations

from contextlib import closing
from statistics import median
from time import perf_counter

from mygym_lite.bench import BenchmarkResult, Target
from mygym_lite.bench.actions import record_expert_actions
from mygym_lite.config.sampling import sample
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.randomization.preset import load_preset
from mygym_lite.terms import load_task

_TASK = "grasp"
_FAULT_TASK = "reach"  # without contacts, so that the cost of physics does not depend on the motion
_SAMPLES = 500
_SEEDS = (0, 1, 2)
_FAULTS = (
    "sensing.joint_noise=0.005",
    "sensing.joint_bias=0.02",
    "sensing.force_noise=1.0",
    "sensing.latency=0.1",
    "sensing.hand_eye_position=0.01",
    "sensing.hand_eye_rotation=0.03",
    "sensing.drop=0.02",
    "sensing.stuck=0.02",
    "actuation.gain=0.9",
    "actuation.noise=0.05",
    "actuation.delay=0.1",
    "actuation.repeat=0.1",
)


def measure_sampling() -> BenchmarkResult:
    """Measure sampling of a fully randomized task against the nominal task."""
    task = load_task(_TASK)
    full = load_preset("full", task)
    ours, theirs = [], []
    for seed in range(_SAMPLES):
        started = perf_counter()
        sample(task, full, seed)
        between = perf_counter()
        sample(task, (), seed)
        ours.append(between - started)
        theirs.append(perf_counter() - between)
    return BenchmarkResult(
        "full sample",
        1e3 * median(ours),
        1e3 * median(theirs),
        "ms",
        Target("at most", 1.0, "ours"),
        note=f"{_TASK}, preset full, {len(full)} paths; reference: none",
    )


def measure_faults() -> BenchmarkResult:
    """Measure a step with all sensor and actuation faults against one without, with the same actions."""
    ours: list[float] = []
    theirs: list[float] = []
    with closing(TaskEnv(_FAULT_TASK)) as plain, closing(TaskEnv(_FAULT_TASK, settings=_FAULTS)) as faulty:
        for seed in _SEEDS:
            actions = record_expert_actions(plain, seed)
            for env in (plain, faulty):
                env.reset(seed=seed)
            for action in actions:
                if faulty.episode_state.done:
                    break
                for env, times in ((faulty, ours), (plain, theirs)):
                    started = perf_counter()
                    env.step(action)
                    times.append(perf_counter() - started)
    return BenchmarkResult(
        "faulty step",
        1e3 * median(ours),
        1e3 * median(theirs),
        "ms",
        Target("at most", 1.08),
        note=f"{_FAULT_TASK}: all sensor and actuation faults; reference: none",
    )
