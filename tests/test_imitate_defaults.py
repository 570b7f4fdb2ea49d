"""How demonstrations are shown when nothing is said about it, and what is said where none succeeds."""

from contextlib import closing

import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, UsageError
from mygym_lite.learning.imitation.config import Lessons, read_lessons
from mygym_lite.learning.imitation.demonstrations import shown
from mygym_lite.learning.imitation.labelled_rollouts import Teacher
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.paths import tasks

FILES = sorted((tasks() / "imitate").glob("*.toml"))


def demonstrate(task, episodes, noise, settings=()):
    with closing(TaskEnv(task, settings=settings)) as env:
        return shown(env, Teacher(env), episodes, noise, 0, lambda _done, _total: None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_task_declares_is_its_default(file):
    assert Lessons.of(file.stem) == read_lessons(file)
    assert Lessons.of(file.stem, episodes=3).episodes == 3


def test_a_task_without_a_file_has_the_general_defaults():
    assert Lessons.of("reach") == Lessons()


def test_a_gentle_grasp_is_shown_with_its_defaults():
    assert len(demonstrate("grasp_gentle", 2, Lessons.of("grasp_gentle").noise).lengths) == 2


def test_it_may_be_shown_without_noise():
    assert len(demonstrate("reach", 2, 0.0).lengths) == 2


def test_too_much_noise_is_said_to_be_the_reason():
    with pytest.raises(UsageError, match="without noise the expert succeeds, so show it with less noise than 9"):
        demonstrate("reach", 2, 9.0, ["episode.seconds=2"])


def test_a_task_that_the_expert_cannot_solve_is_not_blamed_on_noise():
    with pytest.raises(UsageError, match="even without noise; make the task easier, or record a policy"):
        demonstrate("grasp", 2, 0.1, ["episode.seconds=0.5", "episode.hold_seconds=0.1"])


def test_noise_is_a_deviation(tmp_path):
    with pytest.raises(UsageError, match="noise is -1"):
        imitate("reach", "bc", tmp_path / "policy", lessons=Lessons(noise=-1.0))
    file = tmp_path / "reach.toml"
    file.write_text("schema = 1\nnoise = -1\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"imitate/reach\.toml: noise is -1"):
        read_lessons(file)
