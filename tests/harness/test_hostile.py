"""Whatever a policy does to the process that it is in, its own episodes are void, and all others stay as they were."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import mygym_lite as mg
from mygym_lite.errors import PolicyError, UsageError, WorkerError
from mygym_lite.harness.evaluate import prepare_evaluation, run_evaluation
from mygym_lite.harness.run_folder import EPISODES
from mygym_lite.jobs.processes import ProcessBackend
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.scheduler import Scheduler

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the policies use what POSIX has")

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.05")
PATIENCE = 1.0
MODULE = """
import ctypes, os, random, signal, time
from pathlib import Path
import numpy as np
import pybullet

STILL = np.zeros(4)

def pause():  # in compiled code that no alarm interrupts
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    ctypes.CDLL(None).pause()

def exits(observation):
    os._exit(0)

def crashes(observation):
    ctypes.string_at(0)

def loops(observation):
    while True:
        pass

def hangs(observation):
    pause()

class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")
    __repr__ = __str__

def raises(observation):
    raise Unspeakable

class Base(BaseException):
    pass

def raises_no_exception(observation):
    raise Base("hello")

def returns(observation):
    return Unspeakable()

def resets_engine(observation):
    pybullet.resetSimulation()
    return STILL

def disconnects(observation):
    pybullet.disconnect()
    return STILL

def removes_table(observation):
    pybullet.removeBody(1)
    return STILL

def adds_constraint(observation):
    pybullet.createConstraint(1, -1, -1, -1, pybullet.JOINT_FIXED, [0, 0, 0], [0, 0, 0], [0, 0, 0])
    return STILL

class Policy:
    def reset(self, seed):
        pass
    def act(self, observation):
        return STILL

class ExitsWhenMade(Policy):
    def __init__(self):
        os._exit(3)

class LoopsWhenMade(Policy):
    def __init__(self):
        while True:
            time.sleep(0.01)

class HangsWhenMade(Policy):
    def __init__(self):
        pause()

class HangsFirst(Policy):
    def reset(self, seed):
        if seed == 0:
            pause()
    def act(self, observation):
        time.sleep(0.05)
        return STILL

def still(observation):
    return STILL

def exits_later(observation):
    if Path("exit").exists():
        os._exit(0)
    return STILL

def hangs_later(observation):
    if Path("hang").exists():
        pause()
    return STILL

def draws(observation):
    return np.clip([random.gauss(0, 1), *np.random.normal(size=3)], -1, 1)

def draws_torch(observation):
    import torch
    return torch.rand(4).numpy()

class DrawsWhenMade(Policy):
    def __init__(self):
        self.action = np.random.uniform(-1, 1, 4)
    def act(self, observation):
        return self.action

def ends_parent(observation):
    Path("worker").write_text(str(os.getpid()))
    pause()
