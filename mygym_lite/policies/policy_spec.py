"""Specification of a policy: everything needed to make it, before any environment exists and in any process."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mygym_lite import code_fingerprint, fingerprint
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.latency import LatencyPolicy
from mygym_lite.policies.lerobot.checkpoint import PREFIX
from mygym_lite.policies.local import make_local_policy, make_network_policy
from mygym_lite.policies.metadata import (
    METADATA_FILE,
    PolicyMetadata,
    Shapes,
    build_env_arguments,
    read_metadata,
    require_observations,
)
from mygym_lite.policies.networks.network import SUFFIXES, TORCH, list_network_files, read_network_shapes
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy, PolicyLike, RandomPolicy, ZeroPolicy, import_policy
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.policies.saved import find_policy_folder
from mygym_lite.policies.seeding import seed_global_generators
from mygym_lite.weights import WEIGHTS

if TYPE_CHECKING:
    from mygym_lite.policies.lerobot.policy import LeRobotPolicySpec
    from mygym_lite.policies.remote.policy import RemotePolicySpec

PolicyKind = Literal["expert", "random", "zero", "saved", "sb3", "function", "remote", "network", "lerobot"]
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_CONSTRUCTION_SEED = 0  # of the global generators while a policy is made, so that all processes make the same one
SCRIPTED_POLICIES: dict[PolicyKind, str] = {
    "expert": code_fingerprint.EXPERT,
    "random": "mygym_lite.policies.policy",
    "zero": "mygym_lite.policies.policy",
}
"""Policies by name, and the module of each."""


@dataclass(frozen=True)
class PolicySpec:
    """A policy by name, or an object given from Python; other processes can unpickle it and make the policy there.

    Args:
        label: Name in records and reports.
        name: ``expert``, ``random``, ``zero``, a shipped policy's name, a saved policy's folder, an SB3 ``.zip``,
            a network ``.onnx`` or ``.pt2``, ``lerobot:DIR``, ``module:function``, ``ws://host:port``.
        allow_pickle: Load a ``.zip`` or ``.pt2``, which can run any program.
        remote_mapping: Mapping between the observations and actions of the task and those of a policy server, network,
            function or object.
        normalization: Statistics of ``VecNormalize`` of an SB3 ``.zip``.
        python: Interpreter that runs LeRobot for ``lerobot:DIR``; this one if left out.
        latency: Simulated time that an inference takes, s, rounded to whole steps.
        request: Observations that a function or an object needs, instead of its own attributes.
        instance: Policy object, class or function, instead of a name.
        known_env_arguments: Arguments of the environment, if they have been determined already.
        expected_entry: Manifest entry of a remote policy; a server with other metadata is refused.
    """

    label: str
    name: str
    allow_pickle: bool = False
    remote_mapping: MappingFile | None = None
    normalization: Path | None = None
    python: str | None = None
    latency: float = 0.0
    request: ObservationRequest | None = None
    instance: PolicyLike | None = None
    known_env_arguments: Mapping[str, Any] | None = field(default=None, compare=False)
    expected_entry: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def runs_foreign_code(self) -> bool:
        """True if making the policy runs code from outside this library."""
        if self.kind == "lerobot":
            return True
        return self.needs_trust or (
            self.kind == "function" and (self.instance is None or isinstance(self.instance, type))
        )

    @property
    def needs_trust(self) -> bool:
        """True if reading the file of the policy can run any program."""
        return self.kind == "sb3" or Path(self.name).suffix == TORCH

    @property
    def reads_instruction(self) -> bool:
        """True if the instruction of the episode is sent as a prompt."""
        if self.kind == "lerobot":
            return True
        return self.remote_mapping is not None and self.remote_mapping.mapping.sends_instruction

    @property
    def kind(self) -> PolicyKind:
        """Kind of policy, derived from the name."""
        if self.instance is None and self.name.startswith(PREFIX):
            return "lerobot"
        if self.instance is not None or _FUNCTION.fullmatch(self.name):
            return "function"
        if scripted := next((kind for kind in SCRIPTED_POLICIES if kind == self.name), None):
            return scripted
        if self.name.startswith(("ws://", "wss://")):
            return "remote"
        files: dict[str, PolicyKind] = {".zip": "sb3", **dict.fromkeys(SUFFIXES, "network")}
        return files.get(Path(self.name).suffix, "saved")

    def describe(self) -> dict[str, Any]:
        """Build the manifest entry, whose digest changes whenever the policy might act differently.

        The server of a remote policy is asked for its metadata. For ``module:function``, only the module's own file
        is hashed, not its imports or the files it loads.
        """
        identity = self._get_remote_spec().describe() if self.kind == "remote" else {"digest": self._compute_digest()}
        request = self._read_request() if self.kind == "function" else None
        requested = {"request": request.to_dict()} if request else {}
        mapped = {} if self.remote_mapping is None else {"remote_mapping": self.remote_mapping.describe()}
        normalized = {} if self.normalization is None else {"normalization": str(self.normalization)}
        others = {"python": self.python, "latency": self.latency or None}
        given = {key: value for key, value in others.items() if value is not None}
        return {"source": self.name, "kind": self.kind, **identity, **requested, **mapped, **normalized, **given}

    def bind_to(self, entry: Mapping[str, Any]) -> PolicySpec:
        """Accept only the server of this manifest entry, if the policy is remote."""
        return replace(self, expected_entry=entry) if self.kind == "remote" else self

    def _compute_digest(self) -> str:
        """Compute the digest of the policy, its request and its mapping."""
        parts = [repr(request)] if self.kind == "function" and (request := self._read_request()) else []
        parts += [] if self.remote_mapping is None else [self.remote_mapping.text]
        code = self._compute_code_digest()
        return fingerprint.fingerprint_parts(part.encode() for part in (code, *parts)) if parts else code

    def _compute_code_digest(self) -> str:
        if self.instance is not None:
            return fingerprint.fingerprint_object(self.instance)
        if self.name in SCRIPTED_POLICIES:
            return code_fingerprint.compute_code_fingerprint(
                SCRIPTED_POLICIES[self.kind], beyond=code_fingerprint.ENVIRONMENT
            )
        if self.kind == "function":
            return fingerprint.fingerprint_by_name(self.name)
        return fingerprint.fingerprint_files(self._list_files())

    def _list_files(self) -> list[Path]:
        if self.kind == "network":
            return list_network_files(Path(self.name))
        if self.kind == "lerobot":
            return self._get_lerobot_spec().list_files()
        if self.kind == "sb3":
            return [Path(self.name), *([] if self.normalization is None else [self.normalization])]
        folder = find_policy_folder(self.name)
        return [folder / METADATA_FILE, folder / WEIGHTS]

    def read_observation_shapes(self) -> Shapes | None:
        """Read the shapes of the arrays that this policy observes; None if it takes any observation."""
        if self.kind == "function":
            metadata = getattr(self._get_object(), "metadata", None)
            return metadata.observation if isinstance(metadata, PolicyMetadata) else None
        if self.kind == "saved":
            from mygym_lite.policies import saved

            return saved.read_saved_shapes(find_policy_folder(self.name))
        if self.kind == "sb3":
            from mygym_lite.policies import sb3_policy

            return sb3_policy.read_sb3_shapes(Path(self.name))
        if self.kind == "network" and self.remote_mapping is None:
            return read_network_shapes(Path(self.name))
        return None

    def read_perception(self) -> str | None:
        """Read the trained perception whose estimates a saved policy was trained on, if any."""
        return read_metadata(find_policy_folder(self.name)).perception if self.kind == "saved" else None

    def get_env_arguments(self) -> dict[str, Any]:
        """Return the arguments of an environment with the observations that this policy needs; empty for defaults."""
        if self.known_env_arguments is not None:
            return dict(self.known_env_arguments)
        if self.kind == "remote":
            return self._get_remote_spec().get_env_arguments()
        if self.kind == "lerobot":
            return self._get_lerobot_spec().get_env_arguments()
        return self._get_requested_arguments() or build_env_arguments(self.read_observation_shapes() or {})

    def _get_requested_arguments(self) -> dict[str, Any]:
        """Return the arguments by the mapping, or else by the request of a function or an object."""
        mapped = {} if self.remote_mapping is None else self.remote_mapping.mapping.get_env_arguments()
        request = self._read_request() if self.kind == "function" else None
        return mapped or (request.get_env_arguments() if request else {})

    def with_requirements(self, request: ObservationRequest, env_arguments: Mapping[str, Any]) -> PolicySpec:
        """Store requirements that another process has determined, so that the policy need not be imported here.

        Args:
            request: Request from ``read_requirements``.
            env_arguments: Arguments from ``read_requirements``.
        """
        return replace(self, request=request if self.kind == "function" else None, known_env_arguments=env_arguments)

    def read_requirements(self) -> tuple[ObservationRequest, dict[str, Any]]:
        """Import the policy and read its request, which may be empty, and its environment arguments."""
        request = self._read_request() if self.kind == "function" else None
        return request or ObservationRequest(), self.get_env_arguments()

    def _read_request(self) -> ObservationRequest | None:
        """Read the request of a function or an object: the caller's, or its own attributes."""
        if self.request is not None:
            return self.request
        return ObservationRequest.from_attributes(self._get_object(), f"policy {self.name}")

    def _get_object(self) -> Any:
        """Return the function, object or class itself."""
        if self.instance is not None:
            return self.instance
        with seed_global_generators(_CONSTRUCTION_SEED):
            return import_policy(self.name)

    def get_env_class(self) -> type[TaskEnv]:
        """Return the class of the environment: a goal-conditioned one if the policy observes a desired goal."""
        from mygym_lite.envs.goal_env import GoalEnv

        return GoalEnv if "desired_goal" in (self.read_observation_shapes() or {}) else TaskEnv

    def make(self, env: TaskEnv) -> Policy:
        """Make the policy for the innermost environment of ``env``, without checking wrappers."""
        factories: dict[PolicyKind, Callable[[TaskEnv], Policy]] = {
            "expert": _make_expert,
            "random": lambda env: RandomPolicy(env.action_space),  # type: ignore[arg-type]
            "zero": lambda env: ZeroPolicy(env.action_space),  # type: ignore[arg-type]
            "function": self._make_from_function,
            "saved": self._load_saved,
            "sb3": self._load_sb3,
            "network": self._load_network,
            "remote": lambda env: self._get_remote_spec().make(env),
            "lerobot": lambda env: self._get_lerobot_spec().make(env),
        }
        with seed_global_generators(_CONSTRUCTION_SEED):
            policy = factories[self.kind](env.unwrapped)  # type: ignore[arg-type]
        delay = round(self.latency * env.task.episode.control_hz)
        return policy if delay == 0 else LatencyPolicy(policy, delay, env.action_space.shape[0])  # type: ignore[index]

    def _make_from_function(self, env: TaskEnv) -> Policy:
        request = self._read_request()
        if request and self.remote_mapping is None:
            require_observations(env, request.list_array_names(env.task), f"policy {self.name}:")
        mapping = None if self.remote_mapping is None else self.remote_mapping.mapping
        return make_local_policy(self._get_object(), self.name, env, mapping)

    def _load_saved(self, env: TaskEnv) -> Policy:
        from mygym_lite.policies.saved import load_policy

        return load_policy(self.name, env)

    def _load_sb3(self, env: TaskEnv) -> Policy:
        from mygym_lite.policies.sb3_policy import load_sb3

        return load_sb3(Path(self.name), env, self.normalization)

    def _load_network(self, env: TaskEnv) -> Policy:
        mapping = None if self.remote_mapping is None else self.remote_mapping.mapping
        return make_network_policy(Path(self.name), env, mapping)

    def _get_remote_spec(self) -> RemotePolicySpec:
        from mygym_lite.policies.remote.policy import RemotePolicySpec

        return RemotePolicySpec.read(self.name, self.remote_mapping, self.expected_entry)

    def _get_lerobot_spec(self) -> LeRobotPolicySpec:
        from mygym_lite.policies.lerobot.policy import LeRobotPolicySpec

        return LeRobotPolicySpec.read(self.name, self.python, self.remote_mapping)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle functions by value, since other processes cannot look them up by name."""
        pickled = None if self.instance is None else fingerprint.pickle_object(self.instance)
        return _restore_spec, ({**self.__dict__, "instance": None}, pickled)


def _restore_spec(fields: dict[str, Any], pickled: bytes | None) -> PolicySpec:
    spec = PolicySpec(**fields)
    return spec if pickled is None else replace(spec, instance=pickle.loads(pickled))


def _make_expert(env: TaskEnv) -> Policy:
    from mygym_lite.experts.expert import Expert

    return Expert.from_env(env)
