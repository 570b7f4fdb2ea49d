"""Full disks: one line says where and why, and nothing that took long is lost."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.demonstrations.formats.minari_writer import write_episodes
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.saved import load_policy
from mygym_lite.viz.image_files import write_png


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 KiB."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount")
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path / "disk")]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield tmp_path / "disk"
    subprocess.run(["umount", str(tmp_path / "disk")], check=False)


def fill(disk: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        (disk / "other").write_bytes(bytes(100_000))


@pytest.fixture
def policy():
    env = TaskEnv("reach")
    layers = [(np.zeros((8, 30)), np.zeros(8)), (np.zeros((4, 8)), np.zeros(4))]
    yield MlpPolicy.from_layers(env, layers, np.zeros(30), np.ones(30))
    env.close()


def test_weights_that_do_not_fit_are_saved_elsewhere(disk, policy, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fill(disk)
    with pytest.raises(UsageError, match="No space left on device") as caught:
        policy.save(disk / "policy")
    rescued = Path(re.search(r"are in (\S+): make room, and move them", str(caught.value))[1])
    assert rescued.is_relative_to(tmp_path)
    assert load_policy(rescued).act
    assert sorted(file.name for file in rescued.iterdir()) == ["policy.json", "weights.safetensors"]


def test_a_full_disk_keeps_the_previous_policy(disk, policy, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    policy.save(disk / "policy")
    before = {file.name: file.read_bytes() for file in (disk / "policy").iterdir()}
    fill(disk)
    with pytest.raises(UsageError, match="No space left on device"):
        policy.save(disk / "policy")
    assert {file.name: file.read_bytes() for file in (disk / "policy").iterdir()} == before


def test_an_image_that_cannot_be_written_is_an_error(disk):
    fill(disk)
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    with pytest.raises(UsageError, match=r"picture\.png: cannot be written \(No space left on device\)"):
        write_png(disk / "picture.png", picture)


def test_demonstrations_are_not_started_on_a_full_disk(disk):
    with pytest.raises(UsageError, match=r"cannot be written \(No space left on device\); make room") as caught:
        mg.record("reach", "random", 1, disk / "shown", workers=1, settings=["episode.seconds=0.5"])
    assert "\n" not in str(caught.value)
    with pytest.raises(OSError, match="No space"):  # before HDF5 has begun a file that it could not close
        write_episodes(disk / "main_data.hdf5", [])
    assert not (disk / "main_data.hdf5").exists()
