"""LeRobot's layout: features under the names that its policies ask for, joints by name, statistics, and its own ACT."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.formats import lerobot
from mygym_lite.errors import UsageError

pytest.importorskip("pyarrow", reason="the extra 'lerobot' is not installed")
pytest.importorskip("av", reason="the extra 'lerobot' is not installed")

from mygym_lite.demonstrations.formats.lerobot_reader import LeRobotEpisodes

NAMES = {
    "proprio": ["joints.elbow", "joints.wrist"],
    "object": ["offset.x", "offset.y", "height"],
    "action": ["elbow", "closure"],
}
CARD = {"control_hz": 20, "robot": "arm", "names": NAMES, "task": {"fields": {"about": "Lift it."}}}
LEVELS = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
ENVIRONMENT = "observation.environment_state"


def episode(seed: int, steps: int, pictures: bool = False) -> Demonstration:
    """An episode of any numbers."""
    rng = np.random.default_rng(seed)
    widths = {"proprio": 2, "object": 3, "goal": 1}
    seen = {name: rng.normal(seed, 2.0, (steps + 1, width)).astype(np.float32) for name, width in widths.items()}
    if pictures:
        seen["front_rgb"] = rng.integers(0, 50 + 100 * seed, (steps + 1, 16, 18, 3), np.uint8)
    done = np.arange(steps) == steps - 1
    record = {"seed": seed, "success": True, "steps": steps}
    actions = rng.uniform(-1, 1, (steps, 2)).astype(np.float32)
    return Demonstration(seen, actions, np.ones(steps), done, np.zeros(steps, bool), {}, record)


@pytest.fixture
def state(tmp_path: Path) -> tuple[Path, list[Demonstration]]:
    episodes = [episode(0, 11), episode(1, 30), episode(2, 1)]
    lerobot.write_lerobot(tmp_path / "state", episodes, CARD)
    return tmp_path / "state", episodes


@pytest.fixture
def pixels(tmp_path: Path) -> tuple[Path, list[Demonstration]]:
    episodes = [episode(0, 6, pictures=True), episode(1, 4, pictures=True)]
    lerobot.write_lerobot(tmp_path / "pixels", episodes, CARD)
    return tmp_path / "pixels", episodes


def read(folder: Path, name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((folder / "meta" / name).read_text(encoding="utf-8"))
    return table


def whole(episodes: list[Demonstration]) -> dict[str, np.ndarray]:
    """Every frame of the features that have statistics worth a look."""
    seen = {name: np.concatenate([one.get_observations(name) for one in episodes]) for name in episodes[0].observations}
    return {
        "observation.state": seen["proprio"],
        ENVIRONMENT: np.concatenate([seen["goal"], seen["object"]], axis=1),
        "action": np.concatenate([one.actions for one in episodes]),
    }


def test_without_pictures_everything_but_the_robot_is_the_environments_state(state) -> None:
    folder, episodes = state
    features = read(folder, "info.json")["features"]
    assert [name for name in features if name.startswith("observation")] == ["observation.state", ENVIRONMENT]
    assert features[ENVIRONMENT]["shape"] == [4]
    for one, again in zip(episodes, LeRobotEpisodes(folder), strict=True):
        assert set(again.observations) == {"proprio", "object", "goal"}
        assert all(np.array_equal(again.observations[name], one.get_observations(name)) for name in one.observations)
        assert np.array_equal(again.actions, one.actions)


def test_beside_pictures_groups_stay_apart_so_that_nobody_learns_from_the_truth_unasked(pixels) -> None:
    folder, episodes = pixels
    features = read(folder, "info.json")["features"]
    assert {name for name in features if name.startswith("observation")} == {
        "observation.state", "observation.object", "observation.goal", "observation.images.front",
    }  # fmt: skip
    again = LeRobotEpisodes(folder)[1]
    for name in ("object", "goal"):
        assert np.array_equal(again.observations[name], episodes[1].get_observations(name))


def test_numbers_are_called_by_joints_and_axes(state) -> None:
    features = read(state[0], "info.json")["features"]
    assert features["observation.state"]["names"] == ["joints.elbow", "joints.wrist"]
    assert features["action"]["names"] == features["executed_action"]["names"] == ["elbow", "closure"]
    # of the goal nothing is known
    assert features[ENVIRONMENT]["names"] == ["goal.0", "object.offset.x", "object.offset.y", "object.height"]


def test_statistics_are_those_of_numpy(state) -> None:
    folder, episodes = state
    told = read(folder, "stats.json")
    for name, rows in whole(episodes).items():
        rows = rows.astype(np.float64)
        wanted = {"mean": rows.mean(0), "std": rows.std(0), "min": rows.min(0), "max": rows.max(0)}
        wanted |= {level: np.quantile(rows, share, axis=0) for level, share in LEVELS.items()}
        assert told[name].pop("count") == [len(rows)]
        assert told[name].keys() == wanted.keys()
        for key, values in wanted.items():
            np.testing.assert_allclose(told[name][key], values, rtol=1e-6, atol=1e-12, err_msg=f"{name} {key}")


def test_an_episodes_row_has_its_own(state) -> None:
    import pyarrow.parquet as parquet

    folder, episodes = state
    rows = parquet.read_table(folder / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    for one, row in zip(episodes, rows, strict=True):
        assert row["stats/action/count"] == [len(one)]
        assert row["stats/action/q90"] == pytest.approx(np.quantile(one.actions, 0.9, axis=0))


def test_colours_are_counted_by_frames_and_go_from_0_to_1(pixels) -> None:
    folder, episodes = pixels
    told = read(folder, "stats.json")["observation.images.front"]
    seen = np.concatenate([one.get_observations("front_rgb") for one in episodes]).reshape(-1, 3) / 255.0
    assert told["count"] == [10]
    for level, share in LEVELS.items():
        assert np.shape(told[level]) == (3, 1, 1)
        np.testing.assert_allclose(np.ravel(told[level]), np.quantile(seen, share, axis=0), err_msg=level)
    np.testing.assert_allclose(np.ravel(told["mean"]), seen.mean(axis=0))


def test_the_environments_state_of_other_programs_is_one_group(state) -> None:
    folder, _ = state
    (folder / "meta" / lerobot.MANIFEST_FILE).unlink()  # which only we write
    assert set(LeRobotEpisodes(folder)[0].observations) == {"proprio", "environment_state"}


def test_a_group_that_would_part_its_own_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"lerobot: 'my\.group' has a dot or a slash"):
        lerobot.require_writable({"my.group": (3,)})


@pytest.mark.parametrize("kind", ["act", "diffusion"])
def test_lerobots_own_policies_train_on_it(kind, state, monkeypatch) -> None:
    datasets = pytest.importorskip("lerobot.datasets", reason="LeRobot lives in an environment of its own")
    torch = pytest.importorskip("torch")
    from lerobot.policies.factory import make_policy, make_policy_config, make_pre_post_processors

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    small = {"act": {"dim_model": 32, "n_heads": 2, "chunk_size": 8, "n_action_steps": 8},
             "diffusion": {"down_dims": (16, 32), "horizon": 8, "n_action_steps": 4}}  # fmt: skip
    config = make_policy_config(kind, device="cpu", push_to_hub=False, **small[kind])
    meta = datasets.LeRobotDatasetMetadata("own/state", root=state[0])
    policy = make_policy(config, meta)
    prepare, _ = make_pre_post_processors(config, dataset_stats=meta.stats)
    steps = {"action": config.action_delta_indices}
    if config.observation_delta_indices:
        steps |= dict.fromkeys(("observation.state", ENVIRONMENT), config.observation_delta_indices)
    moments = {name: [step / meta.fps for step in places] for name, places in steps.items()}
    frames = datasets.LeRobotDataset("own/state", root=state[0], delta_timestamps=moments)
    loader = torch.utils.data.DataLoader(frames, batch_size=4)
    optimizer = torch.optim.Adam(policy.parameters(), 1e-3)
    losses = []
    for batch in loader:
        loss, _ = policy.forward(prepare(batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert np.isfinite(losses).all()
    assert len(losses) == 11
