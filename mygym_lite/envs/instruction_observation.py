"""Observation of the instruction of a task, or of its description without ``[language]``, as tokens."""

from __future__ import annotations

from collections.abc import Collection

from gymnasium import spaces

from mygym_lite.config.instructions.vocabulary import encode_instruction, load_vocabulary
from mygym_lite.config.language import MAX_WORDS
from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.observations import Observation


class InstructionReader:
    """Reader of the tokens, which are the same in all steps of an episode, whatever the faults of the sensors.

    Args:
        task: Task with its vocabulary.
        selected: Names of the observations; nothing is read unless ``instruction`` is among them.
    """

    def __init__(self, task: Task, selected: Collection[str]) -> None:
        self._vocabulary = load_vocabulary(task.language.vocabulary if task.language else ())
        self._tokens: Observation = {}
        self.names = (INSTRUCTION,) if INSTRUCTION in selected else ()
        self.space = {name: spaces.MultiDiscrete([len(self._vocabulary)] * MAX_WORDS) for name in self.names}

    def reset(self, text: str) -> None:
        """Begin an episode with this instruction."""
        self._tokens = {name: encode_instruction(text, self._vocabulary) for name in self.names}

    def read(self) -> Observation:
        """Return the tokens in a new array, or nothing."""
        return {name: tokens.copy() for name, tokens in self._tokens.items()} if self._tokens else {}


def list_instruction_names(task: Task) -> tuple[str, ...]:
    """List the name of the observation, unless an observation group of the task has it."""
    return () if INSTRUCTION in task.observe else (INSTRUCTION,)
