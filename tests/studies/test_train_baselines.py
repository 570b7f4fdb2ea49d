"""Baselines are trained anew by the commands that they declare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mygym_lite as mg
from mygym_lite.errors import MyGymError
from mygym_lite.policies.metadata import read_metadata
from mygym_lite.studies.baselines.declared import read_baselines
from mygym_lite.studies.baselines.training import train_baselines

DECLARED = """
schema = 1

[baselines.expert]
policy   = "expert"
task     = "reach"
method   = "script"
observes = "state"

[baselines.small]
policy           = "reach_small"
task             = "reach"
method           = "cloning"
observes         = "state"
training_command = "mygym-lite train imitate reach --episodes 2 --epochs 1"

[baselines.estimated]
policy           = "reach_small"
task             = "reach"
method           = "cloning"
observes         = "cameras, through perception"
training_command = "mygym-lite train imitate reach --episodes 2 --epochs 1"
perception       = "reach"

[baselines.tuned]
policy           = "reach_tuned"
task             = "reach"
method           = "cloning, continued"
observes         = "state"
start_command    = "mygym-lite train imitate reach --episodes 2 --epochs 1"
training_command = "mygym-lite train imitate reach --episodes 3 --epochs 1"

[baselines.broken]
policy           = "reach_broken"
task             = "reach"
method           = "none"
observes         = "state"
training_command = "mygym-lite train imitate reech"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("declared") / "baselines.toml"
    file.write_text(DECLARED, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def trained(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    train_baselines(["small", "estimated", "tuned"], out, baselines_file=file, workers=2)
    return out


def test_each_policy_is_trained_once(trained: Path) -> None:
    assert sorted(folder.name for folder in trained.iterdir()) == ["reach_small-0", "reach_tuned-0"]
    assert read_metadata(trained / "reach_tuned-0").provenance["start"] == ".reach_tuned-0-start"
    assert (
        mg.evaluate(str(trained / "reach_small-0"), "reach", episodes=1, workers=1).records[0].failure != "policy_error"
    )


def test_finished_trainings_are_kept(trained: Path, file: Path) -> None:
    weights = trained / "reach_small-0" / "weights.safetensors"
    written = weights.stat().st_mtime_ns
    folders = train_baselines(["small"], trained, seeds=2, baselines_file=file, workers=1)
    assert [folder.name for folder in folders] == ["reach_small-0", "reach_small-1"]
    assert weights.stat().st_mtime_ns == written
    assert read_metadata(folders[1]).provenance["training"]["seed"] == 1  # type: ignore[index, call-overload]


def test_a_baseline_without_training_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(MyGymError, match=r"baseline 'expert' in baselines.toml has no training_command; leave it out"):
        train_baselines(["expert"], tmp_path, baselines_file=file)


def test_a_failing_command_is_reported_with_its_reason(file: Path, tmp_path: Path) -> None:
    with pytest.raises(
        MyGymError, match=r"train imitate reech .*no task of that name is shipped; did you mean 'reach'"
    ):
        train_baselines(["broken"], tmp_path, baselines_file=file, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_baseline_is_refused(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, _, error = run("train", "baselines", "grasp_bcc", "--out", tmp_path / "out")
    assert (code, error.strip()) == (
        2,
        "mygym-lite: no baseline 'grasp_bcc' in baselines.toml; did you mean 'grasp_bc'?",
    )


def test_baselines_of_one_policy_have_one_training(tmp_path: Path) -> None:
    file = tmp_path / "baselines.toml"
    row = 'policy = "reach_small"\ntask = "reach"\nmethod = "cloning"\nobserves = "state"\ntraining_command = "{}"\n'
    file.write_text(
        "schema = 1\n" + "".join(f"[baselines.{name}]\n{row.format(name)}" for name in ("one", "other")), "utf-8"
    )
    with pytest.raises(MyGymError, match=r"baselines.other.training_command: is not that of one, which has the same"):
        read_baselines(file)
