"""How each algorithm learns a task: ``tasks/reinforce/TASK.toml``, a table for each, and what holds without one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, suggest
from mygym_lite.schema import Location, build, quantity, read_toml, require_schema


@dataclass(frozen=True)
class CommonHyperparameters:
    """What every algorithm asks for; the names are those of Stable-Baselines3 where it has one."""

    steps: int = quantity(100_000, low=1, doc="steps to learn for, where nobody says otherwise")
    learning_rate: float = quantity(3e-4, low=0.0, doc="of all networks")
    gamma: float = quantity(0.97, low=0.0, high=1.0, doc="what a reward counts one step later")
    hidden: tuple[int, ...] = quantity((256, 256), low=1, doc="how wide each hidden layer is")
    reward_scale: float = quantity(1.0, low=0.0, doc="what the task's own reward counts; 0 leaves the bonus alone")
    bonus: float = quantity(1.0, low=0.0, doc="reward of each step in which the task is solved")


@dataclass(frozen=True)
class OffPolicy(CommonHyperparameters):
    """What algorithms with a replay buffer ask for besides."""

    buffer_size: int = quantity(200_000, low=1, doc="steps that are remembered")
    batch_size: int = quantity(256, low=1, doc="steps looked at together")
    learning_starts: int = quantity(1_000, low=0, doc="steps at random before anything is learned")
    tau: float = quantity(0.005, low=0.0, high=1.0, doc="share of the network in its slow copy at each step")
    train_freq: int = quantity(1, low=1, doc="steps in each environment between two lessons")
    gradient_steps: int = quantity(1, low=-1, doc="in each lesson; -1: as many as there were steps")
    demonstration_fraction: float = quantity(
        0.25, low=0.0, high=1.0, doc="share of each batch that is of demonstrations"
    )


@dataclass(frozen=True)
class ActorCritic(OffPolicy):
    """What those among them ask for that have an actor."""

    layer_norm: bool = quantity(False, doc="whether the critics normalise their layers")
    critic_warmup_steps: int = quantity(0, low=0, doc="gradient steps in which the critics learn alone")
    offline_steps: int = quantity(0, low=0, doc="gradient steps on demonstrations alone, before the first step")
    cloning_steps: int = quantity(0, low=0, doc="gradient steps per lesson that clone demonstrations into the actor")
    q_filter: bool = quantity(True, doc="whether only what the critics find better than the actor's own is cloned")


@dataclass(frozen=True)
class Sac(ActorCritic):
    """Soft actor-critic."""

    ent_coef: float | str = quantity("auto_0.1", doc="what entropy counts; auto_X begins with X and adapts")
    target_entropy: float | None = quantity(None, doc="that auto aims at; minus the number of actions by default")


@dataclass(frozen=True)
class Tqc(Sac):
    """Truncated quantile critics."""

    top_quantiles_to_drop_per_net: int = quantity(2, low=0, doc="against optimism")


@dataclass(frozen=True)
class Td3(ActorCritic):
    """Twin delayed deterministic policy gradients."""

    noise: float = quantity(0.1, low=0.0, doc="deviation of what is added to actions while it learns")


@dataclass(frozen=True)
class Ddpg(Td3):
    """Deterministic policy gradients."""


@dataclass(frozen=True)
class Dqn(OffPolicy):
    """Deep Q-learning over a declared table of actions."""

    action_size: float = quantity(1.0, low=0.0, high=1.0, doc="size of an action, which moves one number, up or down")
    exploration_fraction: float = quantity(0.2, low=0.0, high=1.0, doc="of the steps, until random actions are rare")
    exploration_final_eps: float = quantity(0.05, low=0.0, high=1.0, doc="share of random actions from then on")
    target_update_interval: int = quantity(1_000, low=1, doc="steps between two copies of the network")


@dataclass(frozen=True)
class OnPolicy(CommonHyperparameters):
    """What algorithms without a memory ask for besides."""

    n_steps: int = quantity(512, low=2, doc="in each environment between two lessons")
    gae_lambda: float = quantity(0.95, low=0.0, high=1.0, doc="of generalised advantage estimation")
    log_std_init: float = quantity(-0.5, doc="logarithm of the actions' first deviation")


@dataclass(frozen=True)
class Ppo(OnPolicy):
    """Proximal policy optimisation."""

    batch_size: int = quantity(128, low=2, doc="steps looked at together")
    n_epochs: int = quantity(10, low=1, doc="times that each step is looked at")
    clip_range: float = quantity(0.2, low=0.0, doc="how far a policy may move in a lesson")
    ent_coef: float = quantity(0.0, low=0.0, doc="what entropy counts")


@dataclass(frozen=True)
class A2c(OnPolicy):
    """Advantage actor-critic."""

    learning_rate: float = quantity(7e-4, low=0.0, doc="of all networks")
    n_steps: int = quantity(16, low=1, doc="in each environment between two lessons")
    ent_coef: float = quantity(0.0, low=0.0, doc="what entropy counts")


@dataclass(frozen=True)
class Trpo(OnPolicy):
    """Trust region policy optimisation."""

    batch_size: int = quantity(128, low=2, doc="steps looked at together by the critic")
    target_kl: float = quantity(0.01, low=0.0, doc="how far a policy may move in a lesson")


@dataclass(frozen=True)
class HyperparameterTables:
    """Everything that a file may say."""

    name: str = ""
    about: str = ""
    ppo: Ppo = field(default_factory=Ppo)
    sac: Sac = field(default_factory=Sac)
    td3: Td3 = field(default_factory=Td3)
    ddpg: Ddpg = field(default_factory=Ddpg)
    tqc: Tqc = field(default_factory=Tqc)
    trpo: Trpo = field(default_factory=Trpo)
    a2c: A2c = field(default_factory=A2c)
    dqn: Dqn = field(default_factory=Dqn)


Algorithm = Literal["ppo", "sac", "td3", "ddpg", "tqc", "trpo", "a2c", "dqn"]
ALGORITHMS = tuple(table.name for table in fields(HyperparameterTables) if table.name not in ("name", "about"))


def get_hyperparameters_class(algo: str) -> type[CommonHyperparameters]:
    """What the hyperparameters of an algorithm are.

    Raises:
        UsageError: There is no such algorithm.
    """
    if algo not in ALGORITHMS:
        raise UsageError(f"reinforcement: no algorithm '{algo}'{suggest(algo, ALGORITHMS)}")
    return type(getattr(HyperparameterTables(), algo))


def load_hyperparameters(task: Task, algo: str) -> CommonHyperparameters:
    """How an algorithm learns a task.

    Raises:
        SpecError: The task's file says what is none of its settings.
    """
    found: CommonHyperparameters = getattr(load_tables(task), algo)
    return found


def load_tables(task: Task) -> HyperparameterTables:
    """What is shipped for a task; for one without a file, what holds in general."""
    file = paths.get_tasks_folder() / "reinforce" / f"{task.name}.toml"
    return read_tables(file) if file.is_file() else HyperparameterTables()


def read_tables(file: Path) -> HyperparameterTables:
    """What a file says; the rest is as it is in general."""
    where = Location(f"reinforce/{file.name}")
    return build(HyperparameterTables, require_schema(read_toml(file), where), where)
