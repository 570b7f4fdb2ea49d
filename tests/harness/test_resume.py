"""Interrupted evaluations: killed, stopped by Ctrl-C or a full disk, and resumed to the same bytes."""

import json
import os
import random
import resource
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from short_evaluations import evaluate, make_evaluate_command, read_sorted_records

from mygym_lite.harness.run_folder import EPISODES, MANIFEST, RunFolder, RunFolderWriter

pytestmark = pytest.mark.usefixtures("user_module")


def test_more_episodes_extend_a_finished_run(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    longer = evaluate(tmp_path / "run", episodes=3, workers=2)
    assert len(longer.records) == 16 * 3
    assert read_sorted_records(finished_run) == sorted(
        line for line in read_sorted_records(longer.folder) if json.loads(line)["seed"] < 2
    )
    assert longer.run.manifest["episodes"] == 3


def test_an_incomplete_last_record_is_run_again(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    episodes = tmp_path / "run" / EPISODES
    episodes.write_bytes(episodes.read_bytes()[:-200])
    assert read_sorted_records(evaluate(tmp_path / "run", workers=1).folder) == read_sorted_records(finished_run)


@given(share=st.floats(0, 1), garbage=st.binary(max_size=5000))
def test_bytes_after_the_last_whole_record_are_removed(finished_run, share, garbage):
    whole = (finished_run / EPISODES).read_bytes()
    cut = round(share * len(whole))
    lines = whole[:cut].count(b"\n")
    with TemporaryDirectory() as folder:
        shutil.copy(finished_run / MANIFEST, folder)
        (Path(folder) / EPISODES).write_bytes(whole[:cut] + garbage.replace(b"\n", b" "))
        with RunFolderWriter.create_or_resume(folder, RunFolder.open(finished_run).manifest) as run:
            assert (run.folder / EPISODES).read_bytes() == b"".join(whole.splitlines(keepends=True)[:lines])
            assert len(run.read_records()) == lines


def test_killed_runs_resume_to_the_same_result(tmp_path):
    whole = subprocess.run(make_evaluate_command("whole"), capture_output=True, text=True, check=True)
    assert "mine:zero" in whole.stdout
    for attempt in range(3):
        try:
            seconds = random.Random(attempt).uniform(2.2, 3.6)
            subprocess.run(
                make_evaluate_command("killed"), capture_output=True, timeout=seconds, check=False
            )  # then SIGKILL
        except subprocess.TimeoutExpired:
            pass
    subprocess.run(make_evaluate_command("killed"), capture_output=True, check=True)
    assert read_sorted_records(tmp_path / "killed") == read_sorted_records(tmp_path / "whole")
    for name in ("summary.json", "summary.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_an_interrupt_leaves_a_valid_run(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLS", "105")  # ten an episode
    monkeypatch.setenv("SIGNAL", "SIGINT")
    ended = subprocess.run(
        make_evaluate_command("run", policy="mine:signals_parent"), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 130
    assert "run the same command to resume" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(RunFolder.open("run").read_records()) == 10
    monkeypatch.delenv("CALLS")
    subprocess.run(make_evaluate_command("run", policy="mine:signals_parent"), capture_output=True, check=True)
    assert [record.episode for record in RunFolder.open("run").read_records()] == list(range(30))


def run_with_file_limit(folder: Path, out: str, limit: int) -> subprocess.CompletedProcess[str]:
    """Evaluate where no file may become larger than this."""
    return subprocess.run(
        make_evaluate_command(out), capture_output=True, text=True, check=False, cwd=folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip


def test_a_file_size_limit_ends_the_run_and_it_resumes(finished_run, tmp_path):  # after kernels have been compiled
    ended = run_with_file_limit(tmp_path, "run", 25_000)
    assert ended.returncode == 2
    assert "cannot be written" in ended.stderr
    assert "run the same command to resume" in ended.stderr
    assert "Traceback" not in ended.stderr
    kept = RunFolder.open(tmp_path / "run").read_records()
    assert 0 < len(kept) < 30
    assert (tmp_path / "run" / EPISODES).read_bytes().endswith(b"\n")
    subprocess.run(make_evaluate_command("run"), capture_output=True, check=True)
    assert len(RunFolder.open(tmp_path / "run").read_records()) == 30


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount")
def test_a_full_disk_ends_the_run_and_it_resumes(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        ended = subprocess.run(make_evaluate_command(disk / "run"), capture_output=True, text=True, check=False)
        assert (ended.returncode, "No space left on device" in ended.stderr) == (2, True)
        kept = RunFolder.open(disk / "run").read_records()
        assert 0 < len(kept) < 30
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        subprocess.run(make_evaluate_command(disk / "run"), capture_output=True, check=True)
        assert RunFolder.open(disk / "run").read_records()[: len(kept)] == kept
        assert len(RunFolder.open(disk / "run").read_records()) == 30
    finally:
        subprocess.run(["umount", disk], check=False)
