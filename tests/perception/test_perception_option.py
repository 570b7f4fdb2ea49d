"""Evaluations and commands with weights of perception."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from blind_estimators import SIZE, make_blind_estimator

import mygym_lite as mg
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.run_folder import RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.perception.metadata import find_estimator

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.05")


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return make_blind_estimator().save(tmp_path_factory.mktemp("perception") / "blind")


def test_the_manifest_names_the_perception_weights(weights, tmp_path):
    plan = prepare_evaluation("expert", ["reach"], episodes=1, settings=SHORT, perception=weights).plan
    with (
        RunFolderWriter.create_or_resume(tmp_path / "run", build_manifest(plan, SHORT)) as run,
        closing(EpisodeRunner(plan)) as stage,
    ):
        record = stage.run_job(0)
        run.append(record)
    noted = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["perception"]
    assert (noted["name"], noted["source"], noted["size"]) == ("blind", str(weights), list(SIZE))
    assert not record.success
    assert mg.replay(tmp_path / "run", 0).identical
    with pytest.raises(UsageError, match="is another one than in the run"):
        mg.replay(tmp_path / "run", 0, perception=make_blind_estimator(1).save(tmp_path / "blind"))


def test_a_run_is_not_resumed_with_other_weights(weights, tmp_path):
    def begun(perceive):
        plan = prepare_evaluation("expert", ["reach"], episodes=1, perception=perceive).plan
        with RunFolderWriter.create_or_resume(tmp_path / "run", build_manifest(plan)):
            pass

    begun(weights)
    begun(weights)
    with pytest.raises(UsageError, match=r"holds another run: perception was \{.*, is absent"):
        begun(None)
    other = make_blind_estimator(classes=("cube",)).save(tmp_path / "other")
    with pytest.raises(UsageError, match=r'perception.classes was \["cube", "ball", "goal"\], is \["cube"\]'):
        begun(other)


def test_the_command_accepts_a_folder_of_weights(weights, run):
    short = ["--set", SHORT[0], "--set", SHORT[1], "--episodes", "1"]
    code, printed, _ = run("watch", "grasp", "--perception", weights, *short)
    assert (code, "0 of 1 solved" in printed) == (0, True)
    code, _, errors = run("watch", "grasp", "--perception", f"{weights}s", *short)
    assert (code, "no such folder" in errors) == (2, True)


@pytest.mark.parametrize(
    ("file", "message"), [("perception.json", "cannot be read"), ("weights.safetensors", "damaged")]
)
def test_damaged_weights_are_refused_in_one_line(weights, tmp_path, run, file, message):
    make_blind_estimator().save(tmp_path / "broken")
    (tmp_path / "broken" / file).unlink()
    if message == "damaged":
        (tmp_path / "broken" / file).write_bytes(b"nothing")
    code, _, errors = run("evaluate", "grasp", "--perception", tmp_path / "broken", "--out", tmp_path / "run")
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1


def test_a_missing_folder_is_an_error():
    with pytest.raises(ConfigError, match="perception nowhere: no such folder"):
        find_estimator("nowhere")
