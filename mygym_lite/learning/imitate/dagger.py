"""DAgger: the learner acts, the teacher says of every state that it comes to what is right, and it learns again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitate import fit as fitting
from mygym_lite.learning.imitate.demonstrations import APART
from mygym_lite.learning.imitate.examples import Array, Examples, joined
from mygym_lite.learning.imitate.fit import INTERRUPTED, Fitted, Schedule, fit
from mygym_lite.learning.imitate.showing import Shown, show
from mygym_lite.learning.imitate.student import student
from mygym_lite.learning.policy import Policy

FIRST = 20_000_000
"""Seed of the first episode that a learner plays."""
_AGAIN = 0.3  # of the epochs, in each round after the first


class Round(NamedTuple):
    """What came of the learner that a round began with."""

    rows: int
    """Examples that it had learned from."""
    episodes: int
    successes: int
    """Of those episodes, in which it acted alone."""


@dataclass(frozen=True)
class Watchers:
    """Who is told how it goes on."""

    episodes: Callable[[int, int], None]
    epochs: fitting.Watch
    rounds: Callable[[list[Round]], None]


@dataclass(frozen=True)
class Improved:
    """The best learner that there was."""

    fitted: Fitted
    rounds: tuple[Round, ...]
    examples: Examples
    """All that were gathered, in the end."""


def improve(
    env: TaskEnv, teacher: Policy, examples: Examples, schedule: Schedule, rounds: int, visits: int, enough: float,
    watch: Watchers,
) -> Improved:  # fmt: skip
    """Learn, and learn again from where it led.

    An interrupt ends it, and the best learner until then is what there is.

    Args:
        env: Where it is learned.
        teacher: Is asked at every state.
        examples: To begin with.
        schedule: How it is learned from them.
        rounds: How often more is gathered, at most.
        visits: Episodes that the learner plays in a round.
        enough: Success in them with which it is good enough.
        watch: Are told how it goes on.
    """
    best = now = fit(examples, schedule, watch.epochs)
    again = replace(schedule, epochs=max(1, round(_AGAIN * schedule.epochs)))
    played: list[Round] = []
    trouble = ""
    try:
        while not now.trouble:
            first = FIRST + APART * schedule.seed + len(played) * visits
            visited = _visited(env, teacher, now, first, visits, watch)
            successes = sum(one.success for one in visited)
            best = now if successes >= max((one.successes for one in played), default=0) else best
            played.append(Round(len(examples), visits, successes))
            watch.rounds(played)
            if len(played) > rounds or successes >= enough * visits:
                break
            examples = joined([examples, *(one.examples for one in visited)])
            now = fit(examples, replace(again, seed=schedule.seed + len(played)), watch.epochs, now.net)
    except KeyboardInterrupt:
        trouble = f"{INTERRUPTED} after {len(played)} rounds"
    return Improved(replace(best, trouble=trouble or now.trouble), tuple(played), examples)


def _visited(env: TaskEnv, teacher: Policy, learner: Fitted, first: int, visits: int, watch: Watchers) -> list[Shown]:
    """Episodes of the learner, with what the teacher says of each state."""
    policy, found = student(env, learner.net), list[Shown]()

    def alone(_step: int, observation: Any, _label: Array) -> Array:
        return policy.act(observation)

    for seed in range(first, first + visits):
        watch.episodes(len(found), visits)
        found.append(show(env, seed, teacher, alone))
    return found
