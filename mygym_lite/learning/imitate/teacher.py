"""Who shows how: the scripted expert, and for taking objects one whose answers change little where states do.

The expert decides by thresholds, which suit a hand that does exactly what it says. A learner hovers about every
threshold: 8 mm before the object it is told to close, 9 mm before it to open. What is right on average of such answers
is wrong, and the more of them it learns from, the worse it becomes. So here every answer is a continuous function of
the state, wherever the hand is.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.expert import TARGET, Expert, GraspExpert, _off
from mygym_lite.learning.grasping import RAISE, RETREAT, Plan
from mygym_lite.learning.steering import Array
from mygym_lite.spec.state import State

_ASIDE, _BACK, _TURNED = 0.016, 0.014, 0.16  # m, m, rad: so far from the plan, the hand neither opens nor closes
_LINED_UP, _ASTRAY = 0.012, 0.045  # m aside: with less it may come down all the way, with more not at all
_RATE, _ONE_SIDED = 0.1, 0.03  # closure per action at most, and while one side of the hand has arrived
_GRIP = 1.0  # N on both sides from which it is a grip
_RISE = 0.015  # m per action while carrying


class Teacher(Expert):
    """The expert, with consistent answers wherever it is asked."""

    def __init__(self, env: TaskEnv) -> None:
        super().__init__(env)
        if isinstance(self._act, GraspExpert):
            self._act = GraspTeacher(env)


class GraspTeacher(GraspExpert):
    """Takes the object as the expert does, without ever changing its mind from one moment to the next."""

    def __call__(self, state: State) -> Array:
        """Line up and come down as far as it has no grip, raise as far as it has one."""
        held = self._held(state)
        plan = self._grasping.plan(state, TARGET)
        aside, back, angle = _off(plan, state)
        missed = max(aside / _ASIDE, abs(back) / _BACK, angle / _TURNED)
        rate = self._rate(state)
        closure = (
            state.closure[0] + (1.0 - held) * min(rate, _RATE * _between(1.5 - missed, 0.0, 1.0, -1.0)) + held * rate
        )
        closed = min(1.0, max(0.0, closure))
        come = self._steering.towards(state, self._approach(state, plan, aside, back, angle), closed, 0.6)
        return come if held == 0.0 else (1.0 - held) * come + held * self._lifting(state, closed)

    def _held(self, state: State) -> float:
        """How much of a grip it is, 0 to 1."""
        near = float(np.linalg.norm(np.subtract(state.position("palm"), state.position(TARGET))))
        pressed = min(state.touch("thumb", TARGET).mean, state.touch("fingers", TARGET).mean)
        return _between(pressed, 0.0, _GRIP) * _between(near, 0.08, 0.06)

    def _rate(self, state: State) -> float:
        """Closure per action until the wanted force is felt; less of it while one side presses alone."""
        felt = state.touch("hand", TARGET).mean
        pressed = min(state.touch("thumb", TARGET).mean, state.touch("fingers", TARGET).mean)
        alone = _between(felt, 0.0, _GRIP) * (1.0 - _between(pressed, 0.0, _GRIP))
        most = _RATE - alone * (_RATE - _ONE_SIDED)
        return max(-0.5 * _RATE, min(most, _RATE * (1.0 - felt / self._force)))

    def _approach(self, state: State, plan: Plan, aside: float, back: float, angle: float) -> Array:
        """Joints down a funnel: the less it is lined up, the farther back along the approach it has to be."""
        astray = max(_between(aside, _LINED_UP, _ASTRAY), _between(angle, 0.12, 0.35))
        least = RETREAT * astray
        low = _between(least - back, 0.02, 0.06)  # too low to go sideways
        palm = np.array(state.frames["palm"].position)
        sideways = palm - plan.position - ((palm - plan.position) @ plan.rotation[:, 2]) * plan.rotation[:, 2]
        wanted = plan.position - max(least, back - 0.03) * plan.rotation[:, 2] + low * sideways
        joints, _ = self._steering.solve(plan.before if astray > 0.5 else plan.at, wanted, plan.rotation)
        return joints

    def _lifting(self, state: State, closure: float) -> Array:
        """Up, as far as the grip is firm."""
        gained = state.position(TARGET)[2] - state.starts[TARGET][2]
        firm = max(_between(gained, 0.0, 0.01), _between(state.touch("hand", TARGET).mean / self._force, 0.5, 0.8))
        rise = firm * max(-_RISE, min(_RISE, RAISE - gained))
        return self._steering.towards(state, self._up(state, rise), closure, 0.3 + 0.7 * firm)


def _between(x: float, zero: float, one: float, least: float = 0.0) -> float:
    """From 0 at one number to 1 at another, in a straight line; kept between ``least`` and 1."""
    return min(1.0, max(least, (x - zero) / (one - zero)))
