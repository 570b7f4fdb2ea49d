"""Hyperparameters of each algorithm: defaults, and ``tasks/reinforce/TASK.toml`` with one table per algorithm."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.documents import read_toml
from mygym_lite.errors import UsageError, suggest
from mygym_lite.schema import Location, build, quantity, require_schema


@dataclass(frozen=True)
class CommonHyperparameters:
    """Hyperparameters of every algorithm, named as in Stable-Baselines3 if they exist there."""

    steps: int = quantity(100_000, low=1, doc="total steps over all environments")
    learning_rate: float = quantity(3e-4, low=0.0, doc="learning rate of all networks")
    gamma: float = quantity(0.97, low=0.0, high=1.0, doc="discount factor per step")
    hidden: tuple[int, ...] = quantity((256, 256), low=1, doc="width of each hidden layer")
    reward_scale: float = quantity(1.0, low=0.0, doc="factor of the task's reward; 0 leaves only the bonus")
    bonus: float = quantity(1.0, low=0.0, doc="reward of each step in which the task is solved")


@dataclass(frozen=True)
class OffPolicy(CommonHyperparameters):
    """Hyperparameters of off-policy algorithms."""

    buffer_size: int = quantity(200_000, low=1, doc="transitions in the replay buffer")
    batch_size: int = quantity(256, low=1, doc="batch size")
    learning_starts: int = quantity(1_000, low=0, doc="random steps before training starts")
    tau: float = quantity(0.005, low=0.0, high=1.0, doc="rate of the soft update of the target network")
    train_freq: int = quantity(1, low=1, doc="steps in each environment between updates")
    gradient_steps: int = quantity(1, low=-1, doc="gradient steps per update; -1: as many as steps")
    demonstration_fraction: float = quantity(
        0.25, low=0.0, high=1.0, doc="share of each batch taken from demonstrations"
    )


@dataclass(frozen=True)
class ActorCritic(OffPolicy):
    """Hyperparameters of off-policy algorithms with an actor."""

    layer_norm: bool = quantity(False, doc="use layer normalization in the critics")
    critic_warmup_steps: int = quantity(
        0, low=0, doc="gradient steps of the critics before an initialised actor trains"
    )
    offline_steps: int = quantity(0, low=0, doc="gradient steps on demonstrations alone, before the first step")
    cloning_steps: int = quantity(0, low=0, doc="behaviour cloning steps of the actor per update")
    q_filter: bool = quantity(True, doc="clone only actions that the critics rate above the actor's own")


@dataclass(frozen=True)
class Sac(ActorCritic):
    """Soft actor-critic."""

    ent_coef: float | str = quantity("auto_0.1", doc="entropy coefficient; auto_X starts at X and adapts")
    target_entropy: float | None = quantity(
        None, doc="target of an adaptive coefficient; minus the action size if absent"
    )


@dataclass(frozen=True)
class Tqc(Sac):
    """Truncated quantile critics."""

    top_quantiles_to_drop_per_net: int = quantity(2, low=0, doc="quantiles dropped per critic, against overestimation")


@dataclass(frozen=True)
class Td3(ActorCritic):
    """Twin delayed DDPG."""

    noise: float = quantity(0.1, low=0.0, doc="standard deviation of the exploration noise")


@dataclass(frozen=True)
class Ddpg(Td3):
    """Deep deterministic policy gradient."""


@dataclass(frozen=True)
class Dqn(OffPolicy):
    """Deep Q-network over a table of discrete actions."""

    action_size: float = quantity(
        1.0, low=0.0, high=1.0, doc="magnitude of a discrete action, which moves one dimension up or down"
    )
    exploration_fraction: float = quantity(
        0.2, low=0.0, high=1.0, doc="share of the steps over which exploration decays"
    )
    exploration_final_eps: float = quantity(0.05, low=0.0, high=1.0, doc="share of random actions after that")
    target_update_interval: int = quantity(1_000, low=1, doc="steps between updates of the target network")


@dataclass(frozen=True)
class OnPolicy(CommonHyperparameters):
    """Hyperparameters of on-policy algorithms."""

    n_steps: int = quantity(512, low=2, doc="steps in each environment per rollout")
    gae_lambda: float = quantity(0.95, low=0.0, high=1.0, doc="lambda of generalised advantage estimation")
    log_std_init: float = quantity(-0.5, doc="logarithm of the initial standard deviation of actions")


@dataclass(frozen=True)
class Ppo(OnPolicy):
    """Proximal policy optimisation."""

    batch_size: int = quantity(128, low=2, doc="batch size")
    n_epochs: int = quantity(10, low=1, doc="epochs per rollout")
    clip_range: float = quantity(0.2, low=0.0, doc="limit of the policy change per update")
    ent_coef: float = quantity(0.0, low=0.0, doc="entropy coefficient")


@dataclass(frozen=True)
class A2c(OnPolicy):
    """Advantage actor-critic."""

    learning_rate: float = quantity(7e-4, low=0.0, doc="learning rate of all networks")
    n_steps: int = quantity(16, low=1, doc="steps in each environment per rollout")
    ent_coef: float = quantity(0.0, low=0.0, doc="entropy coefficient")


@dataclass(frozen=True)
class Trpo(OnPolicy):
    """Trust region policy optimisation."""

    batch_size: int = quantity(128, low=2, doc="batch size of the critic")
    target_kl: float = quantity(0.01, low=0.0, doc="limit of the policy change per update")


@dataclass(frozen=True)
class HyperparameterTables:
    """Contents of a hyperparameter file."""

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


ALGORITHMS = tuple(table.name for table in fields(HyperparameterTables) if table.name not in ("name", "about"))


def get_hyperparameters_class(algo: str) -> type[CommonHyperparameters]:
    """Return the class of an algorithm's hyperparameters.

    Raises:
        UsageError: There is no such algorithm.
    """
    if algo not in ALGORITHMS:
        raise UsageError(f"reinforcement: no algorithm '{algo}'{suggest(algo, ALGORITHMS)}")
    return type(getattr(HyperparameterTables(), algo))


def load_hyperparameters(task: Task, algo: str) -> CommonHyperparameters:
    """Load the hyperparameters of an algorithm for a task.

    Raises:
        ConfigError: The file of the task has an unknown key or a wrong value.
    """
    hyperparameters: CommonHyperparameters = getattr(load_tables(task), algo)
    return hyperparameters


def load_tables(task: Task) -> HyperparameterTables:
    """Load the shipped hyperparameters of a task; the defaults if it has no file."""
    file = paths.get_tasks_folder() / "reinforce" / f"{task.name}.toml"
    return read_tables(file) if file.is_file() else HyperparameterTables()


def read_tables(file: Path) -> HyperparameterTables:
    """Read a hyperparameter file; missing keys keep their defaults."""
    location = Location(f"reinforce/{file.name}")
    return build(HyperparameterTables, require_schema(read_toml(file), location), location)
