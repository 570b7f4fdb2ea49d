"""Search for the combination of perturbations with which a policy succeeds least."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mygym_lite as mg
from mygym_lite.errors import MyGymError
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.studies.worst_case.plan import WorstCasePlan
from mygym_lite.terms import load_task

SEARCH: dict[str, Any] = dict(severity=3, candidates=6, first_episodes=2, episodes=4, workers=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worst_case") / "study"
    mg.study_worst_case("reach", "reach_bc", folder, **SEARCH)
    return folder


def test_half_of_the_combinations_remains(folder: Path) -> None:
    result = json.loads((folder / "worst_case.json").read_text(encoding="utf-8"))
    assert len(result["candidates"]) == 6
    assert result["nominal"]["episodes"] == 4
    for combination in result["combinations"]:
        assert "+".join(combination["axes"]) in result["candidates"]
        assert combination["search"]["episodes"] == 2
        assert combination["measured"]["episodes"] == 4
    rates = [combination["measured"]["success"]["value"] for combination in result["combinations"]]
    assert rates == sorted(rates)
    assert len(rates) == 3


def test_the_measurement_uses_seeds_of_its_own(folder: Path) -> None:
    seeds = {run.name: {e.seed for e in RunFolder.open(run).read_records()} for run in (folder / "rounds").glob("*/")}
    assert seeds == {"round_1": {0, 1}, "worst_case": {2, 3, 4, 5}}


def test_the_suite_applies_both_axes_at_their_level(folder: Path) -> None:
    task, suite = load_task("reach"), load_suite(folder / "worst_case.toml")
    source = {axis.name: axis for axis in load_suite("sim2real").axes}
    for combination in suite.axes:
        separate = [v for name in combination.name.split("+") for v in source[name].build_variations(task, 3) or ()]
        assert [v.to_dict() for v in combination.build_variations(task, 3) or ()] == [v.to_dict() for v in separate]


def test_a_finished_search_is_kept(folder: Path) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("episodes.jsonl")}
    mg.study_worst_case("reach", "reach_bc", folder, **SEARCH)
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(("candidates", "rounds"), [(1, []), (3, []), (4, [3]), (32, [16, 8, 4, 3]), (7, [4, 3])])
def test_rounds_halve_the_combinations(candidates: int, rounds: list[int]) -> None:
    assert WorstCasePlan("grasp", "expert", Path(), candidates=candidates).rounds == rounds


@pytest.mark.parametrize(("size", "count"), [(1, 18), (2, 20), (6, 20)])
def test_combinations_change_no_field_twice(size: int, count: int) -> None:
    plan = WorstCasePlan("grasp", "expert", Path(), size=size, candidates=20)
    names = [axis.name for axis in plan.combinations]
    assert len(names) == len(set(names)) == count  # the expert feels 18 axes
    assert all(name.count("+") == size - 1 for name in names)
    for axis in plan.combinations:
        assert axis.select_variations(plan.loaded_task, plan.severity) is not None


def test_the_command_prints_a_table(tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    words = ["--candidates", "3", "--episodes", "2", "--workers", "1", "--out", tmp_path / "study"]
    code, table, _ = run("study", "worst_case", "reach", "--policy", "zero", *words)
    assert code == 0
    assert "| none | 0 (0 to 66) | - |" in table


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(severity=6), "severity: sim2real has none of 6; give one of 1, 2, 3, 4, 5"),
        (dict(suite="combined"), "suite combined: combines axes itself; name one that declares axes"),
        (dict(size=90), "size: 90 axes at once, but 18 of sim2real affect expert on grasp; give at most that"),
        (dict(size=18), "size: no 18 axes of sim2real change different fields of grasp; give fewer"),
        (dict(candidates=0), "candidates"),
        (dict(suite="sim2reel"), "sim2reel"),
    ],
)
def test_bad_searches_are_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(MyGymError, match=message):
        mg.study_worst_case("grasp", "expert", tmp_path / "study", **options)
