"""Terms: what tasks are made of. Importing this package makes the shipped ones known."""

from mygym_lite.terms import observations, predicates, rewards
from mygym_lite.terms.load import TaskTerms, bind_terms, load_task
from mygym_lite.terms.registry import TERMS, Action, Frame, Graspable, Group, Thing, term

__all__ = [
    "TERMS",
    "Action",
    "Frame",
    "Graspable",
    "Group",
    "TaskTerms",
    "Thing",
    "bind_terms",
    "load_task",
    "observations",
    "predicates",
    "rewards",
    "term",
]  # fmt: skip
