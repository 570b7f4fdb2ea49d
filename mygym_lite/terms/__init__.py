"""Terms: what tasks are made of. Importing this package makes the shipped ones known."""

from mygym_lite.terms import check, observe, reward
from mygym_lite.terms.load import Program, load_task, program
from mygym_lite.terms.registry import TERMS, Action, Frame, Graspable, Group, Thing, term

__all__ = [
    "TERMS", "Action", "Frame", "Graspable", "Group", "Program", "Thing", "check", "load_task", "observe", "program",
    "reward", "term",
]  # fmt: skip
