"""Training from the command line: how it ends, and how it goes on."""

import os
import shlex
import subprocess
import sys

import pytest
from command_line import COMMAND, make_environment

from mygym_lite.cli import train_imitate
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.learning.imitation.architecture import FEATURES, NETWORK_KINDS
from mygym_lite.learning.imitation.config import ALGORITHMS

SHORT = ("--set", "episode.seconds=0.5", "--set", "episode.hold_seconds=0.1", "--validation-episodes", "1")


class Interrupted(ProgressBars):
    """Ctrl-C as soon as so many steps are learned."""

    after = 20

    def __call__(self, what, done, total, more):
        super().__call__(what, done, total, more)
        if what == "steps" and done >= self.after:
            raise KeyboardInterrupt


def test_an_interrupt_prints_the_command_to_resume(run, monkeypatch, tmp_path):
    words = ["train", "reinforce", "reach", "--algo", "a2c", "--steps", 40, "--out", tmp_path / "policy", *SHORT]
    with monkeypatch.context() as patch:
        patch.setattr("mygym_lite.cli.train_reinforce.ProgressBars", Interrupted)
        code, _, errors = run(*words, "--validate-every", 40)
    assert code == 130
    assert "has a checkpoint of step 20; resume with: mygym-lite train reinforce reach" in errors
    again = shlex.split(errors.rpartition("resume with: mygym-lite ")[2])
    code, printed, _ = run(*again)
    assert code == 0
    assert "trained:  " in printed


def test_an_interrupt_without_checkpoint_is_reported(run, monkeypatch, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mygym_lite.learning.reinforcement.train.reinforce", interrupt)
    code, _, errors = run("train", "reinforce", "reach", "--algo", "a2c", "--out", tmp_path / "policy")
    assert (code, errors) == (
        130,
        f"interrupted; {tmp_path / 'policy'} has no checkpoint yet; the same command starts from the beginning\n",
    )


def test_an_interrupted_imitation_is_reported_as_lost(run, monkeypatch, tmp_path):
    class AtOnce(ProgressBars):
        def __call__(self, *_):
            raise KeyboardInterrupt

    monkeypatch.setattr("mygym_lite.cli.train_imitate.ProgressBars", AtOnce)
    code, _, errors = run("train", "imitate", "reach", "--episodes", 2, "--out", tmp_path / "policy")
    assert (code, errors) == (130, "interrupted; nothing was saved; the same command starts from the beginning\n")


def test_steps_are_rounded_up_to_whole_rollouts(run, tmp_path):
    code, printed, _ = run(
        "train", "reinforce", "reach", "--algo", "a2c", "--steps", 20, "--out", tmp_path / "policy", *SHORT
    )
    assert code == 0
    assert "trained:  32 steps (20 requested, rounded up to whole rollouts)" in printed


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_sigterm_leaves_no_temporary_file(tmp_path):
    words = ["watch", "reach", "--policy", "random", "--episodes", "1000", "--video", str(tmp_path / "reach.png")]
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True, env=make_environment())
    process.stdout.readline()
    assert [file.name for file in tmp_path.iterdir()] == [f".reach.{process.pid}.png"]
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert list(tmp_path.iterdir()) == []


def test_the_command_offers_what_the_library_trains():
    assert train_imitate.ALGORITHMS == ALGORITHMS
    assert train_imitate.NETWORKS == NETWORK_KINDS
    assert tuple(FEATURES) == train_imitate.FEATURES


def test_importing_the_physics_prints_nothing():
    done = subprocess.run(
        [sys.executable, "-c", "import mygym_lite.sim.world; print('mine')"],
        capture_output=True, text=True, check=True, env=make_environment(),
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("mine\n", "")
