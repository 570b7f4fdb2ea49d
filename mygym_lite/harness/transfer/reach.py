"""Which axes of a suite reach a policy, and why the others do not."""

from __future__ import annotations

from mygym_lite.learning.view import View
from mygym_lite.spec.spelling import present
from mygym_lite.spec.suite import NOMINAL, Suite
from mygym_lite.spec.task import Task

BLIND = "does not reach a policy that is shown no pictures"
_SCRIPTED = "does not reach a policy that acts without observations"
_OTHERWISE = "does not reach the pictures that the policy is shown"


def unreached(suite: Suite, task: Task, view: View) -> dict[str, str]:
    """The axes that change nothing for a policy, each with the reason.

    An episode is a pure function, so along such an axis it is the nominal one, step by step.
    """
    found: dict[str, str] = {}
    for condition in suite.conditions(task):
        if condition.axis == NOMINAL or condition.count is not None:
            continue
        if condition.variations is None:
            found[condition.axis] = f"{task.name} has nothing that it changes"
        elif not any(view.reached_by(path) for v in condition.variations for path in present(task, v.path)):
            found[condition.axis] = _reason(view)
    return found


def _reason(view: View) -> str:
    if not view.observes:
        return _SCRIPTED
    return _OTHERWISE if view.kinds else BLIND
