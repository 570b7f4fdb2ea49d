"""Export of saved policies and of Stable-Baselines3 models as ONNX."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from stable_baselines3.common.torch_layers import CombinedExtractor, FlattenExtractor
from torch import nn

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.learning.reinforcement.export import export_actor, get_extractor
from mygym_lite.policies.networks.export import write_onnx
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import load_policy
from mygym_lite.policies.sb3_normalization import get_moments
from mygym_lite.policies.sb3_policy import load_sb3
from mygym_lite.terms import load_task


def export_onnx(
    policy: str | Path,
    file: str | Path,
    *,
    task: str | Path | Task | None = None,
    allow_pickle: bool = False,
    normalize: str | Path | None = None,
) -> Path:
    """Export a policy as a network that any program runs with onnxruntime.

    Its inputs have the names of the observations, and its output is ``actions``. The state of a policy with memory is
    pairs of inputs ``X_in`` and outputs ``X_out``, zero at the start of an episode.

    Args:
        policy: Name of a shipped policy, a policy's folder, or a ``.zip`` of Stable-Baselines3.
        file: File to write, ``.onnx``.
        task: Task that a ``.zip`` was trained on.
        allow_pickle: Load a ``.zip``, which can run any program.
        normalize: File with the ``VecNormalize`` of a ``.zip``, which becomes part of the network; one beside it is
            found.

    Raises:
        ConfigError: The policy has images, a transformer or another network that is not exported.
    """
    spec, file = find_policy(policy, allow_pickle=allow_pickle, normalize=normalize), Path(file)
    if spec.kind == "saved":
        write_onnx(load_policy(spec.name), file, spec.name)
    elif spec.kind == "sb3":
        if task is None:
            raise UsageError(f"policy {spec.name}: does not name its task; add --task TASK")
        with closing(spec.get_env_class()(load_task(task), **spec.get_env_arguments())) as env:
            _export_model(Path(spec.name), env, spec.normalization, file)
    else:
        raise UsageError(f"policy {spec.name}: is no saved policy and no .zip of Stable-Baselines3; name one of these")
    return file


def _export_model(source: Path, env: TaskEnv, normalization: Path | None, file: Path) -> None:
    policy = load_sb3(source, env, normalization)
    model = policy.model
    if hasattr(model.policy, "lstm_actor") or not _reads_vectors(get_extractor(model)):
        raise ConfigError(f"policy {source}: has images or an LSTM; only perceptrons over vectors are exported")
    shapes = {name: space.shape for name, space in model.observation_space.spaces.items()}
    actor = export_actor(model, env, observation=shapes)
    write_onnx(actor, file, str(source), get_moments(policy.statistics))


def _reads_vectors(extractor: Any) -> bool:
    """Return True if features are the observed vectors, one after the other."""
    if isinstance(extractor, CombinedExtractor):
        return all(isinstance(part, nn.Flatten) for part in extractor.extractors.values())
    return isinstance(extractor, FlattenExtractor)
