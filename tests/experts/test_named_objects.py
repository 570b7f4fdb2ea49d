"""Tasks in which an instruction names objects: decidable, not solvable without reading, and refused if done wrong."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from numpy.typing import NDArray

from mygym_lite.config.instructions.instruction import build_instruction
from mygym_lite.config.instructions.referents import describe_referent
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.destinations import SlotDestination
from mygym_lite.experts.expert import Expert
from mygym_lite.experts.grasp_skill import GraspSkill
from mygym_lite.experts.inputs import ExpertInputs
from mygym_lite.experts.place_skill import PlaceSkill
from mygym_lite.experts.skill_sequence import Skill
from mygym_lite.terms import bind_terms, load_task, observations
from mygym_lite.terms.registry import Frame, Thing

NAMES = ("pick_by_name", "sort", "tidy", "rearrange")
ROLES = (Thing("target"), Thing("same_kind"), Thing("same_hue"), Thing("other"))


class SkillPolicy:
    """Policy of one skill."""

    def __init__(self, env: TaskEnv, skill: Skill) -> None:
        self._env, self._skill = env, skill

    def reset(self, _seed: int) -> None:
        self._skill.reset()

    def act(self, _observation: object) -> NDArray[np.float32]:
        return self._skill.compute_action(self._env.state).astype(np.float32)


def describe_all(task: Task) -> list[tuple[str, str | None]]:
    return [(each.noun, each.color) for each in (describe_referent(task, name) for name in task.objects)]


@pytest.mark.parametrize("name", NAMES)
def test_start_states_have_room_and_are_not_solved(name: str) -> None:
    task = load_task(name)
    for seed in range(200):
        assert sample(task, (), seed).objects.keys() == task.objects.keys()
    with closing(TaskEnv(name)) as env:
        checks = [bound.compile() for bound in bind_terms(env.task).success.values()]
        for seed in range(10):
            env.reset(seed=seed)
            assert not all(check(env.state, [], env.state) for check in checks)


def test_colour_and_kind_together_single_out_the_named_object() -> None:
    task = load_task("pick_by_name")
    for seed in range(200):
        sampled = sample(task, (), seed)
        target, same_kind, same_hue, other = describe_all(sampled)
        assert target[0] == same_kind[0] != same_hue[0] == other[0]
        assert target[1] == same_hue[1] != same_kind[1] == other[1]
        assert build_instruction(sampled, seed) == f"pick up the {target[1]} {target[0]}"


def test_the_observation_of_the_scene_does_not_tell_the_roles() -> None:
    with closing(TaskEnv("pick_by_name")) as env:
        env.reset(seed=3)
        rows = {
            tuple(observations.objects_from_left(env.state, things, Frame("palm")))
            for things in (ROLES, ROLES[::-1], (*ROLES[2:], *ROLES[:2]))
        }
    assert len(rows) == 1


def test_the_target_may_stand_at_any_place_in_the_row() -> None:
    task = load_task("pick_by_name")
    ranks = []
    for seed in range(100):
        places = {name: thing.position[1] for name, thing in sample(task, (), seed).objects.items()}
        ranks.append(sorted(places, key=places.__getitem__).index("target"))
    assert min(map(ranks.count, range(4))) > 10


@pytest.mark.parametrize("name", NAMES)
def test_the_expert_solves_it(name: str) -> None:
    with closing(TaskEnv(name)) as env:
        info = list(iterate_steps(env, Expert.from_env(env), 0))[-1].info
    assert info["success"], info["failure"]


def test_grasping_another_object_is_a_failure() -> None:
    with closing(TaskEnv("pick_by_name")) as env:
        inputs = ExpertInputs.from_env(env)
        skill = GraspSkill(inputs, ArmController(inputs), "same_kind")
        info = list(iterate_steps(env, SkillPolicy(env, skill), 0))[-1].info
    assert info["failure"] == "wrong_object"


def test_putting_an_object_on_the_wrong_square_is_a_failure() -> None:
    with closing(TaskEnv("sort")) as env:
        inputs = ExpertInputs.from_env(env)
        destination = SlotDestination("second_square", None, 0, 1)
        skill = PlaceSkill(inputs, ArmController(inputs), "target", destination, release=True)
        info = list(iterate_steps(env, SkillPolicy(env, skill), 0))[-1].info
    assert info["failure"] == "wrong_square"


def test_each_tidied_object_is_a_stage() -> None:
    with closing(TaskEnv("tidy")) as env:
        reached = [step.info["stages_reached"] for step in iterate_steps(env, Expert.from_env(env), 0)]
    assert [reached.index(count) for count in range(4)] == sorted(reached.index(count) for count in range(4))
    assert reached[-1] == 3
