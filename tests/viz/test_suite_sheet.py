"""Contact sheets of a suite: one scene under each axis that changes the image."""

import sys

import cv2
import pytest

from mygym_lite import cli
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command in this process: exit code, standard output, standard error."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["mygym-lite", *map(str, words)])
        capfd.readouterr()
        return cli.main(), *capfd.readouterr()

    return command


def test_plate_of_a_suite_shows_each_level_of_what_can_be_seen(run, tmp_path):
    file = tmp_path / "gap.png"
    words = ("picture", "reach", "--suite", "sim2real", "--group", "visual", "--size", "96x64", "--out", file)
    assert run(*words) == (0, f"{file}\n", "")
    plate = cv2.imread(str(file))
    axes = 6  # in the group
    assert plate.shape[0] > axes * 64
    assert plate.shape[1] > 4 * 96


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--suite", "sim2reel"), "sim2reel: no suite of that name is shipped; did you mean 'sim2real'?"),
        (("--group", "visual"), "--group requires a suite; add --suite sim2real"),
        (("--suite", "sim2real", "--group", "visul"), "--group: no 'visul' in suite sim2real; it has actuation, "
         "camera, disturbance, dynamics, object, sensing, visual"),
        (("--suite", "sim2real", "--group", "actuation"),
         "--suite sim2real: none of its axes in actuation changes this image"),
    ],
)  # fmt: skip
def test_bad_wishes_are_refused_in_one_line(run, tmp_path, words, message):
    code, printed, errors = run("picture", "reach", *words, "--size", "32x32", "--out", tmp_path / "gap.png")
    assert (code, printed) == (2, "")
    assert errors.strip().endswith(message)
    assert list(tmp_path.iterdir()) == []


def test_preset_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r"^ful: no randomization of that name is shipped; did you mean 'full'\?$"):
        TaskEnv("grasp", randomization="ful")
