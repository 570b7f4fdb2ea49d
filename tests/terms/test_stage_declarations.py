"""Stages in task files: every mistake is refused in one line."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from staged_task import STAGES, write_staged_task

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.fingerprint import to_plain_data
from mygym_lite.schema import Location, build
from mygym_lite.terms import load_task
from mygym_lite.terms.user_terms import list_modules

CLOSE = 'close = { term = "near", of = "palm", to = "target", within = 0.15 }'
APPROACH = 'approach = { term = "progress", of = "palm", to = "target", weight = 5 }'
MISTAKES = [
    (CLOSE, "", "stages.0.checks", "is empty; say when 'reach' is reached"),
    (f"[stages.checks]\n{CLOSE}", "", "stages.0.checks", "missing; add checks, a table"),
    ('name  = "reach"', "", "stages.0.name", "missing; add name"),
    ('name  = "grasp"', 'name  = "reach"', "stages.1.name", "'reach' is the name of stages.0 already"),
    ('name  = "grasp"', 'name  = "done"', "stages.1.name", "'done' is reserved for episodes that reached all stages"),
    ('name  = "grasp"', 'name  = "a.b"', "stages.1.name", "has a dot"),
    ('name  = "grasp"', 'name  = "a b"', "stages.1.name", "is not a valid name"),
    ("close = {", '"a b" = {', "stages.0.checks", "is not a valid name"),
    ("bonus = 2.0", "bonus = -1", "stages.1.bonus", "use 0 or more"),
    ("bonus = 2.0", 'bonus = "2"', "stages.1.bonus", "expected a number"),
    ("bonus = 2.0", "bonsu = 2", "stages.1.bonsu", "did you mean 'bonus'?"),
    ('"near", of', '"nearr", of', "stages.0.checks.close.term", "did you mean 'near'?"),
    ('"touching", a = "fingers"', '"touching", a = "finger"', "stages.1.checks.pinched.all.1.any.0.a", "'fingers'?"),
    (
        '"height", thing = "target"',
        '"height", thing = "cup"',
        "stages.2.reward.height.thing",
        "nothing is called 'cup'",
    ),
    ("weight = 5", 'weight = "5"', "stages.0.reward.approach.weight", "expected a number"),
    ("approach = {", "bonus = {", "stages.0.reward.bonus", "is reserved for the bonus of the stage"),
    ("effort = {", '"reach.bonus" = {', "stages.0", "its reward term 'reach.bonus' is one of [reward] too"),
    ("[[stages]]", "[stages]", "stages", ""),
]


@pytest.mark.parametrize(("old", "new", "key", "remedy"), MISTAKES)
def test_a_mistake_in_a_stage_is_refused_in_one_line(old: str, new: str, key: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_task(write_staged_task(tmp_path, (old, new)))
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("staged.toml: ")
    if remedy:
        assert str(error.value).startswith(f"staged.toml: {key}: ")
        assert remedy in str(error.value)


def test_a_task_needs_success_or_stages(tmp_path: Path) -> None:
    file = write_staged_task(tmp_path)
    head, tail = file.read_text(encoding="utf-8").split("[[stages]]", 1)
    bare = head.replace('stage  = { term = "stage" }\n', "")
    file.write_text(bare + "[failure]" + tail.split("[failure]")[1], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^staged.toml: success: is missing or empty; .* or add \[\[stages\]\]$"):
        load_task(file)


def test_the_current_stage_is_observed_only_with_stages(tmp_path: Path) -> None:
    task = load_task("reach")
    observe = {**task.observe, "task": {"stage": {"term": "stage"}}}
    with pytest.raises(
        ConfigError, match=r"^reach.toml: observe.task.stage: 'reach' has no stages; add \[\[stages\]\]"
    ):
        load_task(Task(**{**vars(task), "observe": observe}))


@pytest.mark.parametrize("path", ["stages.0.bonus", "stages.reach.bonus"])
def test_stages_define_the_task_so_that_none_of_their_fields_varies(path: str, tmp_path: Path) -> None:
    file = write_staged_task(tmp_path)
    with pytest.raises(ConfigError, match=r"no field 'stages'"):
        load_task(file, [f"{path}=2"])
    with pytest.raises(ConfigError, match=r"no field 'stages'"):
        TaskEnv(file, variations={path: {"uniform": [0.0, 2.0]}})


def test_a_task_with_stages_survives_a_manifest(tmp_path: Path) -> None:
    task = load_task(write_staged_task(tmp_path))
    assert [stage.name for stage in task.stages] == list(STAGES)
    assert build(Task, to_plain_data(asdict(task)), Location("manifest.json")) == task
    assert load_task(task) == task


def test_terms_of_a_user_stand_in_stages_and_composite_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "stage_terms.py").write_text(
        "def high(after):\n    return after.position('palm')[2] > 0\n\n"
        "def late(after):\n    return float(after.stage)\n",
        encoding="utf-8",
    )
    high = '{ any = [{ term = "stage_terms:high" }] }'
    file = write_staged_task(
        tmp_path, (CLOSE, f"close = {high}"), (APPROACH, 'approach = { term = "stage_terms:late", weight = 5 }')
    )
    task = load_task(file)
    assert list_modules(task) == ["stage_terms"]
    with TaskEnv(task) as env:
        env.reset(seed=0)
        _, _, _, _, info = env.step(env.action_space.low * 0)
    assert info["stage"] == "grasp"
    assert info["reward_terms"]["reach.approach"] == 0.0
