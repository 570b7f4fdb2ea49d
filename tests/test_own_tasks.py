"""Tasks, terms and robots that a user brings: they work like the shipped ones, and mistakes are one line."""

from __future__ import annotations

from pathlib import Path

import pytest

import mygym_lite
from mygym_lite import cli
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, UsageError
from mygym_lite.harness.dataset.make import make_dataset

TOUCH = """
schema  = 1
name    = "touch"
about   = "Bring the palm to a can."
episode = { seconds = 2, control_hz = 20 }
robot   = { model = "kuka", control = "ee_translation" }

[cameras]
front = { position = [1.2, -0.6, 0.6], look_at = [0.45, 0.0, 0.1] }

[objects.target]
model    = "can"
position = [0.45, 0.0, 0.0]

[observe.all]
offset = { term = "offset", of = "palm", to = "target", scale = 4 }

[success]
touched = { term = "touching", a = "palm", b = "target" }
"""


@pytest.fixture
def task_file(tmp_path: Path) -> Path:
    file = tmp_path / "touch.toml"
    file.write_text(TOUCH, encoding="utf-8")
    return file


def approach(observation: dict) -> list[float]:
    """Straight to the can."""
    return [max(-1.0, min(1.0, 5.0 * x)) for x in observation["all"].tolist()]


def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[int, str]:
    """Exit code of `mygym-lite WORDS`, and all that it printed."""
    monkeypatch.setattr("sys.argv", ["mygym-lite", *map(str, words)])
    code = cli.main()
    return code, "".join(capfd.readouterr())


# --- robots without a hand


def test_a_robot_without_a_hand_plays_a_task_that_needs_none(task_file, tmp_path):
    result = mygym_lite.evaluate(approach, task_file, episodes=1, workers=1, out=tmp_path / "run")
    (record,) = result.records
    assert record.success and record.force["hand_object"].peak > 0.0


def test_it_is_watched_and_recorded_and_pictured(task_file, tmp_path, capfd, monkeypatch):
    code, printed = command(capfd, monkeypatch, "watch", task_file, "--policy", "random", "--episodes", 1)
    assert (code, "random on touch" in printed) == (0, True)
    assert len(mygym_lite.record(task_file, "random", episodes=1, workers=1)) == 1
    made = make_dataset(task_file, tmp_path / "pictures", images=2, size=(32, 32), randomization="none", workers=1)
    assert made.card["images"] == 2


def test_a_task_that_needs_a_hand_says_which_robot_has_none(capfd, monkeypatch):
    code, printed = command(capfd, monkeypatch, "show", "grasp", "--robot", "kuka")
    assert (code, printed.count("\n")) == (2, 1)
    assert "kuka has no hand; choose another robot, or leave this term out" in printed


def test_terms_of_a_grasp_need_a_hand(task_file):
    grasps = TOUCH.replace('"touching", a = "palm", b = "target"', '"grasped", thing = "target"')
    task_file.write_text(grasps, encoding="utf-8")
    with pytest.raises(SpecError, match=r"touch\.toml: success\.touched\.thing: kuka has no hand; choose another"):
        mygym_lite.load_task(task_file)


def test_the_expert_refuses_to_take_an_object_without_a_hand(task_file):
    with TaskEnv(task_file) as env, pytest.raises(UsageError, match="and kuka has no hand; use another policy or rob"):
        mygym_lite.make_policy("expert", env)
