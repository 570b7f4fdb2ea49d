"""Runs: the same bytes whoever plays the episodes and however often the run is ended by force."""

import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mygym_lite as mg
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.harness.run_folder import EPISODES, MANIFEST, RunFolder, RunFolderWriter
from mygym_lite.rollout.episode import make_error_record
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import compute_interval_width

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.05")
TASKS = ("reach", "grasp")
WHO = ("expert", "random")
SUITE = """
schema = 1
name   = "two"
about  = "Two axes, to have some conditions."
severities = [1, 3]

[select]
suite = "sim2real"
axes  = ["action_noise", "object_size"]
"""
POLICIES = """
import os, signal, time
import numpy as np

calls = 0

def zero(observation):
    return np.zeros(8)

def raises(observation):
    raise KeyError("elbow")

def nan(observation):
    return np.full(8, np.nan)

def too_long(observation):
    return np.zeros(9)

def too_far(observation):
    return np.full(8, 1.5)

def hangs(observation):
    while True:
        pass

def hangs_for_good(observation):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # as if in compiled code
    while True:
        pass

def dies(observation):
    os.kill(os.getpid(), signal.SIGSEGV)

def ends_it_all(observation):
    global calls
    calls += 1
    if calls == int(os.environ.get("CALLS", "0")):
        os.kill(os.getppid(), getattr(signal, os.environ["SIGNAL"]))
    return np.zeros(8)
"""


