"""Observation, reward and termination terms, from which task files are composed; importing this registers them.

Reading order:

- `parameters`: the kinds of parameters, with units and bounds
- `registry`: the `term` decorator, and `bind_term`, which fills in parameters
- `observations`, `rewards`, `predicates`, `relations`: the shipped terms; the last two define success and failure
- `checks`: composite checks, which join others by `any`, `all` and `not`
- `feasibility`: checks that no object or robot of the task could meet
- `load`: `load_task`, which reads and validates a task, and `bind_terms`
- `user_terms`: terms from a user's own module
- `vectors`: vector and quaternion arithmetic on tuples
"""

from mygym_lite.terms import observations as observations
from mygym_lite.terms import predicates as predicates
from mygym_lite.terms import relations as relations
from mygym_lite.terms import rewards as rewards
from mygym_lite.terms.load import TaskTerms, bind_terms, load_task
from mygym_lite.terms.parameters import Bounds, Frame, Graspable, Group, Thing
from mygym_lite.terms.registry import TERMS, Action, term

__all__ = [
    "TERMS",
    "Action",
    "Bounds",
    "Frame",
    "Graspable",
    "Group",
    "TaskTerms",
    "Thing",
    "bind_terms",
    "load_task",
    "term",
]
