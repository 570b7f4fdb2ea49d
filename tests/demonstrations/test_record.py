"""Demonstrations: the same arrays however they are recorded, labels without noise, and files that others read."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.cli import main
from mygym_lite.demonstrations.block_queue import BlockQueue
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.demonstrations.formats import lerobot
from mygym_lite.demonstrations.formats.minari_writer import write_episodes
from mygym_lite.demonstrations.manifest import RECORDING_FOLDER
from mygym_lite.demonstrations.plan import plan_recording
from mygym_lite.demonstrations.worker import RecordingWorker
from mygym_lite.errors import MyGymError, PolicyError
from mygym_lite.rollout.action_noise import HOLD_SECONDS, IMITATION_NOISE, RECORDING_NOISE, sample_noise
from mygym_lite.terms import load_task

HURRIED = "episode.seconds=1.1"  # in which noise lets some episodes succeed, and some not
HOW = {"noise": 0.3, "cameras": ["front"], "size": (32, 32), "settings": [HURRIED]}
WORDS = ["reach", "--episodes", "7", "--noise", "0.3", "--cameras", "front", "--size", "32x32", "--set", HURRIED]
COMMAND = [sys.executable, "-c", "from mygym_lite.cli import main; raise SystemExit(main())", "record"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "reach"
    mg.record("reach", "expert", 7, folder, workers=1, **HOW)
    return folder


@pytest.fixture(scope="module")
def shown(made: Path) -> Demonstrations:
    return Demonstrations.load(made)


def recorder(task: str = "reach", policy: Any = "expert", **changes: Any) -> closing[RecordingWorker]:
    """For episodes of a recording that is not kept."""
    arguments = {"episodes": 1, "folder": Path("unused"), **changes}
    return closing(RecordingWorker(plan_recording(task, policy, **arguments)))


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((folder / "minari").rglob("*")) if file.is_file()}


def test_the_same_bytes_by_two_workers_after_being_killed(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    words = [*COMMAND, *WORDS, "--workers", "1", "--out", str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not list(folder.glob("blocks/*.json")) and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not RECORDING_FOLDER.read_manifest(folder)["finished"]
    told: list[tuple[int, int]] = []
    mg.record(
        "reach",
        "expert",
        7,
        folder,
        workers=2,
        progress=lambda _noun, done, total, _: told.append((done, total)),
        **HOW,
    )
    assert told[0][0] > 0
    assert told[-1] == (7, 7)
    assert files(folder) == files(made)
    assert not (folder / "blocks").exists()


def test_the_same_command_again_has_nothing_to_do(
    made: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(made)
    monkeypatch.setattr(sys, "argv", ["mygym-lite", "record", *WORDS, "--workers", "1", "--json", "--out", str(made)])
    assert main() == 0
    told = json.loads(capfd.readouterr().out)
    assert told["episodes"] == told["episodes_played"] == 7
    assert told["bytes"] > sum(map(len, before.values()))
    assert files(made) == before


def test_another_recording_is_refused_field_by_field(made: Path) -> None:
    with pytest.raises(MyGymError, match=r"noise.deviation was 0.3, is 0.1; seed was 0, is 5; give a new --out"):
        mg.record("reach", "expert", 7, made, workers=1, seed=5, **(HOW | {"noise": 0.1}))


def test_an_episode_does_not_depend_on_the_others(shown: Demonstrations) -> None:
    with recorder(episodes=7, **HOW) as alone:
        for number in (4, 1):
            assert alone.record_episode(number).equals(shown[number])
            assert shown[number].seed == number


def test_what_is_learned_is_what_the_policy_says_and_what_is_done_is_noisy(shown: Demonstrations) -> None:
    env = mg.make("reach", settings=[HURRIED], observe=["proprio", "goal", "rgb"], cameras=["front"], size=(32, 32))
    expert = mg.make_policy("expert", env)
    one = shown[2]
    hertz = env.task.episode.control_hz
    noise = sample_noise(RECORDING_NOISE, one.seed, env.task, one.actions.shape[1], 0.3)[: len(one)]
    assert np.array_equal(one.executed, (one.actions + noise).clip(-1.0, 1.0))
    held = round(HOLD_SECONDS * hertz)
    assert all(len(np.unique(noise[start : start + held], axis=0)) == 1 for start in range(0, len(one), held))
    seen, _ = env.reset(seed=one.seed)
    expert.reset(one.seed)
    for step, done in enumerate(one.executed):  # the episode, lived again
        assert all(np.array_equal(seen[name], one.observations[name][step]) for name in seen)
        assert np.array_equal(expert.act(seen), one.actions[step])
        seen, reward, terminated, truncated, info = env.step(done)
        assert (reward, terminated, truncated) == (
            one.rewards[step], one.terminations[step], one.truncations[step],
        )  # fmt: skip
        assert info["success"] == one.infos["success"][step + 1]
    env.close()


def test_noise_has_the_declared_spread_and_a_stream_of_its_own() -> None:
    task = load_task("grasp")
    noise = np.concatenate([sample_noise(RECORDING_NOISE, seed, task, 8, 0.1) for seed in range(40)])
    assert noise.mean() == pytest.approx(0.0, abs=0.003)
    assert noise.std() == pytest.approx(0.1, rel=0.03)
    shorter = load_task("grasp", ["episode.seconds=1.5"])
    first = sample_noise(RECORDING_NOISE, 3, shorter, 8, 0.1)
    assert np.array_equal(first, sample_noise(RECORDING_NOISE, 3, task, 8, 0.1)[: len(first)])
    assert not np.array_equal(first, sample_noise(IMITATION_NOISE, 3, shorter, 8, 0.1))
    assert not sample_noise(RECORDING_NOISE, 3, task, 8, 0.0).any()


def test_images_are_kept_as_they_were_seen(shown: Demonstrations) -> None:
    for one in shown:
        assert one.observations["front_rgb"].shape == (len(one) + 1, 32, 32, 3)
        assert one.observations["front_rgb"].dtype == np.uint8
    with recorder() as plain:
        assert sorted(plain.record_episode(0).observations) == ["goal", "proprio"]


def test_a_grasp_tells_forces_and_the_true_state() -> None:
    with recorder("grasp") as grasp:
        one = grasp.record_episode(0)
    steps = len(one)
    assert one.success
    assert one.terminations[-1]
    assert one.infos["success"][-1]
    assert one.infos["contact_force/hand_object"].shape == (steps + 1,)
    peak = one.record["forces"]["hand_object"]["peak"]
    assert one.infos["contact_force/hand_object"].max() == pytest.approx(peak)
    height = one.infos["state/pose/target"][:, 2]
    assert one.infos["state/pose/target"].shape == (steps + 1, 7)
    assert height[-1] - height[0] > 0.1
    assert one.rewards.sum() == pytest.approx(one.record["reward"])
    assert set(one.record["varied_values"]) == {"objects.target.position", "objects.target.yaw", "robot.posture"}


def test_only_successes_are_the_first_that_there_are(shown: Demonstrations, tmp_path: Path) -> None:
    successes = [one for one in shown if one.success]
    assert 0 < len(successes) < len(shown)
    only = mg.record("reach", "expert", len(successes), tmp_path / "only", only_successes=True, workers=1, **HOW)
    assert all(a.equals(b) for a, b in zip(only, successes, strict=True))
    assert RECORDING_FOLDER.read_manifest(tmp_path / "only")["episodes_played"] == successes[-1].seed + 1


def test_a_policy_that_never_succeeds_is_sent_home(tmp_path: Path) -> None:
    hopeless = {"only_successes": True, "settings": ["episode.hold_seconds=0.05", "episode.seconds=0.05"]}
    (tmp_path / "blocks").mkdir()
    (tmp_path / "demonstrations.json").touch()
    with recorder("reach", "random", folder=tmp_path, **hopeless) as one:
        wanted = BlockQueue(plan_recording("reach", "random", 1, tmp_path, **hopeless), {})
        with pytest.raises(MyGymError, match="policy random: succeeds in none of 50 episodes of reach, seeds 0 to 49"):
            while (number := wanted.pop()) is not None:
                wanted.mark_done(one.run_job(number))


def test_minaris_layout(made: Path, shown: Demonstrations) -> None:
    described = json.loads((made / "minari" / "data" / "metadata.json").read_text())
    assert described["total_episodes"] == 7
    assert described["total_steps"] == sum(map(len, shown))
    assert described["data_format"] == "hdf5"
    assert described["dataset_id"] == "mygym_lite/reach/expert-v0"
    space = json.loads(described["observation_space"])["subspaces"]
    assert space["front_rgb"]["shape"] == [32, 32, 3]
    assert space["front_rgb"]["dtype"] == "uint8"
    assert json.loads(described["env_spec"])["kwargs"]["settings"] == [HURRIED]
    with h5py.File(made / "minari" / "data" / "main_data.hdf5") as data:
        assert list(data) == [f"episode_{number}" for number in range(7)]
        episode = data["episode_3"]
        steps = episode.attrs["total_steps"]
        assert episode.attrs["id"] == episode.attrs["seed"] == 3
        assert episode.attrs["rewards_sum"] == episode["rewards"][()].sum()
        assert {len(episode[name]) for name in ("actions", "rewards", "terminations", "truncations")} == {steps}
        assert {len(group) for group in episode["observations"].values()} == {steps + 1}


def test_lerobots_layout(shown: Demonstrations, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'lerobot' is not installed")
    pytest.importorskip("av", reason="the extra 'lerobot' is not installed")
    lerobot.write_lerobot(tmp_path, shown, shown.manifest)
    info = json.loads((tmp_path / "meta/info.json").read_text())
    steps = sum(map(len, shown))
    assert (info["codebase_version"], info["fps"], info["total_episodes"]) == ("v3.0", 20, 7)
    frames = parquet.read_table(tmp_path / info["data_path"].format(chunk_index=0, file_index=0))
    assert frames["index"].to_pylist() == list(range(info["total_frames"])) == list(range(steps))
    assert set(frames.column_names) == {n for n, f in info["features"].items() if f["dtype"] != "video"}
    again = Demonstrations.load(tmp_path)
    assert again.summarize() == shown.summarize()
    assert again.manifest == shown.manifest
    for one, other in zip(again, shown, strict=True):
        for name in ("proprio", "goal"):
            assert np.array_equal(one.observations[name], other.get_observations(name))
        assert np.array_equal(one.actions, other.actions)
        assert np.array_equal(one.executed, other.executed)
        assert np.array_equal(one.terminations, other.terminations)
        assert np.array_equal(one.truncations, other.truncations)
        film, seen = one.observations["front_rgb"].astype(float), other.get_observations("front_rgb").astype(float)
        assert np.abs(film - seen).mean() < 4.0  # of 255: what a film loses
    told = json.loads((tmp_path / "meta/stats.json").read_text())
    assert told["action"]["mean"] == pytest.approx(shown.compute_statistics()["action"].mean)
    assert np.array(told["observation.images.front"]["mean"]).shape == (3, 1, 1)
    (tmp_path / "data/chunk-000/file-000.parquet").write_bytes(b"PAR1")
    with pytest.raises(MyGymError, match="is damaged or no LeRobot dataset"):
        again[0]


def test_statistics_are_those_of_the_arrays(shown: Demonstrations) -> None:
    spreads = shown.compute_statistics()
    assert set(spreads) == {"proprio", "goal", "front_rgb", "action"}
    for name, spread in spreads.items():
        rows = np.concatenate([one.actions if name == "action" else one.get_observations(name) for one in shown])
        rows = rows.reshape(-1, rows.shape[-1]).astype(np.float64)
        assert spread.count == len(rows)
        np.testing.assert_allclose(spread.mean, rows.mean(axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(spread.std, rows.std(axis=0), rtol=1e-9, atol=1e-12)
        assert np.array_equal(spread.low, rows.min(axis=0))
        assert np.array_equal(spread.high, rows.max(axis=0))


def test_the_summary_and_parts_of_a_set(shown: Demonstrations) -> None:
    summary = shown.summarize()
    assert summary.steps == tuple(map(len, shown))
    assert summary.success_rate == np.mean([one.success for one in shown])
    assert summary.peak_force is None  # there is nothing to touch
    part = shown[1:3]
    assert [one.seed for one in part] == [1, 2]
    assert part.manifest == shown.manifest
    grasps = Demonstrations([replace(shown[0], record=_touched(10.0)), replace(shown[0], record=_touched(30.0))])
    assert (grasps.summarize().mean_peak_force, grasps.summarize().peak_force) == (20.0, 30.0)


def _touched(newtons: float) -> dict[str, Any]:
    return {"seed": 0, "success": True, "steps": 9, "forces": {"hand_object": {"peak": newtons, "mean": 1.0}}}


def raises(_seen: Any) -> Any:
    raise ValueError("no idea what to do")


def test_a_policy_that_breaks_demonstrates_nothing() -> None:
    with recorder(policy=raises) as broken, pytest.raises(PolicyError, match=r"no idea what to do .*seed 0\)"):
        broken.record_episode(0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"episodes": 0}, "episodes must be at least 1, got 0"),
        ({"noise": 2.0}, "noise is 2; give a deviation from 0 to 1"),
        ({"noise": float("nan")}, "noise is nan; give a deviation"),
        ({"size": (64, 64)}, "size: no image is kept that could have it; name cameras with --cameras"),
        ({"cameras": ["frnt"]}, "cameras: no 'frnt' in reach; did you mean 'front'"),
        ({"formats": ["minary"]}, "format: no 'minary'; did you mean 'minari'"),
        ({"formats": []}, "format: none is named; one of lerobot, minari"),
        ({"randomization": "fulll"}, "fulll: no randomization of that name is shipped; did you mean 'full'"),
        ({"policy": "exprt"}, "no policy 'exprt'"),
        ({"task": "graps"}, "graps: no task of that name is shipped; did you mean 'grasp'"),
        ({"out": "mine.hdf5"}, "demonstrations are a folder; name one, such as mine"),
        ({"settings": ["robot.modle=1"]}, "no field 'modle'"),
    ],
)
def test_what_makes_no_sense_is_one_line(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    out = tmp_path / changes.pop("out", "set")
    arguments = {"task": "reach", "policy": "expert", "episodes": 1, "workers": 1, **changes}
    with pytest.raises(MyGymError) as refused:
        mg.record(out=out, **arguments)
    assert message in str(refused.value).replace(f"{tmp_path}/", "")
    assert "\n" not in str(refused.value)
    assert not out.exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(MyGymError, match="is not empty and holds no recording; give an --out that is new"):
        mg.record("reach", "expert", 1, tmp_path, workers=1)


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MyGymError, match=r"needs pyarrow; pip install 'mygym_lite\[lerobot\]'"):
        mg.record("reach", "expert", 1, tmp_path / "set", ["lerobot"], workers=1)


def damaged(folder: Path, data: bytes) -> Iterator[tuple[str, Path]]:
    """Files that cannot be read, and how."""
    cut, torn = folder / "cut.hdf5", folder / "torn.hdf5"
    cut.write_bytes(data[: len(data) // 2])
    torn.write_bytes(data)
    with h5py.File(torn, "a") as file:
        del file["episode_1/actions"]
    text = folder / "text.hdf5"
    text.write_text("these are no demonstrations")
    yield from (("damaged", cut), ("damaged", text), ("damaged", torn), ("holds no demonstrations", folder / "none"))


def test_damaged_files_are_one_line(made: Path, tmp_path: Path) -> None:
    for message, file in damaged(tmp_path, (made / "minari" / "data" / "main_data.hdf5").read_bytes()):
        with pytest.raises(MyGymError, match=message) as refused:
            list(Demonstrations.load(file))
        assert str(file) in str(refused.value)
        assert "\n" not in str(refused.value)


def test_an_array_that_is_too_short_is_noticed(shown: Demonstrations, tmp_path: Path) -> None:
    file = tmp_path / "short.hdf5"
    cut: Demonstration = replace(shown[0], rewards=shown[0].rewards[:-3])
    write_episodes(file, [cut])
    with pytest.raises(MyGymError, match=r"rewards has \d+ rows in an episode of \d+ steps"):
        Demonstrations.load(file)[0]
