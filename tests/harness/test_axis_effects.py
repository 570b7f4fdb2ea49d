"""The report of axes that are perturbed at once: planted effects are found, and chance is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runs import records, write_records, write_run

from mygym_lite.harness.report.axis_effects import build_axis_effects
from mygym_lite.harness.report.failure_patterns import find_failure_patterns
from mygym_lite.harness.report.report_data import ReportData, collect_report_data
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.severity import sample_severities
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.terms import load_task

EPISODES = 256


def plant(record: EpisodeRecord, rng: np.random.Generator) -> EpisodeRecord:
    """Give an episode of the sampled condition its axes, and a success that only two of them together lower."""
    if not record.severity:
        return record
    [_, condition] = load_suite("interactions").build_conditions(load_task("grasp"))
    axes = condition.list_axes(record.seed)
    high = dict(zip(axes, np.array(sample_severities(record.seed, len(axes), 2.0)) > 1.0, strict=True))
    rate = 0.2 if high["friction"] and high["action_delay"] else 0.95
    success = bool(rng.random() < rate)
    return replace(record, axes=axes, success=success, failure=None if success else "dropped", message=None)


@pytest.fixture(scope="module")
def report_data(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    folder = write_run(tmp_path_factory.mktemp("effects") / "run", suite="interactions", episodes=EPISODES)
    invented = records({"grasp": load_task("grasp")}, ["expert"], load_suite("interactions"), EPISODES)
    rng = np.random.default_rng(0)
    write_records(folder, [plant(record, rng) for record in invented])
    return collect_report_data([RunFolder.open(folder)])


def test_the_pair_that_matters_together_is_found(report_data: ReportData) -> None:
    [effects] = build_axis_effects(report_data.task_suites[0], report_data)
    [pair] = effects.pairs
    assert {pair.a, pair.b} == {"friction", "action_delay"}
    assert pair.interaction.value == pytest.approx(-0.75, abs=0.15)
    assert (effects.episodes, effects.tested_pairs, effects.half) == (EPISODES, 66, 1.0)


def test_the_axes_of_the_pair_come_first(report_data: ReportData) -> None:
    [effects] = build_axis_effects(report_data.task_suites[0], report_data)
    assert {effect.axis for effect in effects.axes[:2]} == {"friction", "action_delay"}
    assert all(effect.difference.high > 0 for effect in effects.axes[2:])  # no other one is below 0 with confidence


def test_other_suites_have_no_effects_of_axes_together(tmp_path: Path) -> None:
    data = collect_report_data([RunFolder.open(write_run(tmp_path / "run", suite="combined", episodes=3))])
    assert build_axis_effects(data.task_suites[0], data) == []


def draw_records(seed: int, edge: float) -> list[EpisodeRecord]:
    """Draw nominal episodes that fail more often where an object lies beyond an edge."""
    rng = np.random.default_rng(seed)
    invented = records({"grasp": load_task("grasp")}, ["expert"], load_suite("nominal"), 200)
    drawn = []
    for record in invented:
        x, y = rng.random(2)
        success = bool(rng.random() < (0.3 if x > edge else 0.9))
        values = {"objects.target.position": [x, y, 0.02], "objects.target.model": rng.choice(["cube", "can"]).item()}
        failure = None if success else "dropped"
        drawn.append(replace(record, success=success, failure=failure, message=None, varied_values=values))
    return drawn


def find_patterns(folder: Path, seed: int, edge: float) -> list[str]:
    run = write_run(folder, suite="nominal", episodes=200)
    write_records(run, draw_records(seed, edge))
    data = collect_report_data([RunFolder.open(run)])
    return [pattern.text for pattern in find_failure_patterns(data.task_suites[0], "expert")]


def test_values_with_more_failures_are_found(tmp_path: Path) -> None:
    patterns = find_patterns(tmp_path / "run", seed=0, edge=0.75)
    assert patterns[0].startswith("objects.target.position[0] > 0.7")


def test_episodes_that_share_their_seeds_count_once(tmp_path: Path) -> None:
    """Of a suite with many conditions, only the nominal episodes draw anew, and six of them show nothing."""
    run = write_run(tmp_path / "run", suite="sim2real", episodes=6)
    invented = records({"grasp": load_task("grasp")}, ["expert"], load_suite("sim2real"), 6)
    drawn = []
    for record in invented:
        values, failure = {"objects.target.yaw": float(record.seed)}, "dropped" if record.seed > 3 else None
        drawn.append(replace(record, success=not failure, failure=failure, message=None, varied_values=values))
    write_records(run, drawn)
    data = collect_report_data([RunFolder.open(run)])
    assert find_failure_patterns(data.task_suites[0], "expert") == []


def test_chance_is_seldom_a_pattern(tmp_path: Path) -> None:
    found = [bool(find_patterns(tmp_path / str(seed), seed, edge=2.0)) for seed in range(20)]
    assert sum(found) <= 3  # at most three patterns, each confirmed by chance in 2.5% of runs
