"""Success of the scripted expert by task, robot and engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engines import require_engine

import mygym_lite as mg
from mygym_lite.config.task import list_tasks
from mygym_lite.errors import MyGymError
from mygym_lite.perception.targets import is_locatable
from mygym_lite.studies.expert.study import World
from mygym_lite.studies.expert.table import PERCEPTION_MARKS
from mygym_lite.terms import load_task

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_engine("mujoco")
    folder = tmp_path_factory.mktemp("expert")
    mg.study_expert(
        ["push", "reach"],
        ["humanoid_left", "panda"],
        out=folder / "results",
        runs=folder / "runs",
        episodes=2,
        workers=1,
    )
    return folder


def test_each_robot_and_engine_has_a_result(folder: Path) -> None:
    results = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in (folder / "results").iterdir()}
    assert set(results) == {
        f"{robot}-{engine}" for robot in ("humanoid_left", "panda") for engine in ("bullet", "mujoco")
    }
    for result in results.values():
        assert {task: nominal["successes"] for task, nominal in result["tasks"].items()} == {"push": 2, "reach": 2}


def study_left_arm(tasks: list[str], folder: Path) -> dict[str, Any]:
    options: dict[str, Any] = dict(out=folder / "results", runs=folder / "runs", episodes=2, workers=1)
    [result] = mg.study_expert(tasks, ["humanoid_left"], ["bullet"], **options)
    return result


def test_a_result_that_is_up_to_date_is_kept(folder: Path) -> None:
    runs = {file: file.read_bytes() for file in folder.glob("runs/*/*/episodes.jsonl")}
    assert len(runs) == 8
    study_left_arm(["push", "reach"], folder)
    assert {file: file.read_bytes() for file in runs} == runs


def test_a_result_is_completed_by_other_tasks(tmp_path: Path) -> None:
    seen = study_left_arm(["reach"], tmp_path)["tasks"]
    both = study_left_arm(["push"], tmp_path)
    assert both["tasks"]["reach"] == seen["reach"]
    assert list(both["tasks"]) == ["reach", "push"]
    assert both["command"].startswith("mygym-lite study expert reach push --robots humanoid_left")


def test_the_table_lists_tasks_by_family(folder: Path, run: Run) -> None:
    code, table, _ = run("study", "expert", "--out", folder / "results", "--table")
    head, _, first, second = table.splitlines()
    assert code == 0
    assert head == (
        "| task | `humanoid_left`, PyBullet | `humanoid_left`, MuJoCo | `panda`, PyBullet | `panda`, MuJoCo "
        "| time, s | peak force, N |"
    )
    assert first.startswith("| `reach` | 100 (34 to 100) |")
    assert second.startswith("| `push` | 100 (34 to 100) |")


def test_the_expert_acts_on_estimated_poses(tmp_path: Path, run: Run) -> None:
    world = ["--robots", "humanoid_right", "--engines", "bullet"]
    folders = ["--out", tmp_path / "results", "--runs", tmp_path / "runs"]
    code, _, _ = run(
        "study", "expert", "reach", *world, *folders, "--perception", "reach", "--episodes", "2", "--workers", "1"
    )
    assert code == 0
    result = json.loads((tmp_path / "results" / "humanoid_right-bullet-reach.json").read_text(encoding="utf-8"))
    assert result["perception"]["name"] == "reach"
    assert result["command"].endswith("--perception reach")
    page = tmp_path / "page.md"
    page.write_text("\n".join(PERCEPTION_MARKS), encoding="utf-8")
    run("study", "expert", "--perception", "reach", *folders[:2], "--insert-into", page)
    assert "| `reach` |" in page.read_text(encoding="utf-8")


def test_only_tasks_whose_objects_can_be_located_are_solved_through_perception() -> None:
    metadata = mg.PoseEstimator.load("reach").metadata
    locatable = [name for name in list_tasks() if is_locatable(load_task(name), metadata)]
    assert "reach" in locatable
    assert not {"reach_pose", "flip", "upright", "push_t"} & set(locatable)


def test_a_task_that_only_some_were_run_on_has_a_dash(folder: Path, tmp_path: Path, run: Run) -> None:
    for file in (folder / "results").iterdir():
        result = json.loads(file.read_text(encoding="utf-8"))
        if result["robot"] == "panda":
            del result["tasks"]["push"]
        (tmp_path / file.name).write_text(json.dumps(result), encoding="utf-8")
    _, table, _ = run("study", "expert", "--out", tmp_path, "--table")
    assert table.splitlines()[-1].count("| - ") == 2


def test_a_robot_from_a_file_is_named_by_it() -> None:
    assert World("robots/own_arm.toml", "bullet").name == "own_arm-bullet"


def test_a_table_needs_results(tmp_path: Path, run: Run) -> None:
    code, _, error = run("study", "expert", "--out", tmp_path, "--table")
    assert (code, "no stored results" in error) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["reech"],), "no task of that name is shipped; did you mean 'reach'"),
        ((["reach"], ["pandaa"]), "no robot of that name is shipped; did you mean 'panda'"),
        ((["reach"], ["panda"], ["mujco"]), "no engine 'mujco'; did you mean 'mujoco'"),
    ],
)
def test_bad_names_are_refused(arguments: tuple[list[str], ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(MyGymError, match=message):
        mg.study_expert(*arguments, out=tmp_path / "results", runs=tmp_path / "runs", episodes=1)  # type: ignore[arg-type]
