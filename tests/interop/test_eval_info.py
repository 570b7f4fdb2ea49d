"""Results of a run in the layout of LeRobot's evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import write_run

from mygym_lite.harness.run_folder import RunFolder

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("eval_info") / "run", policies=["expert", "mlp"], episodes=4)


def test_groups_hold_the_episodes_of_a_condition(folder: Path, run: Run) -> None:
    file = folder.parent / "out" / "eval_info.json"
    assert run("report", folder, "--eval-info", file, "--policy", "mlp")[0] == 0
    info = json.loads(file.read_text(encoding="utf-8"))
    records = [e for e in RunFolder.open(folder).read_records() if e.policy == "mlp"]
    nominal = [e for e in records if e.axis == "nominal"]
    assert info["per_task"][0]["task_group"] == "grasp"
    assert info["per_task"][0]["metrics"]["successes"] == [e.success for e in nominal]
    assert info["per_task"][0]["metrics"]["sum_rewards"] == [e.reward for e in nominal]
    assert info["per_group"]["grasp"]["pc_success"] == 25.0 * sum(e.success for e in nominal)
    assert info["per_group"]["grasp-friction-3"]["n_episodes"] == 4
    assert info["overall"]["n_episodes"] == len(records)
    assert set(info["overall"]) == {
        *("avg_sum_reward", "avg_max_reward", "pc_success", "n_episodes", "eval_s", "eval_ep_s", "video_paths")
    }


def test_a_policy_is_named_for_eval_info_alone(folder: Path, run: Run) -> None:
    code, _, errors = run("report", folder, "--policy", "mlp")
    assert code == 2
    assert "--policy: names the policy of --eval-info, which is missing" in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "eval_info: the run has the policies expert, mlp; name one of them"),
        (("--policy", "mpl"), "eval_info: no policy 'mpl' in the run; did you mean 'mlp'?"),
    ],
)
def test_one_policy_is_chosen(options: tuple[str, ...], message: str, folder: Path, tmp_path: Path, run: Run) -> None:
    code, _, errors = run("report", folder, "--out", tmp_path, "--eval-info", tmp_path / "eval_info.json", *options)
    assert code == 2
    assert message in errors
