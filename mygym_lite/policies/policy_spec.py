"""Where a policy comes from: what ``--policy`` names, before any environment exists, and in every process alike."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mygym_lite import fingerprint
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.local import make_local_policy
from mygym_lite.policies.metadata import (
    METADATA_FILE,
    PolicyMetadata,
    Shapes,
    build_env_arguments,
    require_observations,
)
from mygym_lite.policies.observation_request import ObservationRequest
from mygym_lite.policies.policy import Policy, RandomPolicy, import_policy
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.policies.saved import find_policy_folder
from mygym_lite.policies.seeding import seed_global_generators
from mygym_lite.weights import WEIGHTS

PolicyKind = Literal["expert", "random", "saved", "sb3", "function", "remote"]
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_MAKING = 0  # seed of the global generators while a policy is made, so that it is the same one in every process
SCRIPTED_POLICIES = {"expert": "mygym_lite.experts.expert", "random": "mygym_lite.policies.policy"}


@dataclass(frozen=True)
class PolicySpec:
    """A policy by name, or one given from Python; it can be sent to other processes, which make the policy there.

    Args:
        label: What records and reports call the policy.
        name: ``expert``, ``random``, a shipped policy's name, a saved one's folder, an SB3 ``.zip``,
            ``module:function``, ``ws://host:port``.
        allow_pickle: Whether a ``.zip``, which can run any program when it is read, may be.
        remote_mapping: How a policy server, a function or an object is spoken to.
        request: What a function or an object asks to observe, where it does not say so itself.
        instance: Instead of a name: a policy, or a function from observation to action.
        known_env_arguments: What an environment must be made with for it, where that is known already.
        expected_entry: The card of a remote policy as a run noted it; a server that answers otherwise is refused.
    """

    label: str
    name: str
    allow_pickle: bool = False
    remote_mapping: MappingFile | None = None
    request: ObservationRequest | None = None
    instance: Any = None
    known_env_arguments: Mapping[str, Any] | None = field(default=None, compare=False)
    expected_entry: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def runs_foreign_code(self) -> bool:
        """Whether code that is not of this library is run to make the policy, and may do anything."""
        return self.kind == "sb3" or (
            self.kind == "function" and (self.instance is None or isinstance(self.instance, type))
        )

    @property
    def kind(self) -> PolicyKind:
        """Which sort of policy this is."""
        if self.instance is not None or _FUNCTION.fullmatch(self.name):
            return "function"
        if self.name in SCRIPTED_POLICIES:
            return "expert" if self.name == "expert" else "random"
        if self.name.startswith(("ws://", "wss://")):
            return "remote"
        return "sb3" if self.name.endswith(".zip") else "saved"

    def describe(self) -> dict[str, Any]:
        """What a run notes about its policy: its digest changes when the policy might act otherwise.

        A remote policy is asked for its metadata. Of ``module:function`` only the module's own file is looked at, not
        what it imports or loads.
        """
        found = self._remote().describe() if self.kind == "remote" else {"digest": self._digest()}
        request = self._request() if self.kind == "function" else None
        requested = {"request": request.to_dict()} if request else {}
        mapped = {} if self.remote_mapping is None else {"remote_mapping": self.remote_mapping.describe()}
        return {"source": self.name, "kind": self.kind, **found, **requested, **mapped}

    def bind_to(self, entry: Mapping[str, Any]) -> PolicySpec:
        """The same policy; of a remote one, only the server that this card describes."""
        return replace(self, expected_entry=entry) if self.kind == "remote" else self

    def _digest(self) -> str:
        """Digest of the policy, its request and its mapping, as far as there are any."""
        parts = [repr(request)] if self.kind == "function" and (request := self._request()) else []
        parts += [] if self.remote_mapping is None else [self.remote_mapping.text]
        own = self._own_digest()
        return fingerprint.fingerprint_parts(part.encode() for part in (own, *parts)) if parts else own

    def _own_digest(self) -> str:
        if self.instance is not None:
            return fingerprint.fingerprint_object(self.instance)
        if self.name in SCRIPTED_POLICIES:
            return fingerprint.code_fingerprint(SCRIPTED_POLICIES[self.name], beyond=fingerprint.ENVIRONMENT)
        if self.kind == "function":
            return fingerprint.fingerprint_by_name(self.name)
        return fingerprint.fingerprint_files(self._files())

    def _files(self) -> list[Path]:
        """What it is loaded from."""
        if self.kind != "saved":
            return [Path(self.name)]
        folder = find_policy_folder(self.name)
        return [folder / METADATA_FILE, folder / WEIGHTS]

    def read_observation_shapes(self) -> Shapes | None:
        """The arrays that this policy wants to see, with their shapes; None where it takes what there is."""
        if self.kind == "function":
            description = getattr(self._found(), "metadata", None)
            return description.observation if isinstance(description, PolicyMetadata) else None
        if self.kind == "saved":
            from mygym_lite.policies import saved

            return saved.read_saved_shapes(find_policy_folder(self.name))
        if self.kind == "sb3":
            from mygym_lite.policies import sb3_policy

            return sb3_policy.read_sb3_shapes(Path(self.name))
        return None

    def get_env_arguments(self) -> dict[str, Any]:
        """What an environment must be made with to show this policy what it wants to see; empty: the task's own."""
        if self.known_env_arguments is not None:
            return dict(self.known_env_arguments)
        if self.kind == "remote":
            arguments: dict[str, Any] = self._remote().get_env_arguments()
            return arguments
        return self._request_arguments() or build_env_arguments(self.read_observation_shapes() or {})

    def _request_arguments(self) -> dict[str, Any]:
        """Arguments by the mapping, or else by the request of a function or an object."""
        mapped = {} if self.remote_mapping is None else self.remote_mapping.mapping.get_env_arguments()
        request = self._request() if self.kind == "function" else None
        return mapped or (request.get_env_arguments() if request else {})

    def with_requirements(self, request: ObservationRequest, env_arguments: Mapping[str, Any]) -> PolicySpec:
        """Note what was found out where it was made, so that nobody has to import it here to know.

        Args:
            request: As ``read_requirements`` gave it.
            env_arguments: Likewise.
        """
        return replace(self, request=request if self.kind == "function" else None, known_env_arguments=env_arguments)

    def read_requirements(self) -> tuple[ObservationRequest, dict[str, Any]]:
        """Its request, which may be empty, and what an environment must be made with; its code is run to know."""
        request = self._request() if self.kind == "function" else None
        return request or ObservationRequest(), self.get_env_arguments()

    def _request(self) -> ObservationRequest | None:
        """Request of a function or an object: the caller's, or its own."""
        if self.request is not None:
            return self.request
        return ObservationRequest.from_attributes(self._found(), f"policy {self.name}")

    def _found(self) -> Any:
        """The function, object or class itself."""
        if self.instance is not None:
            return self.instance
        with seed_global_generators(_MAKING):
            return import_policy(self.name)

    def get_env_class(self) -> type[TaskEnv]:
        """Which environment shows it what it wants to see: one with goals for a policy that learned from goals."""
        from mygym_lite.envs.goal_env import GoalEnv

        return GoalEnv if "desired_goal" in (self.read_observation_shapes() or {}) else TaskEnv

    def make(self, env: TaskEnv) -> Policy:
        """The policy itself, for this environment, which it may have been made for or not, without what wraps it."""
        make: dict[PolicyKind, Callable[[TaskEnv], Policy]] = {
            "expert": _expert,
            "random": lambda env: RandomPolicy(env.action_space),  # type: ignore[arg-type]
            "function": self._function,
            "saved": self._saved,
            "sb3": self._sb3,
            "remote": lambda env: self._remote().make(env),
        }
        with seed_global_generators(_MAKING):
            return make[self.kind](env.unwrapped)  # type: ignore[arg-type]

    def _function(self, env: TaskEnv) -> Policy:
        request = self._request()
        if request and self.remote_mapping is None:
            require_observations(env, request.list_array_names(env.task), f"policy {self.name}:")
        return make_local_policy(
            self._found(), self.name, env, None if self.remote_mapping is None else self.remote_mapping.mapping
        )

    def _saved(self, env: TaskEnv) -> Policy:
        from mygym_lite.policies.saved import load_policy

        return load_policy(self.name, env)

    def _sb3(self, env: TaskEnv) -> Policy:
        from mygym_lite.policies.sb3_policy import load_sb3

        return load_sb3(Path(self.name), env)

    def _remote(self) -> Any:
        from mygym_lite.policies.remote.policy import RemotePolicySpec

        return RemotePolicySpec.read(self.name, self.remote_mapping, self.expected_entry)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent with functions by value, which no other process could look up by name."""
        held = None if self.instance is None else fingerprint.pickle_object(self.instance)
        return _received, ({**self.__dict__, "actor": None}, held)


def _received(fields: dict[str, Any], actor: bytes | None) -> PolicySpec:
    received = PolicySpec(**fields)
    return received if actor is None else replace(received, instance=pickle.loads(actor))


def _expert(env: TaskEnv) -> Policy:
    from mygym_lite.experts.expert import Expert

    return Expert(env)
