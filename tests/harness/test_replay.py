"""Replays of the episodes of a run."""

import json
import shutil

import pytest

import mygym_lite as mg
from mygym_lite.errors import UsageError
from mygym_lite.harness.run_folder import EPISODES, MANIFEST, RunFolder
from mygym_lite.rollout.record import EpisodeRecord

pytestmark = pytest.mark.usefixtures("user_module")


def test_a_replay_is_identical(finished_run, tmp_path):
    run = RunFolder.open(finished_run)
    for record in (run.read_records()[0], run.read_records()[-1]):
        again = mg.replay(run, record)
        assert (again.identical, again.differences) == (True, [])
    filmed = mg.replay(finished_run, run.read_records()[-1].episode, video=tmp_path / "film.webm", size=(160, 120))
    assert filmed.identical
    assert (tmp_path / "film.webm").stat().st_size > 1000


def test_a_different_replay_names_the_differing_fields(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    file = tmp_path / "run" / EPISODES
    first, *others = file.read_text(encoding="utf-8").splitlines(keepends=True)
    record = EpisodeRecord.from_line(first)
    table = {**{name: value for name, value in vars(record).items() if name != "digest"}, "energy": 0.0}
    file.write_text(EpisodeRecord(**table).to_line() + "".join(others), encoding="utf-8")
    again = mg.replay(tmp_path / "run", record.episode)
    assert (again.identical, again.differences) == (False, ["energy"])


def test_a_replay_of_an_unknown_episode_is_refused(finished_run):
    with pytest.raises(UsageError, match="holds no episode 999; its numbers are 0 to 31"):
        mg.replay(finished_run, 999)


def test_a_run_of_another_simulation_cannot_be_replayed(finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    file = tmp_path / "run" / MANIFEST
    table = json.loads(file.read_text(encoding="utf-8")) | {"simulation": "0" * 32}
    file.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(UsageError, match="whose code or assets were others"):
        mg.replay(tmp_path / "run", 0)
