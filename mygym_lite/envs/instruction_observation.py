"""Observation of the instruction of a task with ``[language]``, as tokens of its vocabulary."""

from __future__ import annotations

from collections.abc import Collection

from gymnasium import spaces

from mygym_lite.config.instructions.vocabulary import encode_instruction, load_vocabulary
from mygym_lite.config.language import MAX_WORDS
from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.observations import Observation
from mygym_lite.errors import ConfigError


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


def list_instruction_names(task: Task, observe: Collection[str] | None) -> tuple[str, ...]:
    """List the name of the observation if the task has an instruction.

    Args:
        task: Task.
        observe: Requested observations.
    """
    if task.language is not None:
        return (INSTRUCTION,)
    if INSTRUCTION in (observe or ()) and INSTRUCTION not in task.observe:
        raise ConfigError(f"observe: {task.name} has no '{INSTRUCTION}'; add [language] to its file, or leave it out")
    return ()
