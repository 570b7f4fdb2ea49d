"""A robot manipulation benchmark on PyBullet and MuJoCo, with domain randomization and vision datasets.

Public names are imported on first use, and Gymnasium not at all, which keeps `import mygym_lite` fast. Reading order:

- `config`: tasks, robots and objects, read from TOML; `terms`: their observations, rewards and success conditions
- `sim`, `render`, `envs`: physics, images and Gymnasium environments; `randomization`: suites and presets of variations
- `policies`, `experts`, `rollout`, `harness`: policies, episodes and their evaluation
- `demonstrations`, `learning`: imitation and reinforcement learning
- `datasets`, `perception`: labelled images and pose estimation
- `interop`: its tasks in the evaluation harnesses of other projects
- `cli`: the command line; `__main__` runs it as `python -m mygym_lite`

Single files: `errors`; `schema` (TOML to dataclasses); `documents` (TOML and JSON files); `paths` (shipped data);
`files` (atomic writes, locks); `text`, `stdio`; `jit` (Numba); `rng` (named random streams); `summation`;
`fingerprint`, `code_fingerprint`; `provenance`; `weights`; `torch_threads`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mygym_lite.config.sampling import sample as sample
    from mygym_lite.config.state import State as State
    from mygym_lite.datasets.generate.generate import make_dataset as make_dataset
    from mygym_lite.demonstrations.record import record as record
    from mygym_lite.envs.goal_env import GoalEnv as GoalEnv
    from mygym_lite.envs.task_env import TaskEnv as TaskEnv
    from mygym_lite.errors import MyGymError as MyGymError
    from mygym_lite.harness.contract.check import check_policy as check_policy
    from mygym_lite.harness.evaluate import evaluate as evaluate
    from mygym_lite.harness.gate.gate import gate as gate
    from mygym_lite.harness.leaderboard.leaderboard import leaderboard as leaderboard
    from mygym_lite.harness.replay import replay as replay
    from mygym_lite.learning.imitation.train import imitate as imitate
    from mygym_lite.learning.onnx_export import export_onnx as export_onnx
    from mygym_lite.learning.reinforcement.train import reinforce as reinforce
    from mygym_lite.perception.estimated_poses import EstimatedPoses as EstimatedPoses
    from mygym_lite.perception.estimator import PoseEstimator as PoseEstimator
    from mygym_lite.perception.evaluation.evaluate import evaluate_perception as evaluate_perception
    from mygym_lite.perception.training.train import train_perception as train_perception
    from mygym_lite.policies.policy import Policy as Policy
    from mygym_lite.policies.policy_lookup import make_policy as make_policy
    from mygym_lite.policies.saved import load_policy as load_policy
    from mygym_lite.rollout.episode import EpisodeSpec as EpisodeSpec
    from mygym_lite.rollout.record import EpisodeRecord as EpisodeRecord
    from mygym_lite.rollout.rollout import run as run
    from mygym_lite.rollout.rollout import run_episode as run_episode
    from mygym_lite.studies.adaptation.study import study_adaptation as study_adaptation
    from mygym_lite.studies.baselines.study import study_baselines as study_baselines
    from mygym_lite.studies.baselines.training import train_baselines as train_baselines
    from mygym_lite.studies.difficulty.study import study_difficulty as study_difficulty
    from mygym_lite.studies.expert.study import study_expert as study_expert
    from mygym_lite.studies.fidelity.study import fidelity as fidelity
    from mygym_lite.studies.identification.excitation import excite as excite
    from mygym_lite.studies.identification.study import identify as identify
    from mygym_lite.studies.randomization.study import study_randomization as study_randomization
    from mygym_lite.studies.worst_case.study import study_worst_case as study_worst_case
    from mygym_lite.terms.load import load_task as load_task
    from mygym_lite.terms.registry import term as term

    make = TaskEnv

_MODULES = {
    "EpisodeRecord": "rollout.record:EpisodeRecord",
    "EpisodeSpec": "rollout.episode:EpisodeSpec",
    "EstimatedPoses": "perception.estimated_poses:EstimatedPoses",
    "PoseEstimator": "perception.estimator:PoseEstimator",
    "GoalEnv": "envs.goal_env:GoalEnv",
    "MyGymError": "errors:MyGymError",
    "Policy": "policies.policy:Policy",
    "State": "config.state:State",
    "TaskEnv": "envs.task_env:TaskEnv",
    "check_policy": "harness.contract.check:check_policy",
    "evaluate": "harness.evaluate:evaluate",
    "export_onnx": "learning.onnx_export:export_onnx",
    "evaluate_perception": "perception.evaluation.evaluate:evaluate_perception",
    "fidelity": "studies.fidelity.study:fidelity",
    "gate": "harness.gate.gate:gate",
    "excite": "studies.identification.excitation:excite",
    "identify": "studies.identification.study:identify",
    "imitate": "learning.imitation.train:imitate",
    "leaderboard": "harness.leaderboard.leaderboard:leaderboard",
    "load_policy": "policies.saved:load_policy",
    "load_task": "terms:load_task",
    "make": "envs.task_env:TaskEnv",
    "make_dataset": "datasets.generate.generate:make_dataset",
    "make_policy": "policies.policy_lookup:make_policy",
    "record": "demonstrations.record:record",
    "reinforce": "learning.reinforcement.train:reinforce",
    "replay": "harness.replay:replay",
    "run": "rollout.rollout:run",
    "run_episode": "rollout.rollout:run_episode",
    "sample": "config.sampling:sample",
    "study_baselines": "studies.baselines.study:study_baselines",
    "study_adaptation": "studies.adaptation.study:study_adaptation",
    "study_difficulty": "studies.difficulty.study:study_difficulty",
    "study_expert": "studies.expert.study:study_expert",
    "study_randomization": "studies.randomization.study:study_randomization",
    "study_worst_case": "studies.worst_case.study:study_worst_case",
    "term": "terms:term",
    "train_baselines": "studies.baselines.training:train_baselines",
    "train_perception": "perception.training.train:train_perception",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    module, _, attribute = _MODULES[name].partition(":")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


def _register() -> None:
    from mygym_lite.envs.registration import register

    register()


class _RegisterAfterGymnasium:
    """Import hook that registers the environments at the end of a later `import gymnasium`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find Gymnasium, once, with a loader that also registers the environments; leave all else to other finders."""
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
    sys.meta_path.insert(0, _RegisterAfterGymnasium())