@pytest.fixture(autouse=True)
def own_module(tmp_path, monkeypatch):
    """Policies of somebody's own, as `mine`, and a suite, as `two.toml`; both in the working folder."""
    (tmp_path / "mine.py").write_text(POLICIES, encoding="utf-8")
    (tmp_path / "two.toml").write_text(SUITE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("mine", None)


def told(folder: Path) -> list[str]:
    """What a run tells, wall times apart, in order."""
    lines = [json.loads(line) for line in (folder / EPISODES).read_text(encoding="utf-8").splitlines()]
    for line in lines:
        del line["wall"]
    return sorted(json.dumps(line) for line in lines)


def evaluate(out, policies=WHO, tasks=TASKS, suite="two.toml", episodes=2, **more):
    return mg.evaluate(list(policies), list(tasks), suite, episodes, out=out, settings=SHORT, **more)


def command(out: str | Path, *more: str, policy: str = "mine:zero", episodes: int = 6) -> list[str]:
    """What a user types."""
    settings = [word for setting in SHORT for word in ("--set", setting)]
    return [
        sys.executable, "-c", "import sys; from mygym_lite.cli import main; sys.exit(main())", "evaluate", "grasp",
        "--policy", policy, "--suite", "two.toml", "--episodes", str(episodes), "--workers", "1", "--clips", "0",
        "--out", str(out), *settings, *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run that nothing disturbed, by one worker."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "two.toml").write_text(SUITE, encoding="utf-8")
    return evaluate(folder / "run", suite=folder / "two.toml", workers=1).folder


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_changes_no_byte(plain, tmp_path, workers):
    assert told(evaluate(tmp_path / "run", workers=workers).folder) == told(plain)
    for name in ("summary.json", "summary.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (plain / name).read_bytes()


def test_every_condition_and_policy_has_the_same_seeds(plain):
    seeds = {}
    for record in RunFolder.open(plain).read_records():
        seeds.setdefault(record.condition, []).append(record.seed)
    assert len(seeds) == 2 * (3 + 5)  # reach has no object whose size could differ
    assert {tuple(found) for found in seeds.values()} == {(0, 1)}


def test_a_longer_run_begins_with_the_same_episodes(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "run")
    longer = evaluate(tmp_path / "run", episodes=3, workers=2)
    assert len(longer.records) == 16 * 3
    assert told(plain) == sorted(line for line in told(longer.folder) if json.loads(line)["seed"] < 2)
    assert longer.run.manifest["episodes"] == 3


def test_the_manifest_says_what_was_run(plain):
    manifest = RunFolder.open(plain).manifest
    assert manifest["tasks"]["grasp"]["fields"]["episode"]["seconds"] == 0.5
    assert manifest["tasks"]["grasp"]["text"].startswith("# Close the hand")
    assert [axis["name"] for axis in manifest["suite"]["axes"]] == ["action_noise", "object_size"]
    assert manifest["suite"]["axes"][1]["applicable"] == {"reach": False, "grasp": True}
    assert set(manifest["policies"]) == set(WHO)
    assert manifest["versions"]["pybullet"]


def test_a_torn_last_line_is_run_again(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "run")
    episodes = tmp_path / "run" / EPISODES
    episodes.write_bytes(episodes.read_bytes()[:-200])
    assert told(evaluate(tmp_path / "run", workers=1).folder) == told(plain)


@given(share=st.floats(0, 1), garbage=st.binary(max_size=5000))
def test_whatever_a_crash_leaves_at_the_end_is_cut_off(plain, share, garbage):
    whole = (plain / EPISODES).read_bytes()
    cut = round(share * len(whole))
    lines = whole[:cut].count(b"\n")
    with TemporaryDirectory() as folder:
        shutil.copy(plain / MANIFEST, folder)
        (Path(folder) / EPISODES).write_bytes(whole[:cut] + garbage.replace(b"\n", b" "))
        with RunFolderWriter.create_or_resume(folder, RunFolder.open(plain).manifest) as run:
            assert (run.folder / EPISODES).read_bytes() == b"".join(whole.splitlines(keepends=True)[:lines])
            assert len(run.read_records()) == lines


def test_killed_at_random_moments_it_goes_on_to_the_same_end(tmp_path):
    whole = subprocess.run(command("whole"), capture_output=True, text=True, check=True)
    assert "mine:zero" in whole.stdout
    for attempt in range(3):
        try:
            seconds = random.Random(attempt).uniform(2.2, 3.6)
            subprocess.run(command("killed"), capture_output=True, timeout=seconds, check=False)  # then SIGKILL
        except subprocess.TimeoutExpired:
            pass
    subprocess.run(command("killed"), capture_output=True, check=True)
    assert told(tmp_path / "killed") == told(tmp_path / "whole")
    for name in ("summary.json", "summary.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_interrupted_in_the_middle_of_an_episode_it_leaves_a_valid_run(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLS", "105")  # ten an episode
    monkeypatch.setenv("SIGNAL", "SIGINT")
    ended = subprocess.run(command("run", policy="mine:ends_it_all"), capture_output=True, text=True, check=False)
    assert ended.returncode == 130
    assert "run the same command to resume" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(RunFolder.open("run").read_records()) == 10
    monkeypatch.delenv("CALLS")
    subprocess.run(command("run", policy="mine:ends_it_all"), capture_output=True, check=True)
    assert [record.episode for record in RunFolder.open("run").read_records()] == list(range(30))


def full(folder: Path, out: str, limit: int) -> subprocess.CompletedProcess[str]:
    """Evaluate where no file may become larger than this."""
    return subprocess.run(
        command(out), capture_output=True, text=True, check=False, cwd=folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip


def test_a_full_disk_ends_it_with_one_line_and_it_can_go_on(plain, tmp_path):  # after kernels have been compiled
    ended = full(tmp_path, "run", 25_000)
    assert ended.returncode == 2
    assert "cannot be written" in ended.stderr
    assert "run the same command to resume" in ended.stderr
    assert "Traceback" not in ended.stderr
    kept = RunFolder.open(tmp_path / "run").read_records()
    assert 0 < len(kept) < 30
    assert (tmp_path / "run" / EPISODES).read_bytes().endswith(b"\n")
    subprocess.run(command("run"), capture_output=True, check=True)
    assert len(RunFolder.open(tmp_path / "run").read_records()) == 30


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount")
def test_a_really_full_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        ended = subprocess.run(command(disk / "run"), capture_output=True, text=True, check=False)
        assert (ended.returncode, "No space left on device" in ended.stderr) == (2, True)
        kept = RunFolder.open(disk / "run").read_records()
        assert 0 < len(kept) < 30
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        subprocess.run(command(disk / "run"), capture_output=True, check=True)
        assert RunFolder.open(disk / "run").read_records()[: len(kept)] == kept
        assert len(RunFolder.open(disk / "run").read_records()) == 30
    finally:
        subprocess.run(["umount", disk], check=False)


FAULTS = {
    "mine:raises": "KeyError: 'elbow'",
    "mine:nan": "every number must be finite",
    "mine:too_long": r"shape \(9,\)",
    "mine:too_far": r"every number must be in \[-1, 1\]",
    "mine:hangs": "longer than 0.5 s",
    "mine:hangs_for_good": "could not be interrupted",
    "mine:dies": "signal 11",
}


def test_policies_that_fail_are_recorded_and_the_run_goes_on(tmp_path):
    result = evaluate(tmp_path / "run", [*FAULTS, "random"], ["grasp"], "nominal", 1, workers=2, action_timeout=0.5)
    *broken, well = result.records
    for record, (policy, message) in zip(broken, FAULTS.items(), strict=True):
        assert (record.policy, record.failure, record.success) == (policy, "policy_error", False)
        assert re.search(message, record.message)
    assert well.failure != "policy_error"
    assert well.steps > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ["reach"]}, "tasks.grasp was"),
        ({"suite": "nominal"}, "suite"),
        ({"policies": ["random"]}, "policies.expert was"),
        ({"seed": 5}, "seed was 0, is 5"),
    ],
)
def test_another_run_is_refused_with_what_differs(plain, tmp_path, change, message):
    shutil.copytree(plain, tmp_path / "run")
    before = told(tmp_path / "run")
    with pytest.raises(UsageError, match=message) as caught:
        evaluate(tmp_path / "run", **{"workers": 1, **change})
    assert "give a new --out" in str(caught.value)
    assert told(tmp_path / "run") == before


