"""Observation, reward and termination terms, from which task files are composed; importing this registers them.

Reading order:

- `registry`: the `term` decorator, the kinds of parameters, and `bind_term`, which fills in parameters
- `observations`, `rewards`, `predicates`, `relations`: the shipped terms; the last two define success and failure
- `checks`: composite checks, which join others by `any`, `all` and `not`
- `load`: `load_task`, which reads and validates a task, and `bind_terms`
- `user_terms`: terms from a user's own module
- `vectors`: vector and quaternion arithmetic on tuples
"""

from mygym_lite.terms import observations as observations
from mygym_lite.terms import predicates as predicates
from mygym_lite.terms import relations as relations
from mygym_lite.terms import rewards as rewards
from mygym_lite.terms.load import TaskTerms, bind_terms, load_task
from mygym_lite.terms.registry import TERMS, Action, Frame, Graspable, Group, Thing, term

__all__ = ["TERMS", "Action", "Frame", "Graspable", "Group", "TaskTerms", "Thing", "bind_terms", "load_task", "term"]
