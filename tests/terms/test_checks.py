"""Composite checks: any, all and not of checks, nested at will."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from staged_task import write_staged_task

from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_tasks_folder
from mygym_lite.schema import Location
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task
from mygym_lite.terms.checks import bind_checks
from mygym_lite.terms.registry import list_scene_names

HELD = 'held   = { term = "grasped", thing = "target" }'
NEAR = '{ term = "near", of = "palm", to = "target", within = 0.1 }'
LOST = '{ term = "near", of = "palm", to = "targt", within = 0.1 }'
MISTAKES = [
    (f"{{ any = [{NEAR}, {LOST}] }}", "success.held.any.1.to", "is called 'targt' here; did you mean 'target'?"),
    (f"{{ all = [{NEAR}, {{ not = {LOST} }}] }}", "success.held.all.1.not.to", "nothing is called 'targt' here"),
    ('{ not = { term = "nearr" } }', "success.held.not.term", "did you mean 'near'?"),
    ("{ any = [] }", "success.held.any", "is empty; write [{ term"),
    ("{ all = [] }", "success.held.all", "is empty; write [{ term"),
    (f"{{ any = {NEAR} }}", "success.held.any", "is not a list of checks; write [{ term"),
    (f"{{ not = [{NEAR}] }}", "success.held.not", "names no term"),
    ("{ not = {} }", "success.held.not", "names no term"),
    ("{ any = [3] }", "success.held.any.0", "names no term"),
    (f"{{ any = [{NEAR}], all = [{NEAR}] }}", "success.held.all", "stands beside 'any'; give each check a table"),
    (f"{{ any = [{NEAR}], weight = 2 }}", "success.held.weight", "stands beside 'any'; give each check a table"),
    (f'{{ term = "lifted", any = [{NEAR}] }}', "success.held.any", "'lifted' has no parameter 'any'"),
    (f"{{ anny = [{NEAR}] }}", "success.held.anny", "is neither 'term' nor an operator; did you mean 'any'?"),
]


@pytest.mark.parametrize(("check", "key", "remedy"), MISTAKES)
def test_a_mistake_in_a_composite_check_is_refused_at_its_place(
    check: str, key: str, remedy: str, tmp_path: Path
) -> None:
    text = (get_tasks_folder() / "grasp.toml").read_text(encoding="utf-8")
    assert HELD in text
    file = tmp_path / "grasp.toml"
    file.write_text(text.replace(HELD, f"held = {check}", 1), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_task(file)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"grasp.toml: {key}: ")
    assert remedy in str(error.value)


def test_composite_checks_stand_in_success_failure_and_stages(tmp_path: Path) -> None:
    file = write_staged_task(tmp_path, ("[reward]", f"[success]\nnot_far = {{ not = {{ not = {NEAR} }} }}\n[reward]"))
    task = load_task(file)
    assert task.failure["lost"].keys() == {"all"}
    assert task.stages[1].checks["pinched"].keys() == {"all"}
    assert [call["term"] for call in task.success_calls] == [
        "near", "near", "touching", "touching", "grasped", "lifted", "touching",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def start() -> State:
    task = load_task("reach")
    with World() as world:
        return world.reset(sample(task, (), 0), 0)


def nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda parts: {"any": parts}, several),
        st.builds(lambda parts: {"all": parts}, several),
        st.builds(lambda part: {"not": part}, inner),
    )


LEAVES = st.sampled_from([{"term": "lower_than", "of": "palm", "metres": metres} for metres in (-9.0, 9.0)])


def evaluate(check: dict[str, Any]) -> bool:
    """Tell by hand whether a check holds: every palm is below 9 m, and none below -9 m."""
    if "term" in check:
        return bool(check["metres"] > 0.0)
    if "not" in check:
        return not evaluate(check["not"])
    return (any if "any" in check else all)(map(evaluate, check.get("any", check.get("all"))))


@settings(max_examples=100, deadline=None)
@given(st.recursive(LEAVES, nest, max_leaves=8))
def test_a_composite_check_holds_as_logic_says(start: State, check: dict[str, Any]) -> None:
    [bound] = bind_checks({"check": check}, list_scene_names(load_task("reach")), Location("x.toml")).values()
    assert bound.compile()(start, (), start) is evaluate(check)