"""
TOUCHED = "changed the physics engine"
HOSTILE = {
    "exits": "its process ended (exit code 0)",
    "crashes": "its process ended (signal 11)",
    "loops": "took longer than 1 s",
    "hangs": "could not be interrupted",
    "raises": "cannot be shown",
    "raises_no_exception": "Base: hello",
    "returns": "an object that cannot be shown",
    "resets_engine": TOUCHED,
    "disconnects": TOUCHED,
    "removes_table": TOUCHED,
    "adds_constraint": TOUCHED,
    "ExitsWhenMade": "cannot be made: its process ended (exit code 3)",
    "LoopsWhenMade": "took longer than 20 s to be made",
    "HangsWhenMade": "cannot be made: the policy took longer than 20 s and could not be interrupted",
}


@pytest.fixture(autouse=True)
def hostile_module(tmp_path, monkeypatch):
    """The policies, as module `hostile` in the working folder."""
    (tmp_path / "hostile.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("hostile", None)


def read_policy_records(folder: str | Path, policy: str) -> list[dict]:
    """Read the records of a policy without what depends on the machine or on the other policies of the run."""
    lines = [json.loads(line) for line in (Path(folder) / EPISODES).read_text(encoding="utf-8").splitlines()]
    for line in lines:
        del line["wall"], line["episode"], line["digest"]
    return sorted((line for line in lines if line["policy"] == policy), key=lambda line: (line["task"], line["seed"]))


def evaluate(out, *policies, episodes=1, tasks="reach", workers=2, patience=PATIENCE):
    policies = [name if name == "random" else f"{name}=hostile:{name}" for name in policies]
    return mg.evaluate(
        policies, tasks, episodes=episodes, settings=SHORT, workers=workers, action_timeout=patience, out=out
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The good policy's episodes, where no other policy is."""
    folder = tmp_path_factory.mktemp("alone")
    return evaluate(folder / "run", "random", workers=1).folder


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """One run of all of them, beside the good one."""
    folder = tmp_path_factory.mktemp("together")
    (folder / "hostile.py").write_text(MODULE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        return evaluate(folder / "run", *HOSTILE, "random").folder


@pytest.mark.parametrize(("policy", "message"), HOSTILE.items())
def test_episodes_of_a_hostile_policy_are_policy_errors(together, policy, message):
    found = read_policy_records(together, policy)
    assert [line["failure"] for line in found] == ["policy_error"]
    assert all(message in line["message"] for line in found)


def test_other_policies_of_the_run_are_unaffected(together, alone):
    assert read_policy_records(together, "random") == read_policy_records(alone, "random")
    assert len(read_policy_records(together, "random")) == 1


def test_a_world_that_a_policy_tampered_with_is_discarded(tmp_path):
    """Calls without a client's number reach the first world of the process, which may be another task's."""
    several = dict(tasks=("reach", "reach_avoid"), workers=1, episodes=2)
    evaluate(tmp_path / "run", "random", "resets_engine", **several)
    evaluate(tmp_path / "alone", "random", **several)
    assert read_policy_records(tmp_path / "run", "random") == read_policy_records(tmp_path / "alone", "random")
    assert all(TOUCHED in line["message"] for line in read_policy_records(tmp_path / "run", "resets_engine"))


def test_a_hang_times_out_while_other_workers_continue(tmp_path):
    """The first of many slow episodes hangs."""
    question = prepare_evaluation("hostile:HangsFirst", ["reach"], episodes=24, settings=SHORT, action_timeout=PATIENCE)
    seeds = []
    run_evaluation(question, tmp_path / "run", workers=2, on_record=lambda record: seeds.append(record.seed))
    assert len(seeds) == 24
    assert seeds.index(0) < 23


def test_a_module_that_exits_is_imported_in_a_worker_only(tmp_path):
    """Neither to note what it asks to observe, nor to find it again."""
    (tmp_path / "ending.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    result = mg.evaluate(["ending:act", "random"], "reach", episodes=1, settings=SHORT, workers=1, out=tmp_path / "run")
    assert [line["failure"] for line in read_policy_records(result.folder, "ending:act")] == ["policy_error"]
    with pytest.raises(PolicyError, match=r"policy ending:act: its process ended \(exit code 3\)"):
        mg.replay(result.run, result.find_failures()[0], allow_code=True)


@pytest.mark.parametrize("policy", ["draws", "draws_torch", "DrawsWhenMade"])
def test_global_random_generators_are_seeded_by_the_episode(tmp_path, policy):
    folder = evaluate(tmp_path / "run", policy, episodes=2, workers=1, patience=60).folder
    assert len({line["reward"] for line in read_policy_records(folder, policy)}) == 2
    assert mg.replay(folder, 1, allow_code=True).identical  # by a process that has played no other episode


class TestFilms:
    def test_a_report_is_written_without_failed_videos(self, run):
        words = ("evaluate", "reach", "--episodes", "1", "--workers", "1", "--out", "run", "--set", SHORT[0], "--json")
        code, printed, errors = run(*words, "--policy", "hostile:exits", "still=hostile:still")
        assert code == 1  # of one policy there is no result
        assert [row["policy"] for row in json.loads(printed)["summary"]] == ["hostile:exits", "still"]
        assert "no film of episode 0: policy hostile:exits did not act in it\n" in errors
        page = Path("run/report.html").read_text(encoding="utf-8")
        assert page.count("data:video/webm") == 1  # of the function that the user has named

    @pytest.mark.parametrize(
        ("policy", "file", "reason"),
        [
            ("exits_later", "exit", "its process ended (exit code 0), and again when it was repeated"),
            ("hangs_later", "hang", "the policy took longer than 1 s and could not be interrupted"),
        ],
    )
    def test_a_policy_may_fail_in_a_replay(self, run, tmp_path, policy, file, reason):
        evaluate(tmp_path / "run", policy, workers=1)
        (tmp_path / file).touch()
        code, printed, errors = run("replay", "run", "0", "--video", "film.webm", "--allow-code")
        assert (code, printed, errors) == (1, "", f"mygym-lite: policy {policy}: {reason}\n")
        code, printed, errors = run("report", "run", "--clips", "1", "--allow-code")
        assert (code, printed) == (0, "run/report.html\n")
        assert errors == f"no film of episode 0: policy {policy}: {reason}\n"
        assert Path("run/report.html").is_file()
        assert {path.name for path in tmp_path.iterdir()} <= {"run", "hostile.py", "__pycache__", file}


class TestTrust:
    """A run folder may come from anybody; what it names is imported only on request."""

    @pytest.fixture
    def received(self, tmp_path):
        evaluate(tmp_path / "run", "still", episodes=1, workers=1)
        trap = MODULE + "\nPath('imported').touch()\n"
        (tmp_path / "hostile.py").write_text(trap, encoding="utf-8")
        return tmp_path / "run"

    def test_replay_refuses_untrusted_code(self, run, received, tmp_path):
        code, printed, errors = run("replay", "run", "0")
        assert (code, printed) == (2, "")
        assert "policy still: hostile:still is code that the run names" in errors
        assert "add --allow-code" in errors
        assert len(errors.splitlines()) == 1
        assert not (tmp_path / "imported").exists()
        with pytest.raises(UsageError, match="allow_code=True"):
            mg.replay(received, 0)

    def test_report_leaves_out_videos_of_untrusted_code(self, run, received, tmp_path):
        code, _, errors = run("report", "run", "--clips", "1")
        assert code == 0
        assert "no film of episode 0: policy still: hostile:still is code" in errors
        assert (tmp_path / "run" / "report.html").is_file()
        assert not (tmp_path / "imported").exists()

    def test_terms_of_tasks_need_trust(self, received, tmp_path):
        file = received / "manifest.json"
        manifest = json.loads(file.read_text(encoding="utf-8"))
        manifest["policies"]["still"]["source"] = "random"
        manifest["tasks"]["reach"]["fields"]["reward"]["approach"]["term"] = "hostile:still"
        file.write_text(json.dumps(manifest), encoding="utf-8")
        with pytest.raises(UsageError, match="task reach: its term hostile:still is code"):
            mg.replay(received, 0)
        assert not (tmp_path / "imported").exists()

    def test_a_policy_named_on_the_command_line_needs_no_trust(self, tmp_path):
        evaluate(tmp_path / "run", "still", episodes=1, workers=1)
        assert mg.replay(tmp_path / "run", 0, policy="hostile:still").identical


class Once:
    """Ends its process when it is made for the first times, then does nothing but answer."""

    def __init__(self, folder: Path, times: int, how: int, tell) -> None:
        starts = len(list(folder.iterdir()))
        if starts < times:
            (folder / str(os.getpid())).touch()
            os.kill(os.getpid(), how)

    def run_job(self, number: int) -> int:
        return number


class TestStart:
    @staticmethod
    def play(folder: Path, times: int) -> list[int]:
        folder.mkdir()
        place = ProcessBackend(partial(Once, folder, times, signal.SIGKILL), 1)
        return list(Scheduler[int](FixedQueue(range(3)), lambda number, how: -1).run(place))

    def test_a_worker_that_is_killed_while_it_starts_is_replaced(self, tmp_path):
        assert self.play(tmp_path / "starts", 2) == [0, 1, 2]

    def test_workers_that_never_start_are_an_error_of_one_line(self, tmp_path):
        with pytest.raises(WorkerError, match=r"workers cannot be started: 3 in a row .* \(signal 9\)") as caught:
            self.play(tmp_path / "starts", 100)
        assert "__main__" not in str(caught.value)

    def test_a_script_without_a_main_guard_is_an_error(self, tmp_path):
        script = "import mygym_lite as mg\nmg.evaluate('random', 'reach', episodes=1, workers=1)\n"
        (tmp_path / "script.py").write_text(script, encoding="utf-8")
        ended = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=False, timeout=120)
        assert ended.returncode == 1
        assert "a script that starts some has to do so under `if __name__ == '__main__':`" in ended.stderr


def alive(process: int) -> bool:
    """Whether a process runs, and is not only waiting for its parent to notice its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends a worker that hangs in compiled code")
def test_a_worker_that_hangs_ends_with_its_parent(tmp_path):
    script = "from mygym_lite.cli import main; main()"
    words = ["evaluate", "reach", "--policy", "hostile:ends_parent", "--workers", "1", "--action-timeout", "1000"]
    parent = subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    file, limit = tmp_path / "worker", time.monotonic() + 60
    while not (file.exists() and file.read_text(encoding="utf-8")) and time.monotonic() < limit:
        time.sleep(0.05)
    worker = int(file.read_text(encoding="utf-8"))
    assert alive(worker)
    parent.kill()
    parent.communicate()
    limit = time.monotonic() + 30
    while alive(worker) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not alive(worker)
