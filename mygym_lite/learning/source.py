"""Where a policy comes from: what ``--policy`` names, before any environment exists, and in every process alike."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError
from mygym_lite.learning import digest
from mygym_lite.learning.description import DESCRIPTION
from mygym_lite.learning.policy import FunctionPolicy, Policy, RandomPolicy, imported
from mygym_lite.learning.shipped import policy_folder
from mygym_lite.learning.shown import Shapes, arguments_for
from mygym_lite.trained import WEIGHTS

Kind = Literal["expert", "random", "saved", "sb3", "function", "remote"]
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
SCRIPTED = {"expert": ("expert", "avoiding", "grasping", "steering"), "random": ("policy",)}


@dataclass(frozen=True)
class PolicySource:
    """A policy by name, or one given from Python; it can be sent to other processes, which make the policy there.

    Args:
        label: What records and reports call the policy.
        name: ``expert``, ``random``, a shipped policy's name, a saved one's folder, an SB3 ``.zip``,
            ``module:function``, ``ws://host:port``.
        trust: Whether a ``.zip``, which can run any program when it is read, may be.
        mapping: A file that says how a remote policy is spoken to.
        actor: Instead of a name: a policy, or a function from observation to action.
        noted: The card of a remote policy as a run noted it; a server that answers otherwise is refused.
    """

    label: str
    name: str
    trust: bool = False
    mapping: Path | None = None
    actor: Any = None
    noted: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def kind(self) -> Kind:
        """Which sort of policy this is."""
        if self.actor is not None or _FUNCTION.fullmatch(self.name):
            return "function"
        if self.name in SCRIPTED:
            return "expert" if self.name == "expert" else "random"
        if self.name.startswith(("ws://", "wss://")):
            return "remote"
        return "sb3" if self.name.endswith(".zip") else "saved"

    def card(self) -> dict[str, Any]:
        """What a run notes about its policy: its digest changes when the policy might act otherwise.

        A remote policy is asked for its metadata. Of ``module:function`` only the module's own file is looked at, not
        what it imports or loads.
        """
        found = self._remote().card() if self.kind == "remote" else {"digest": self._digest()}
        return {"source": self.name, "kind": self.kind, **found}

    def bound_to(self, card: Mapping[str, Any]) -> PolicySource:
        """The same policy; of a remote one, only the server that this card describes."""
        return replace(self, noted=card) if self.kind == "remote" else self

    def _digest(self) -> str:
        if self.actor is not None:
            return digest.digest_of_actor(self.actor)
        if self.name in SCRIPTED:
            return digest.digest_of_own(*SCRIPTED[self.name])
        if self.kind == "function":
            return digest.digest_of_name(self.name)
        return digest.digest_of_files(self._files())

    def _files(self) -> list[Path]:
        """What it is loaded from."""
        if self.kind != "saved":
            return [Path(self.name)]
        folder = policy_folder(self.name)
        return [folder / DESCRIPTION, folder / WEIGHTS]

    def observed(self) -> Shapes | None:
        """The arrays that this policy wants to see, with their shapes; None where it takes what there is."""
        if self.kind == "saved":
            from mygym_lite.learning import saved

            return saved.observed(policy_folder(self.name))
        if self.kind == "sb3":
            from mygym_lite.learning import sb3_policy

            return sb3_policy.observed(Path(self.name))
        return None

    def env_arguments(self) -> dict[str, Any]:
        """What an environment must be made with to show this policy what it wants to see; empty: the task's own."""
        if self.kind == "remote":
            arguments: dict[str, Any] = self._remote().env_arguments()
            return arguments
        return arguments_for(self.observed() or {})

    def env_kind(self) -> type[TaskEnv]:
        """Which environment shows it what it wants to see: one with goals for a policy that learned from goals."""
        from mygym_lite.envs.goal_env import GoalEnv

        return GoalEnv if "desired_goal" in (self.observed() or {}) else TaskEnv

    def make(self, env: TaskEnv) -> Policy:
        """The policy itself, for this environment, which it may have been made for or not, without what wraps it."""
        make: dict[Kind, Callable[[TaskEnv], Policy]] = {
            "expert": _expert,
            "random": lambda env: RandomPolicy(env.action_space),  # type: ignore[arg-type]
            "function": self._function,
            "saved": self._saved,
            "sb3": self._sb3,
            "remote": lambda env: self._remote().make(env),
        }
        return make[self.kind](env.unwrapped)  # type: ignore[arg-type]

    def _function(self, _env: TaskEnv) -> Policy:
        found = imported(self.name) if self.actor is None else self.actor
        if isinstance(found, type) and issubclass(found, Policy):
            return self._instance(found)
        if isinstance(found, Policy):
            return found
        if not callable(found):
            raise SpecError(
                f"policy {self.name}: is not a function; name one that takes an observation and returns an action"
            )
        return FunctionPolicy(found, self.name)

    def _instance(self, kind: type[Policy]) -> Policy:
        try:
            return kind()
        except Exception as error:  # whatever somebody's constructor raises
            raise SpecError(
                f"policy {self.name}: cannot be made without arguments ({type(error).__name__}: {error}); "
                "name an object of this class, or a function"
            ) from error

    def _saved(self, env: TaskEnv) -> Policy:
        from mygym_lite.learning.saved import load_policy

        return load_policy(self.name, env)

    def _sb3(self, env: TaskEnv) -> Policy:
        from mygym_lite.learning.sb3_policy import load_sb3

        return load_sb3(Path(self.name), env)

    def _remote(self) -> Any:
        from mygym_lite.learning.remote import RemoteSource

        return RemoteSource.read(self.name, self.mapping, self.noted)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent with functions by value, which no other process could look up by name."""
        held = None if self.actor is None else digest.pickled(self.actor)
        return _received, (self.label, self.name, self.trust, self.mapping, held, self.noted)


def _received(
    label: str, name: str, trust: bool, mapping: Path | None, actor: bytes | None, noted: Mapping[str, Any] | None
) -> PolicySource:
    received = PolicySource(label, name, trust, mapping, noted=noted)
    return received if actor is None else replace(received, actor=pickle.loads(actor))


def _expert(env: TaskEnv) -> Policy:
    from mygym_lite.learning.expert import Expert

    return Expert(env)
