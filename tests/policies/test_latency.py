"""Latency: the world goes on while a policy computes, by whole steps, and everything stays exact."""

import json
import subprocess

import numpy as np
import pytest
from command_line import COMMAND

import mygym_lite as mg
from mygym_lite.errors import ConfigError
from mygym_lite.harness.report import write_report
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.policies.latency import LatencyPolicy
from mygym_lite.policies.remote.mapped_policy import MappedPolicy
from mygym_lite.policies.remote.mapping import RemoteMapping


class Echo:
    """Returns the number that it observes, or a chunk that counts on from it."""

    def __init__(self, chunk=1):
        self.chunk, self.inferences = chunk, 0

    def reset(self, seed):
        self.inferences = 0

    def act(self, observation):
        self.inferences += 1
        first = float(observation["step"][0])
        return np.array([[first + i] for i in range(self.chunk)])


class Described:
    task_description = ""


def run_steps(delay, chunk, steps=8):
    """The executed actions, as the step that each was planned for; and the policy."""
    echo = Echo(chunk)
    policy = LatencyPolicy(MappedPolicy(echo, RemoteMapping(), Described()), delay, 1)
    policy.reset(0)
    executed = [float(policy.act({"step": np.array([step + 1.0])})[0]) for step in range(steps)]
    return executed, policy, echo


def test_a_delay_of_one_step_acts_on_the_last_observation():
    executed, policy, echo = run_steps(1, 1)
    assert executed == [0, 1, 2, 3, 4, 5, 6, 7]
    assert (policy.repeated_actions, echo.inferences) == (1, 8)


def test_a_longer_delay_repeats_actions_since_one_inference_runs_at_a_time():
    executed, policy, echo = run_steps(3, 1)
    assert executed == [0, 0, 0, 1, 1, 1, 4, 4]
    assert (policy.repeated_actions, echo.inferences) == (6, 3)


def test_the_rest_of_a_chunk_bridges_the_computation_of_the_next():
    executed, policy, echo = run_steps(2, 4, steps=10)
    # the first chunk comes after two steps at rest; two of its actions bridge the second, which loses its first two
    assert executed == [0, 0, 1, 2, 3, 4, 7, 8, 9, 10]
    assert (policy.repeated_actions, echo.inferences) == (2, 4)


def test_a_chunk_shorter_than_the_delay_runs_out():
    executed, policy, _ = run_steps(3, 2)
    assert executed == [0, 0, 0, 1, 2, 2, 5, 5]
    assert policy.repeated_actions == 5


def test_an_episode_begins_at_rest_again():
    _, policy, _ = run_steps(2, 4)
    policy.reset(1)
    assert policy.act({"step": np.array([1.0])}) == [0.0]
    assert policy.repeated_actions == 1


def test_latency_below_half_a_step_changes_nothing(tmp_path):
    result = mg.evaluate("reach_bc", "reach", episodes=2, workers=1, latency=[0.0, 0.02], out=tmp_path / "run")
    digests = {}
    for record in result.records:
        digests.setdefault(record.policy, []).append((record.reward, record.steps, record.repeated_actions))
    assert digests["reach_bc+0ms"] == digests["reach_bc+20ms"]
    assert digests["reach_bc+0ms"][0][2] is None


@pytest.fixture(scope="module")
def late(tmp_path_factory):
    """A run of a policy without and with latency."""
    folder = tmp_path_factory.mktemp("late")
    mg.evaluate("reach_bc", "reach", episodes=3, workers=1, latency=[0.0, 0.15], out=folder / "run")
    return folder / "run"


def test_stale_actions_are_counted_and_reported(late):
    records = RunFolder.open(late).read_records()
    delayed = [record for record in records if record.policy == "reach_bc+150ms"]
    assert len(delayed) == 3
    assert all(record.repeated_actions > record.steps / 2 for record in delayed)
    assert sum(record.time_to_success or 9.0 for record in delayed) > sum(
        record.time_to_success or 9.0 for record in records if record.policy == "reach_bc+0ms"
    )
    summary = json.loads((late / "summary.json").read_text())
    assert "stale_actions" in json.dumps(summary)
    page = write_report([RunFolder.open(late)], late).read_text()
    assert "Success, nominal episodes, % over latency" in page
    assert "latency, ms" in page


def test_episodes_with_latency_are_exact_for_any_number_of_workers_and_in_replay(late, tmp_path):
    mg.evaluate("reach_bc", "reach", episodes=3, workers=2, latency=[0.0, 0.15], out=tmp_path / "run")
    assert {r.episode: r.digest for r in RunFolder.open(tmp_path / "run").read_records()} == {
        r.episode: r.digest for r in RunFolder.open(late).read_records()
    }
    for record in RunFolder.open(late).read_records():
        assert mg.replay(late, record.episode).identical


def test_a_measured_latency_is_kept_when_a_run_goes_on(tmp_path):
    folder = tmp_path / "run"
    for episodes in (1, 2):
        mg.evaluate("reach_bc", "reach", episodes=episodes, workers=1, latency="measured", out=folder)
        entry = RunFolder.open(folder).manifest["policies"]["reach_bc"]
        assert 0.0 < entry["latency"] < 0.5
    assert len(RunFolder.open(folder).read_records()) == 2


def test_a_file_declares_latencies_by_policy(tmp_path):
    (tmp_path / "seconds.json").write_text('{"reach_bc": 0.1, "zero": 0.0}')
    result = mg.evaluate(
        ["reach_bc", "zero"], "reach", episodes=1, workers=1, latency=tmp_path / "seconds.json", out=tmp_path / "run"
    )
    repeated = {record.policy: record.repeated_actions for record in result.records}
    assert repeated["zero"] is None
    assert repeated["reach_bc"] > 0


@pytest.mark.parametrize(
    ("latency", "message"),
    [
        (-0.1, "latency: -0.1 is not 0 to 10 s; give seconds, measured or a file"),
        (11, "latency: 11 is not 0 to 10 s"),
        ("mesured", "latency: mesured: is no number and no file of latencies"),
        ("{folder}/list.json", "is a list; write"),
        ("{folder}/other.json", "has no policy 'reach_bc'; did you mean 'reach_bd'"),
        ("{folder}/text.json", "latency: 'fast' is not 0 to 10 s"),
    ],
)
def test_wrong_latencies_are_named(latency, message, tmp_path):
    (tmp_path / "list.json").write_text("[0.1]")
    (tmp_path / "other.json").write_text('{"reach_bd": 0.1}')
    (tmp_path / "text.json").write_text('{"reach_bc": "fast"}')
    value = latency.format(folder=tmp_path) if isinstance(latency, str) else latency
    with pytest.raises(ConfigError, match=message):
        mg.evaluate("reach_bc", "reach", episodes=1, workers=1, latency=value, out=tmp_path / "run")


def test_the_command_takes_several_latencies(tmp_path):
    words = ["evaluate", "reach", "--policy", "zero", "--episodes", "1", "--workers", "1", "--latency", "0", "0.1"]
    done = subprocess.run([*COMMAND, *words, "--out", str(tmp_path / "run")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "zero+0ms" in done.stdout
    assert "zero+100ms" in done.stdout
    wrong = subprocess.run([*COMMAND, *words, "fast", "--out", str(tmp_path / "other")], capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "latency: 0 0.1 fast: give numbers, or one word or file" in wrong.stderr
