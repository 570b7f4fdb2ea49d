"""Planning of a turn: a grasp across an object, such that the arm also reaches the pose in which it is put down."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

from mygym_lite.config.objects import load_object
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.grasp_plan import GraspPlan, has_moved, has_turned
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.orientations import OrientationGoal
from mygym_lite.experts.turn_clearance import TableObject
from mygym_lite.experts.turn_costs import GOOD_COST, MAX_COST
from mygym_lite.experts.turn_grasps import TurnGraspPlanner
from mygym_lite.experts.turn_places import TurnPlacePlanner, TurnPlan
from mygym_lite.experts.turns import list_turns

_CENTRING, _CENTRING_ANGLE = 0.015, 0.2  # m, rad by which the closing hand may move an object
_MOST_REJECTED = 8
_MOST_GRASPS = 6  # best grasps whose final poses are examined


class TurnPlanner:
    """Planner for one object; the plan depends on the pose in which it rests, and is kept while it is held."""

    def __init__(
        self, controller: ArmController, object_config: ObjectConfig, surface: float, goal: OrientationGoal
    ) -> None:
        thing = TableObject(load_object(object_config.model), object_config.size, surface)
        self._goal, self._model = goal, thing.model
        self._grasp_planner, self._place_planner = (
            TurnGraspPlanner(controller, thing),
            TurnPlacePlanner(controller, thing),
        )
        self._cached: tuple[Pose, TurnPlan | None] | None = None
        self._rejected: list[Array] = []

    @property
    def turn(self) -> TurnPlan | None:
        """Latest plan."""
        return None if self._cached is None else self._cached[1]

    def plan(self, state: State, name: str) -> GraspPlan:
        """Plan the best turn of the object at its present pose, and return its grasp."""
        turn = self.plan_turn(state, name)
        assert turn is not None, f"no turn of {name}"
        return turn.grasp

    def plan_turn(self, state: State, name: str) -> TurnPlan | None:
        """Plan the best turn of the object at its present pose; None if no grasp fits it, as while it tumbles."""
        pose = state.frames[name]
        if self._cached is None or _is_outdated(self._cached[0], pose, state.touch("hand", name).peak > 0.0):
            self._rejected = []
            self._cached = (pose, self._find_best_plan(state, name))
        return self._cached[1]

    def reject(self, state: State, name: str) -> None:
        """Plan another grasp of the object at the same pose, because the arm is blocked on its way to this one."""
        if self._cached is not None and self._cached[1] is not None and len(self._rejected) < _MOST_REJECTED:
            self._rejected.append(self._cached[1].grasp.rotation)
            self._cached = (self._cached[0], self._find_best_plan(state, name))

    def _find_best_plan(self, state: State, name: str) -> TurnPlan | None:
        plans = self._iterate_plans(state, name)
        first = next(plans, None)
        return None if first is None else find_cheapest(chain((first,), plans), MAX_COST)[1]

    def _iterate_plans(self, state: State, name: str) -> Iterator[tuple[float, TurnPlan]]:
        """Iterate over the best plans for the turns of each kind, each with its cost first."""
        for turns in list_turns(state, name, self._goal, self._model):
            grasps = [
                grasp
                for turn in turns
                for grasp in self._grasp_planner.iterate_grasps(turn, state.frames[name], self._rejected)
            ]
            best = sorted(grasps, key=lambda grasp: grasp.cost)[:_MOST_GRASPS]
            if best:
                yield find_cheapest((self._place_planner.find_place(grasp, state, name) for grasp in best), GOOD_COST)


def _is_outdated(planned: Pose, pose: Pose, is_touched: bool) -> bool:
    """Return True if the object has moved; while the hand closes on it, it may move to the middle of the hand."""
    if is_touched and math.dist(planned.position, pose.position) < _CENTRING:
        return has_turned(planned, pose, _CENTRING_ANGLE)
    return has_moved(planned, pose)
