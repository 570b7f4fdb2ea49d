"""Declaration of a task, everything an episode needs, as a tree of frozen dataclasses with units and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from mygym_lite import paths
from mygym_lite.config.checks import TermCall, iterate_term_calls
from mygym_lite.config.faults import Actuation, Schedule, Sensing
from mygym_lite.config.language import Language
from mygym_lite.config.region import Region
from mygym_lite.config.scenery import Background, Camera, Light
from mygym_lite.config.stage import Stage
from mygym_lite.config.start import Draw, Placement
from mygym_lite.config.state import CONTACT_PAIRS
from mygym_lite.config.task_objects import Distractors, Goal, ObjectConfig, Push, WorkspaceConfig
from mygym_lite.config.task_physics import Physics
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.config.term_tables import check_term_tables
from mygym_lite.documents import read_toml
from mygym_lite.schema import Location, build, quantity, require_schema


@dataclass(frozen=True)
class Episode:
    """Duration and control rate of an episode."""

    seconds: float = quantity(unit="s", low=0.05, high=3600, doc="time limit")
    control_hz: float = quantity(20.0, unit="Hz", low=1, high=1000, doc="actions per second")
    hold_seconds: float = quantity(
        0.0, unit="s", low=0, high=3600, doc="uninterrupted duration of success that solves the task"
    )


Family = Literal["reach", "grasp", "push", "place", "long"]
FAMILIES: tuple[Family, ...] = get_args(Family)
"""Families of tasks, in the order of lists."""


@dataclass(frozen=True)
class Task:
    """A task: scene, observations, reward, success, and distribution of start states."""

    name: str = quantity(doc="name, as in results")
    about: str = quantity(doc="one sentence")
    episode: Episode = quantity(doc="duration and control rate")
    observe: dict[str, dict[str, TermCall]] = quantity(
        doc='a group = { NAME = { term = "TERM", ... } }; `scale` multiplies the numbers of a term'
    )
    success: dict[str, TermCall] = field(
        default_factory=dict,
        metadata={"doc": 'NAME = { term = "TERM", ... }; solved while all of them hold; required without stages'},
    )
    physics: Physics = field(default_factory=Physics)
    robot: RobotConfig = field(default_factory=RobotConfig)
    workspace: WorkspaceConfig = field(default_factory=WorkspaceConfig)
    objects: dict[str, ObjectConfig] = field(default_factory=dict)
    distractors: Distractors | None = None
    goal: Goal | None = None
    regions: dict[str, Region] = field(default_factory=dict)
    pushes: dict[str, Push] = field(default_factory=dict)
    cameras: dict[str, Camera] = field(default_factory=dict)
    light: Light = field(default_factory=Light)
    background: Background = field(default_factory=Background)
    sensing: Sensing = field(default_factory=Sensing)
    actuation: Actuation = field(default_factory=Actuation)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    reward: dict[str, TermCall] = field(
        default_factory=dict, metadata={"doc": 'NAME = { term = "TERM", weight = 1, ... }; their sum is the reward'}
    )
    failure: dict[str, TermCall] = field(
        default_factory=dict, metadata={"doc": 'CODE = { term = "TERM", ... }; each ends the episode'}
    )
    stages: tuple[Stage, ...] = field(
        default=(), metadata={"doc": "ordered sub-goals, all of which have to be reached before the task is solved"}
    )
    limits: dict[str, float] = field(
        default_factory=dict, metadata={"doc": "largest allowed force of a contact pair, N"}
    )
    start: dict[str, TermCall] = field(
        default_factory=dict, metadata={"doc": '"path" = { VERB = ... }; sampled in every episode'}
    )
    draws: dict[str, Draw] = field(default_factory=dict)
    place: dict[str, Placement] = field(default_factory=dict)
    language: Language | None = None
    family: Family | None = field(default=None, metadata={"doc": "kind of task, by which lists are ordered"})

    @property
    def success_checks(self) -> dict[str, TermCall]:
        """Checks that hold while the task is solved: those of success, or of the last stage."""
        return self.success or (self.stages[-1].checks if self.stages else {})

    @property
    def success_calls(self) -> list[TermCall]:
        """Calls of terms, at any depth, in the checks of success and of all stages."""
        tables = (self.success, *(stage.checks for stage in self.stages))
        return [call for checks in tables for call in iterate_term_calls(checks.values())]

    @property
    def contact_pairs(self) -> dict[str, tuple[str, str]]:
        """Pairs of contact groups whose forces are reported; without objects, only those of the robot."""
        return {name: pair for name, pair in CONTACT_PAIRS.items() if self.objects or "objects" not in pair}

    @property
    def substeps(self) -> int:
        """Number of physics steps per action."""
        return round(self.physics.step_hz / self.episode.control_hz)

    @property
    def max_steps(self) -> int:
        """Number of actions until the time limit."""
        return round(self.episode.seconds * self.episode.control_hz)


def list_tasks() -> tuple[str, ...]:
    """List the names of the shipped tasks."""
    return paths.list_names(paths.get_tasks_folder())


def read_task(name_or_path: str | Path) -> Task:
    """Read a task file and check its schema; ``load_task`` also validates terms and physics."""
    path = paths.find_file(paths.get_tasks_folder(), name_or_path)
    where = Location(path.name)
    table = require_schema(read_toml(path), where)
    check_term_tables(table, where)
    return build(Task, table, where)
