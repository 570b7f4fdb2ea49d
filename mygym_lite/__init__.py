"""A manipulation benchmark that runs anywhere Python runs.

The names below are imported when they are first used, and Gymnasium is not imported here at all, so that
`import mygym_lite` stays fast.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mygym_lite.envs.goal_env import GoalEnv as GoalEnv
    from mygym_lite.envs.task_env import TaskEnv as TaskEnv
    from mygym_lite.errors import MyGymError as MyGymError
    from mygym_lite.harness.baselines.study import study_baselines as study_baselines
    from mygym_lite.harness.dataset.make import make_dataset as make_dataset
    from mygym_lite.harness.episode import EpisodeSpec as EpisodeSpec
    from mygym_lite.harness.evaluate import evaluate as evaluate
    from mygym_lite.harness.perception.evaluate import evaluate_perception as evaluate_perception
    from mygym_lite.harness.record import EpisodeRecord as EpisodeRecord
    from mygym_lite.harness.recording.make import record as record
    from mygym_lite.harness.replay import replay as replay
    from mygym_lite.harness.rollout import run as run
    from mygym_lite.harness.rollout import run_episode as run_episode
    from mygym_lite.harness.transfer.study import study_randomization as study_randomization
    from mygym_lite.learning.find import make_policy as make_policy
    from mygym_lite.learning.imitate.learn import imitate as imitate
    from mygym_lite.learning.policy import Policy as Policy
    from mygym_lite.learning.reinforce.learn import reinforce as reinforce
    from mygym_lite.learning.saved import load_policy as load_policy
    from mygym_lite.perception.estimated_poses import EstimatedPoses as EstimatedPoses
    from mygym_lite.perception.eyes import Eyes as Eyes
    from mygym_lite.perception.train import train_perception as train_perception
    from mygym_lite.spec.sample import sample as sample
    from mygym_lite.spec.state import State as State
    from mygym_lite.terms.load import load_task as load_task
    from mygym_lite.terms.registry import term as term

    make = TaskEnv

_WHERE = {
    "EpisodeRecord": "harness.record:EpisodeRecord",
    "EpisodeSpec": "harness.episode:EpisodeSpec",
    "EstimatedPoses": "perception.estimated_poses:EstimatedPoses",
    "Eyes": "perception.eyes:Eyes",
    "GoalEnv": "envs.goal_env:GoalEnv",
    "MyGymError": "errors:MyGymError",
    "Policy": "learning.policy:Policy",
    "State": "spec.state:State",
    "TaskEnv": "envs.task_env:TaskEnv",
    "evaluate": "harness.evaluate:evaluate",
    "evaluate_perception": "harness.perception.evaluate:evaluate_perception",
    "imitate": "learning.imitate.learn:imitate",
    "load_policy": "learning.saved:load_policy",
    "load_task": "terms:load_task",
    "make": "envs.task_env:TaskEnv",
    "make_dataset": "harness.dataset.make:make_dataset",
    "make_policy": "learning.find:make_policy",
    "record": "harness.recording.make:record",
    "reinforce": "learning.reinforce.learn:reinforce",
    "replay": "harness.replay:replay",
    "run": "harness.rollout:run",
    "run_episode": "harness.rollout:run_episode",
    "sample": "spec.sample:sample",
    "study_baselines": "harness.baselines.study:study_baselines",
    "study_randomization": "harness.transfer.study:study_randomization",
    "term": "terms:term",
    "train_perception": "perception.train:train_perception",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    module, _, attribute = _WHERE[name].partition(":")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})


def _register() -> None:
    from mygym_lite.envs.register import register

    register()


class _OnceGymnasiumIsImported:
    """Registers the environments at the end of a later `import gymnasium`, which alone takes as long as we may."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Stand aside for every module but Gymnasium, and there after the first time."""
        if name != "gymnasium":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                _register()

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


if "gymnasium" in sys.modules:
    _register()
else:
    sys.meta_path.insert(0, _OnceGymnasiumIsImported())
