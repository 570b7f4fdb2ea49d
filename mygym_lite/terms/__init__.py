"""Terms: what tasks are made of. Importing this package makes the shipped ones known."""

from mygym_lite.terms import observations, predicates, rewards
from mygym_lite.terms.load import Program, load_task, program
from mygym_lite.terms.registry import TERMS, Action, Frame, Graspable, Group, Thing, term

__all__ = [
    "TERMS",
    "Action",
    "Frame",
    "Graspable",
    "Group",
    "Program",
    "Thing",
    "load_task",
    "observations",
    "predicates",
    "program",
    "rewards",
    "term",
]  # fmt: skip
