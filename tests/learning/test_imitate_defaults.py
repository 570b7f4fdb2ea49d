"""How demonstrations are shown when nothing is said about it, and what is said where none succeeds."""

from contextlib import closing

import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.config import DemonstrationConfig, read_demonstration_config
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.paths import get_tasks_folder

FILES = sorted((get_tasks_folder() / "imitate").glob("*.toml"))


def demonstrate(task, episodes, noise, settings=()):
    with closing(TaskEnv(task, settings=settings)) as env:
        return collect_demonstrations(env, Expert.from_env(env), episodes, noise, 0, lambda _done, _total: None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_defaults_come_from_the_file_of_the_task(file):
    assert DemonstrationConfig.for_task(file.stem) == read_demonstration_config(file)
    assert DemonstrationConfig.for_task(file.stem, episodes=3).episodes == 3


def test_a_task_without_a_file_has_the_general_defaults():
    assert DemonstrationConfig.for_task("reach") == DemonstrationConfig()


def test_the_gentle_grasp_is_demonstrated_with_its_defaults():
    assert len(demonstrate("grasp_gentle", 2, DemonstrationConfig.for_task("grasp_gentle").noise).lengths) == 2


def test_demonstrations_without_noise_succeed():
    assert len(demonstrate("reach", 2, 0.0).lengths) == 2


def test_too_much_noise_is_reported_as_the_reason():
    with pytest.raises(UsageError, match="without noise the expert succeeds, so use less noise than 9"):
        demonstrate("reach", 2, 9.0, ["episode.seconds=2"])


def test_an_unsolvable_task_is_not_attributed_to_noise():
    with pytest.raises(UsageError, match="even without noise; make it easier, or record a policy"):
        demonstrate("grasp", 2, 0.1, ["episode.seconds=0.5", "episode.hold_seconds=0.1"])


def test_negative_noise_is_refused(tmp_path):
    with pytest.raises(UsageError, match="noise is -1"):
        imitate("reach", "bc", tmp_path / "policy", demonstrations=DemonstrationConfig(noise=-1.0))
    file = tmp_path / "reach.toml"
    file.write_text("schema = 1\nnoise = -1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"imitate/reach\.toml: noise is -1"):
        read_demonstration_config(file)
