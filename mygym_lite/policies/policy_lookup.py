"""Lookup of policies by name, path or object, with one-line errors for what cannot be found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.policies.lerobot.checkpoint import PREFIX, make_label, require_checkpoint
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.policies.networks.network import SUFFIXES
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy, PolicyLike
from mygym_lite.policies.policy_spec import SCRIPTED_POLICIES, PolicySpec
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.policies.saved import find_policy_folder, list_policies
from mygym_lite.policies.sb3_normalization import announce_normalization, find_normalization
from mygym_lite.weights import WEIGHTS

_LABEL = re.compile(r"[\w.+-]+")


def find_policy(
    policy: PolicyLike | PolicySpec,
    *,
    allow_pickle: bool = False,
    remote_mapping: str | Path | MappingFile | None = None,
    normalize: str | Path | None = None,
    python: str | None = None,
    request: ObservationRequest | None = None,
) -> PolicySpec:
    """Find a policy by name, or wrap a policy object or function.

    Args:
        policy: Name as for ``PolicySpec``, optionally as ``LABEL=NAME``; or a policy, its class, or a function from
            observation to action.
        allow_pickle: Load a ``.zip`` of Stable-Baselines3 or a ``.pt2`` of torch, which can run any program.
        remote_mapping: Mapping file that translates observations and actions for a policy server, network, function or
            object.
        normalize: File with the ``VecNormalize`` of a ``.zip``; one beside it is found.
        python: Interpreter of the environment in which LeRobot is installed, for ``lerobot:DIR``.
        request: Observations that a function or an object needs, instead of its own attributes.
    """
    if isinstance(policy, PolicySpec):
        return policy
    if isinstance(policy, str | Path):
        label, name = _split_label(str(policy))
        spec = PolicySpec(label or _make_label(name), name, allow_pickle)
        _require_loadable(spec)
    else:
        spec = _wrap_object(policy)
    spec = _add_interpreter(_add_normalization(spec, normalize), python)
    return _add_observation_options(spec, remote_mapping, request)


def make_policy(name: str, env: TaskEnv) -> Policy:
    """Make a policy for an environment.

    Args:
        name: Name as for ``PolicySpec``: ``expert``, ``random``, ``zero``, a shipped policy, a folder,
            ``lerobot:DIR``, ``package.module:function`` or ``ws://host:port``.
        env: Environment in which the policy will act.
    """
    return find_policy(name).make(env)


def find_perception(policies: Sequence[PolicySpec]) -> str | None:
    """Find the trained perception whose estimates all of these policies were trained on; None if none was.

    Raises:
        UsageError: They were trained on different ones, or some on none, and would act in one environment.
    """
    names = {policy.label: policy.read_perception() for policy in policies}
    trained = next((label for label, name in names.items() if name is not None), None)
    if trained is None:
        return None
    other = next((label for label, name in names.items() if name != names[trained]), None)
    if other is not None:
        raise UsageError(
            f"policy {trained}: was trained on the estimates of perception '{names[trained]}', and {other} was not; "
            "give one --perception for all of them, or run them apart"
        )
    return names[trained]


def _add_interpreter(spec: PolicySpec, python: str | None) -> PolicySpec:
    """Add the interpreter that runs LeRobot."""
    if python is not None and spec.kind != "lerobot":
        raise UsageError(f"python {python}: runs checkpoints lerobot:DIR, and {spec.name} is none; leave it out")
    return replace(spec, python=python)


def _add_normalization(spec: PolicySpec, given: str | Path | None) -> PolicySpec:
    """Add the statistics of a Stable-Baselines3 model: the given ones, or those beside it."""
    if given is not None:
        if spec.kind != "sb3":
            raise UsageError(f"{given}: is for a .zip of Stable-Baselines3, and {spec.name} is none; leave it out")
        _require_file(Path(given))
        return replace(spec, normalization=Path(given))
    found = find_normalization(Path(spec.name)) if spec.kind == "sb3" else None
    if found is None:
        return spec
    announce_normalization(Path(spec.name), found)
    return replace(spec, normalization=found)


def _add_observation_options(
    spec: PolicySpec, mapping: str | Path | MappingFile | None, request: ObservationRequest | None
) -> PolicySpec:
    if mapping is not None and spec.kind not in ("remote", "lerobot", "function", "network"):
        name = mapping.name if isinstance(mapping, MappingFile) else mapping
        raise UsageError(f"{name}: is for a server, a network or a function, and {spec.name} is none; leave it out")
    if request is not None and spec.kind != "function":
        raise UsageError(f"policy {spec.name}: says itself what it observes; leave observe, cameras and size out")
    if spec.instance is not None:  # attributes of a function of a module do not travel to other processes
        request = request or ObservationRequest.from_attributes(spec.instance, f"policy {spec.name}")
    file = MappingFile.read(mapping) if isinstance(mapping, str | Path) else mapping
    if file is not None and file.mapping.state and spec.kind != "network":
        raise UsageError(f"{file.name}: state: is of a network in a file, and {spec.name} keeps its own; leave it out")
    return replace(spec, remote_mapping=file, request=request)


def _split_label(text: str) -> tuple[str, str]:
    """Split ``LABEL=NAME``; the label is empty if there is none."""
    label, equals, name = text.partition("=")
    if not equals or not _LABEL.fullmatch(label) or Path(text).exists():
        return "", text
    return label, name


def _make_label(name: str) -> str:
    if name.startswith(PREFIX):
        return make_label(name)
    if PolicySpec("", name).kind not in ("saved", "sb3", "network"):
        return name
    file = Path(name).resolve().name
    return next((file.removesuffix(end) for end in (".zip", *SUFFIXES) if file.endswith(end)), file) or name


def _require_loadable(spec: PolicySpec) -> None:
    """Refuse a missing or untrusted file before any environment is made for it."""
    if spec.kind == "saved":
        _require_folder(spec.name)
    elif spec.kind == "lerobot":
        require_checkpoint(spec.name)
    elif spec.kind in ("sb3", "network"):
        _require_file(Path(spec.name))
        if spec.needs_trust and not spec.allow_pickle:
            noun = "a .zip of Stable-Baselines3" if spec.kind == "sb3" else "a program of torch.export"
            raise UsageError(
                f"policy {spec.name}: {noun} can run any program when it is read; if you trust its author, add "
                "--allow-pickle (in Python: allow_pickle=True)"
            )


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise ConfigError(f"policy {path}: no such file{_suggest_sibling(path, f'*{path.suffix}')}")


def _require_folder(name: str) -> None:
    path = find_policy_folder(name)
    if name and path.is_dir():
        missing = [file for file in (METADATA_FILE, WEIGHTS) if not (path / file).is_file()]
        if missing:
            raise ConfigError(f"policy {name}: holds no {missing[0]}, so it is not a saved policy")
    elif name and Path(name).name != name:
        raise ConfigError(f"policy {name}: no such folder{_suggest_sibling(path, '*/')}")
    else:
        known = [*SCRIPTED_POLICIES, *list_policies()]
        raise ConfigError(
            f"no policy '{name}' (your own would be a saved policy's folder, an SB3 .zip, a network .onnx or .pt2, "
            f"lerobot:DIR, package.module:function or ws://host:port){suggest(name, known)}"
        )


def _suggest_sibling(path: Path, pattern: str) -> str:
    siblings = [other.name for other in path.parent.glob(pattern)] if path.parent.is_dir() else []
    return suggest(path.name, siblings) if siblings else f"; there is none in {path.parent}"


def _wrap_object(policy: Any) -> PolicySpec:
    if not (isinstance(policy, Policy) and not isinstance(policy, type)) and not callable(policy):
        raise UsageError(f"policy: {policy!r} is neither a name, nor a policy with reset and act, nor a function")
    name = getattr(policy, "__qualname__", type(policy).__name__)
    return PolicySpec(name, name, instance=policy)
