"""Adaptation of a policy to changed worlds, by a few demonstrations there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import mygym_lite as mg
from mygym_lite.errors import MyGymError
from mygym_lite.policies.metadata import read_metadata, read_weights
from mygym_lite.policies.saved import find_policy_folder

WORLDS = {"left": ["robot.model=humanoid_left"], "short": ["robot.joint_step=0.05", "episode.seconds=2"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adaptation") / "study"
    mg.study_adaptation("reach", "reach_bc", WORLDS, folder, experience=(0, 1), episodes=2, workers=1)
    return folder


def test_each_world_has_a_curve_beside_training_anew(folder: Path) -> None:
    worlds = json.loads((folder / "adaptation.json").read_text(encoding="utf-8"))["worlds"]
    assert list(worlds) == ["left", "short"]
    for name, world in worlds.items():
        assert world["changes"] == WORLDS[name]
        assert list(world["start"]) == ["0", "1"]
        assert list(world["anew"]) == ["1"]
        assert all(nominal["episodes"] == 2 for nominal in world["start"].values())


def test_without_experience_the_policy_acts_as_it_is(folder: Path) -> None:
    moved, own = folder / "policies" / "left-start-0", find_policy_folder("reach_bc")
    assert read_metadata(moved).robot == "humanoid_left"
    weights = read_weights(own)
    assert all((tensor == weights[name]).all() for name, tensor in read_weights(moved).items())


def test_demonstrations_are_of_the_changed_world(folder: Path) -> None:
    metadata = read_metadata(folder / "policies" / "short-start-1")
    assert metadata.provenance["settings"] == WORLDS["short"]
    assert metadata.provenance["start"] == "reach_bc"
    assert metadata.provenance["demonstrations"]["episodes"] == 1  # type: ignore[index]
    assert read_metadata(folder / "policies" / "short-anew-1").provenance["start"] is None


def test_a_study_is_continued(folder: Path) -> None:
    before = (folder / "adaptation.json").read_bytes()
    trained = {file: file.stat().st_mtime_ns for file in folder.rglob("weights.safetensors")}
    mg.study_adaptation("reach", "reach_bc", WORLDS, folder, experience=(0, 1), episodes=2, workers=1)
    assert (folder / "adaptation.json").read_bytes() == before
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("weights.safetensors")} == trained


def test_the_command_prints_a_table(tmp_path: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    world = ["--world", "slow", "robot.time_constant=0.06"]
    study = ["study", "adaptation", "reach", "--policy", "reach_bc", *world, "--experience", "0", "--episodes", "2"]
    code, table, _ = run(*study, "--workers", "1", "--out", tmp_path / "study")
    assert code == 0
    assert "| `slow` | 0 | 100 (34 to 100) | - |" in table


@pytest.mark.parametrize(
    ("policy", "worlds", "message"),
    [
        ("reach_bc", {}, "worlds: none; name one"),
        ("reach_bc", {"same": []}, "worlds: same changes nothing"),
        ("reach_bc", {"a/b": ["physics.engine=bullet"]}, "'a/b' is no name of a world"),
        ("reach_bc", {"odd": ["robot.time_const=0.1"]}, "no field 'time_const'"),
        ("reach_bc", {"joints": ["robot.control=joint_delta"]}, "control mode is 'ee_translation' there"),
        ("grasp_bc", {"slow": ["robot.time_constant=0.06"]}, "start grasp_bc: control mode is 'joint_delta'"),
    ],
)
def test_bad_studies_are_refused(policy: str, worlds: dict[str, list[str]], message: str, tmp_path: Path) -> None:
    with pytest.raises(MyGymError, match=message):
        mg.study_adaptation("reach", policy, worlds, tmp_path / "study", episodes=2, workers=1)


def test_a_folder_of_another_study_is_refused(folder: Path) -> None:
    with pytest.raises(MyGymError, match="holds another adaptation study"):
        mg.study_adaptation("reach", "reach_bc", {"slow": ["robot.time_constant=0.06"]}, folder, workers=1)
