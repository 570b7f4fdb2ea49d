"""Cost of a call to a policy server over loopback, beyond the time of the policy itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.bench import BenchmarkResult, Target, time_call
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.policy_lookup import find_policy

_TASK, _ACTION_SIZE = "grasp", 8
_MODULE = "mygym_lite.bench.serve"
_SEED = 60000  # disjoint from all seeds of reported results
_WARM_UP, _CALLS = 20, 300
_STARTUP_TIMEOUT = 60.0  # s


def run_benchmark() -> list[BenchmarkResult]:
    """Run the benchmarks of `bench serve`."""
    return [
        _measure("served call, state", f"{_MODULE}:StatePolicy"),
        _measure("served call, images", f"{_MODULE}:ImagePolicy"),
    ]


class StatePolicy:
    """Policy that observes the state of the task, and takes no time."""

    def reset(self, _seed: int) -> None:
        """Do nothing: the policy has no state."""

    def act(self, _observation: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return zeros."""
        return np.zeros(_ACTION_SIZE, np.float32)


class ImagePolicy(StatePolicy):
    """Policy that observes two images, and takes no time."""

    observe, cameras, size = ("proprio", "rgb"), ("head", "wrist"), (224, 224)


def _measure(name: str, label: str) -> BenchmarkResult:
    """Measure the same policy here and behind a server, alternating per call."""
    policy = find_policy(label)
    ours, theirs = [], []
    with closing(TaskEnv(_TASK, **policy.get_env_arguments())) as env, _serve_policy(label) as address:
        served, local = find_policy(address).make(env), policy.make(env)
        observation, _ = env.reset(seed=_SEED)
        served.reset(_SEED)
        local.reset(_SEED)
        for _ in range(_WARM_UP + _CALLS):
            ours.append(time_call(lambda: served.act(observation)))
            theirs.append(time_call(lambda: local.act(observation)))
    size = sum(array.nbytes for array in observation.values())
    return BenchmarkResult(
        name,
        1e3 * (median(ours[_WARM_UP:]) - median(theirs[_WARM_UP:])),
        1e3 * median(theirs[_WARM_UP:]),
        "ms",
        Target("at most", 1.5, "ours"),
        f"over loopback, beyond the policy's own time, which is the reference; {size / 1024:.1f} KiB an observation",
    )


@contextmanager
def _serve_policy(label: str) -> Iterator[str]:
    """Serve a policy from another process, and yield the address."""
    context = SpawnContext()
    pipe, remote = context.Pipe()
    process = context.Process(target=_serve, args=(label, remote), daemon=True)
    process.start()
    remote.close()
    try:
        if not pipe.poll(_STARTUP_TIMEOUT):
            raise RuntimeError(f"the server of {label} did not start within {_STARTUP_TIMEOUT:g} s")
        yield f"ws://127.0.0.1:{pipe.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(label: str, pipe: Connection) -> None:
    from mygym_lite.policies.remote.server import open_server

    policy = find_policy(label)
    with (
        closing(TaskEnv(_TASK, **policy.get_env_arguments())) as env,
        open_server(policy, env, "127.0.0.1", 0) as server,
    ):
        pipe.send(server.socket.getsockname()[1])
        server.serve_forever()
