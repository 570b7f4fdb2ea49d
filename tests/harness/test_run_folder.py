"""Run folders: what they refuse to mix, to overwrite or to read."""

import json
import shutil

import pytest
from short_evaluations import POLICIES, SHORT, TASKS, evaluate, read_sorted_records

import mygym_lite as mg
from mygym_lite.errors import UsageError
from mygym_lite.harness.run_folder import EPISODES, MANIFEST, RunFolder, RunFolderWriter

pytestmark = pytest.mark.usefixtures("user_module")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ["reach"]}, "tasks.grasp was"),
        ({"suite": "nominal"}, "suite"),
        ({"policies": ["random"]}, "policies.expert was"),
        ({"seed": 5}, "seed was 0, is 5"),
    ],
)
def test_another_run_in_the_folder_is_refused_with_the_difference(finished_run, tmp_path, change, message):
    shutil.copytree(finished_run, tmp_path / "run")
    before = read_sorted_records(tmp_path / "run")
    with pytest.raises(UsageError, match=message) as caught:
        evaluate(tmp_path / "run", **{"workers": 1, **change})
    assert "give a new --out" in str(caught.value)
    assert read_sorted_records(tmp_path / "run") == before


def test_a_changed_task_is_refused_with_the_field(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    with pytest.raises(UsageError, match=r"objects\.target\.mass was absent, is 0\.5"):
        mg.evaluate(
            list(POLICIES), list(TASKS[1:]), "two.toml", 2, out=tmp_path / "run",
            settings=[*SHORT, "objects.target.mass=0.5"],
        )  # fmt: skip


def test_a_changed_policy_is_refused(tmp_path, user_module):
    evaluate(tmp_path / "run", ["mine:zero"], ["grasp"], "nominal", 1, workers=1)
    user_module.write_text(user_module.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"policies\.mine:zero"):
        evaluate(tmp_path / "run", ["mine:zero"], ["grasp"], "nominal", 1, workers=1)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("All is well.", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty and holds no run"):
        evaluate(tmp_path / "thesis")
    assert [file.name for file in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_second_writer_is_refused(finished_run, tmp_path):
    manifest = RunFolder.open(finished_run).manifest
    with RunFolderWriter.create_or_resume(tmp_path / "run", manifest):
        before = (tmp_path / "run" / MANIFEST).read_bytes()
        second = RunFolderWriter.create_or_resume(
            tmp_path / "run", manifest | {"command": "mygym-lite evaluate, again"}
        )
        with pytest.raises(UsageError, match="another process is writing this run"), second:
            pass
        assert (tmp_path / "run" / MANIFEST).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 100}, "line 1 has number 0 and seed 0, which do not fit the plan of the manifest"),
        (
            {"policies": {"other": {"source": "expert", "digest": "0"}}},
            "line 1 is of expert on reach under two, nominal",
        ),
        ({"tasks": {}}, "line 1 is of expert on reach under two, nominal 0, which the manifest does not plan"),
    ],
)
def test_records_of_another_run_are_refused(finished_run, tmp_path, change, message):
    shutil.copytree(finished_run, tmp_path / "run")
    file = tmp_path / "run" / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        RunFolder.open(tmp_path / "run").read_records()


def test_a_deleted_folder_is_an_error_at_the_next_episode(finished_run, tmp_path):
    with RunFolderWriter.create_or_resume(tmp_path / "run", RunFolder.open(finished_run).manifest) as run:
        first, second, *_ = RunFolder.open(finished_run).read_records()
        run.append(first)
        shutil.rmtree(tmp_path / "run")
        with pytest.raises(UsageError, match="was deleted or moved while it was written"):
            run.append(second)


def test_an_edited_record_is_refused(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    file = tmp_path / "run" / EPISODES
    file.write_text(file.read_text(encoding="utf-8").replace('"success":false', '"success":true', 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"line \d+ episode \d+ was changed"):
        RunFolder.open(tmp_path / "run").read_records()


@pytest.mark.parametrize(("folder", "message"), [("nowhere", "holds no run"), (".", "holds no run")])
def test_a_folder_without_a_run_is_refused(folder, message):
    with pytest.raises(UsageError, match=message):
        RunFolder.open(folder)