def test_a_task_that_was_changed_is_refused_with_the_field(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "run")
    with pytest.raises(UsageError, match=r"objects\.target\.mass was absent, is 0\.5"):
        mg.evaluate(
            list(WHO), list(TASKS[1:]), "two.toml", 2, out=tmp_path / "run",
            settings=[*SHORT, "objects.target.mass=0.5"],
        )  # fmt: skip


def test_a_policy_that_was_changed_is_refused(tmp_path):
    evaluate(tmp_path / "run", ["mine:zero"], ["grasp"], "nominal", 1, workers=1)
    (tmp_path / "mine.py").write_text(POLICIES + "\n# thought better of it\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"policies\.mine:zero"):
        evaluate(tmp_path / "run", ["mine:zero"], ["grasp"], "nominal", 1, workers=1)


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("All is well.", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty and holds no run"):
        evaluate(tmp_path / "thesis")
    assert [file.name for file in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_two_writers_are_one_too_many(plain, tmp_path):
    manifest = RunFolder.open(plain).manifest
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
def test_records_of_another_run_are_refused(plain, tmp_path, change, message):
    shutil.copytree(plain, tmp_path / "run")
    file = tmp_path / "run" / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        RunFolder.open(tmp_path / "run").read_records()


def test_a_folder_that_is_deleted_is_missed_at_the_next_episode(plain, tmp_path):
    with RunFolderWriter.create_or_resume(tmp_path / "run", RunFolder.open(plain).manifest) as run:
        first, second, *_ = RunFolder.open(plain).read_records()
        run.append(first)
        shutil.rmtree(tmp_path / "run")
        with pytest.raises(UsageError, match="was deleted or moved while it was written"):
            run.append(second)


def test_a_line_that_was_edited_is_found(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "run")
    file = tmp_path / "run" / EPISODES
    file.write_text(file.read_text(encoding="utf-8").replace('"success":false', '"success":true', 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"line \d+ episode \d+ was changed"):
        RunFolder.open(tmp_path / "run").read_records()


@pytest.mark.parametrize(("folder", "message"), [("nowhere", "holds no run"), (".", "holds no run")])
def test_what_is_no_run(folder, message):
    with pytest.raises(UsageError, match=message):
        RunFolder.open(folder)


def test_a_condition_ends_when_its_interval_is_narrow_enough(tmp_path):
    def play(workers):
        return evaluate(
            tmp_path / str(workers), ["random"], ["reach"], episodes=40, until_ci_width=0.2, workers=workers
        )

    result = play(1)
    for row in result.summary:
        assert row.episodes % 10 == 0
        assert compute_interval_width(round(row.metrics["success"].value * row.episodes), row.episodes) <= 0.2
        assert compute_interval_width(0, row.episodes - 10) > 0.2
    assert told(play(2).folder) == told(result.folder)


def test_the_agenda_goes_on_as_if_it_had_never_stopped():
    plan = prepare_evaluation("random", ["reach"], "nominal", 50, until_ci_width=0.2).plan

    def fails(number):
        return make_error_record(plan.make_episode_spec(number), "of no matter")

    whole = EpisodeQueue(plan)
    played = []
    while (number := whole.pop()) is not None:
        played.append(fails(number))
        whole.mark_done(played[-1])
    assert len(played) == 20  # from 20 failures the interval is narrower than 0.2
    again = EpisodeQueue(plan, played[:13])
    rest = []
    while (number := again.pop()) is not None:
        rest.append(number)
        again.mark_done(fails(number))
    assert rest == [record.episode for record in played[13:]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (dict(policies=["exprt"]), "did you mean 'expert'"),
        (dict(tasks=["graps"]), "did you mean 'grasp'"),
        (dict(suite="sim2rel"), "did you mean 'sim2real'"),
        (dict(policies=["expert", "expert"]), "two policies are called 'expert'"),
        (dict(policies=[]), "no policy to evaluate"),
        (dict(tasks=["grasp", "grasp"]), "two tasks are called 'grasp'"),
        (dict(episodes=0), "episodes must be at least 1, got 0"),
        (dict(until_ci_width=1.5), "between 0 and 1"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(tmp_path, words, message):
    with pytest.raises((ConfigError, UsageError), match=message) as caught:
        evaluate(tmp_path / "run", **words)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_mapping_is_for_the_remote_policies_of_a_run(tmp_path):
    (tmp_path / "map.toml").write_text("schema = 1\n", encoding="utf-8")
    found = prepare_evaluation(
        ["expert", "far=ws://localhost:1"], ["reach"], remote_mapping=tmp_path / "map.toml"
    ).plan.policies
    assert [policy.remote_mapping and policy.remote_mapping.name for policy in found] == [
        None,
        str(tmp_path / "map.toml"),
    ]
    with pytest.raises(UsageError, match="expert is neither; leave it out"):
        prepare_evaluation("expert", ["reach"], remote_mapping=tmp_path / "map.toml")


def test_policies_may_be_given_from_python(tmp_path):
    def sleepy(_observation):
        return [0.0] * 8

    result = evaluate(tmp_path / "run", [sleepy], ["grasp"], "nominal", 1, workers=1)
    assert result.records[0].failure == "never_reached"
    assert result.find_failures() == result.records


def test_a_model_that_learned_from_goals_is_shown_goals(tmp_path):
    from stable_baselines3 import SAC, HerReplayBuffer

    SAC("MultiInputPolicy", mg.GoalEnv("reach"), replay_buffer_class=HerReplayBuffer, seed=0).save(tmp_path / "her")
    result = evaluate(
        tmp_path / "run", [str(tmp_path / "her.zip")], ["reach"], "nominal", 1, workers=1, allow_pickle=True
    )
    assert result.records[0].failure != "policy_error"
    assert set(result.records[0].reward_terms) == {"approach", "arrive", "effort"}
    assert mg.replay(result.run, 0, allow_code=True).identical


def test_a_replay_comes_out_the_same_to_the_bit(plain, tmp_path):
    run = RunFolder.open(plain)
    for record in (run.read_records()[0], run.read_records()[-1]):
        again = mg.replay(run, record)
        assert (again.identical, again.differences) == (True, [])
    filmed = mg.replay(plain, run.read_records()[-1].episode, video=tmp_path / "film.webm", size=(160, 120))
    assert filmed.identical
    assert (tmp_path / "film.webm").stat().st_size > 1000


def test_a_replay_that_comes_out_otherwise_says_in_what(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "run")
    file = tmp_path / "run" / EPISODES
    first, *others = file.read_text(encoding="utf-8").splitlines(keepends=True)
    record = EpisodeRecord.from_line(first)
    table = {**{name: value for name, value in vars(record).items() if name != "digest"}, "energy": 0.0}
    file.write_text(EpisodeRecord(**table).to_line() + "".join(others), encoding="utf-8")
    again = mg.replay(tmp_path / "run", record.episode)
    assert (again.identical, again.differences) == (False, ["energy"])


def test_a_replay_of_what_was_not_played(plain):
    with pytest.raises(UsageError, match="holds no episode 999; its numbers are 0 to 31"):
        mg.replay(plain, 999)


def test_a_run_of_another_simulation_is_not_replayed(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "run")
    file = tmp_path / "run" / MANIFEST
    table = json.loads(file.read_text(encoding="utf-8")) | {"simulation": "0" * 32}
    file.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(UsageError, match="whose code or assets were others"):
        mg.replay(tmp_path / "run", 0)


def test_compiling_does_not_count_as_time_that_a_policy_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))  # of the worker, in which nothing is compiled yet
    result = mg.evaluate("expert", "reach", episodes=1, workers=1, action_timeout=1.0, out=tmp_path / "run")
    assert [record.failure for record in result.records] == [None]
