"""Evaluations of a task with stages: records, statistics, comparison, replay and report say how far episodes came."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from staged_task import STAGES, write_staged_task

import mygym_lite as mg
from mygym_lite import cli
from mygym_lite.errors import UsageError
from mygym_lite.harness.compare import compare_policies
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report import write_report
from mygym_lite.harness.result import EvaluationResult
from mygym_lite.harness.run_folder import MANIFEST, RunFolder
from mygym_lite.harness.summary import summarize_conditions
from mygym_lite.rollout.episode import EpisodeSpec, make_error_record
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import proportion_interval
from mygym_lite.terms import load_task

EPISODES = 3


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> EvaluationResult:
    """The expert and a random policy on the task, without perturbation."""
    folder = tmp_path_factory.mktemp("stages")
    task = write_staged_task(folder, ("within = 0.15", "within = 0.25"))
    return mg.evaluate(["expert", "random"], [task], episodes=EPISODES, out=folder / "run", workers=1)


def select(result: EvaluationResult, policy: str) -> list[EpisodeRecord]:
    return [record for record in result.records if record.policy == policy]


def test_a_record_says_how_many_stages_were_reached(result: EvaluationResult) -> None:
    for record in select(result, "expert"):
        assert (record.success, record.stage_reached, record.progress) == (True, 3, 1.0)
        assert {f"{name}.bonus" for name in STAGES} < record.reward_terms.keys()
    for record in select(result, "random"):
        assert not record.success
        assert record.progress == record.stage_reached / 3 < 1.0


def test_a_record_survives_its_line(result: EvaluationResult) -> None:
    for record in result.records:
        assert EpisodeRecord.from_line(record.to_line()) == record
        assert '"progress":' in record.to_line()


def test_the_line_of_a_task_without_stages_is_that_of_earlier_releases() -> None:
    [record] = mg.run("reach", "random", episodes=1)
    table = json.loads(record.to_line())
    assert not {"stage_reached", "progress"} & table.keys()
    assert EpisodeRecord.from_line(record.to_line()) == record
    assert (record.stage_reached, record.progress) == (None, None)


def test_a_broken_episode_reached_no_stage(tmp_path: Path) -> None:
    staged, reach = load_task(write_staged_task(tmp_path)), load_task("reach")
    records = [make_error_record(EpisodeSpec(task, 0), "broken") for task in (staged, reach)]
    assert [(record.stage_reached, record.progress) for record in records] == [(0, 0.0), (None, None)]


def test_an_error_of_the_policy_keeps_the_stages_reached(tmp_path: Path) -> None:
    def stop(_observation: object) -> None:
        raise KeyError("elbow")

    [record] = mg.run(write_staged_task(tmp_path), stop, episodes=1)
    assert (record.failure, record.stage_reached, record.progress) == ("policy_error", 0, 0.0)


def test_the_summary_holds_the_mean_share_of_stages(result: EvaluationResult) -> None:
    shares = [record.progress for record in select(result, "random")]
    rows = {row.policy: row for row in result.summary}
    assert rows["random"].metrics["progress"] == proportion_interval(shares)
    assert rows["expert"].metrics["progress"].value == 1.0
    with (result.folder / "summary.csv").open(encoding="utf-8") as file:
        assert {row["policy"]: row["progress"] for row in csv.DictReader(file)}["expert"] == "1.0"
    by_policy = {summary.policy: summary for summary in result.policy_summaries}
    assert by_policy["random"].progress == rows["random"].metrics["progress"]
    assert by_policy["random"].to_dict()["progress"]["value"] == pytest.approx(sum(shares) / EPISODES)


def test_a_task_without_stages_has_no_progress() -> None:
    [record] = mg.run("reach", "random", episodes=1)
    assert METRICS_BY_NAME["progress"].estimate_records([record]) == (None, None, None)


def test_a_policy_that_always_breaks_has_no_progress(result: EvaluationResult) -> None:
    broken = [replace(record, failure="policy_error", progress=0.0) for record in select(result, "random")]
    [row] = summarize_conditions(broken)
    assert row.metrics["progress"].value is None


def test_the_table_has_a_column_of_progress(result: EvaluationResult) -> None:
    head, *lines = result.format_table().splitlines()
    assert re.split(r"\s{2,}", head)[:4] == ["policy", "task", "success", "progress"]
    assert lines[0].count("100.0%") >= 2


def test_policies_are_compared_by_the_stages_they_reach(
    result: EvaluationResult, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [comparison] = compare_policies(result.records)
    expert, other = (
        sum(r.progress or 0.0 for r in select(result, policy)) / EPISODES for policy in ("expert", "random")
    )
    assert comparison.progress.value == pytest.approx(other - expert)
    assert comparison.to_dict()["progress"]["value"] == comparison.progress.value
    monkeypatch.setattr("sys.argv", ["mygym-lite", "compare", str(result.folder)])
    assert cli.main() == 0
    assert re.search(r"stages reached -\d+\.\d points", capfd.readouterr().out)


def test_the_report_shows_the_share_of_episodes_that_reached_each_stage(result: EvaluationResult) -> None:
    page = write_report([RunFolder.open(result.folder)], result.folder).read_text(encoding="utf-8")
    section = page[page.index('<section id="stages">') : page.index('<section id="failures">')]
    assert [name for name in re.findall(r'<th scope="row">(\w+)</th>', section)] == list(STAGES)
    assert section.count("100%") >= len(STAGES)
    assert '<a href="#stages">' in page
    assert "Progress" in page[: page.index('<section id="stages">')]
    assert "| Progress |" in (result.folder / "report.md").read_text(encoding="utf-8")


def test_the_report_of_a_task_without_stages_has_no_such_section(tmp_path: Path) -> None:
    run = mg.evaluate("random", "reach", episodes=1, out=tmp_path / "run", workers=1).run
    assert 'id="stages"' not in write_report([run], run.folder).read_text(encoding="utf-8")


def test_a_replay_reaches_the_same_stages(result: EvaluationResult) -> None:
    for episode in (0, 1):
        assert mg.replay(result.folder, episode).identical


def name_no_stage(manifest: dict) -> None:
    manifest["tasks"]["staged"]["fields"]["stages"][0].pop("name")


def list_no_stages(manifest: dict) -> None:
    manifest["tasks"]["staged"]["fields"]["stages"] = 3


@pytest.mark.parametrize("damage", [name_no_stage, list_no_stages])
def test_a_damaged_declaration_is_refused(
    result: EvaluationResult, tmp_path: Path, damage: Callable[[dict], None]
) -> None:
    manifest = json.loads((result.folder / MANIFEST).read_text(encoding="utf-8"))
    damage(manifest)
    (tmp_path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError, match=r"tasks\.staged\.fields\.stages"):
        RunFolder.open(tmp_path)


def test_show_lists_the_stages(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_staged_task(tmp_path)
    monkeypatch.setattr("sys.argv", ["mygym-lite", "show", str(file)])
    assert cli.main() == 0
    out = capfd.readouterr().out
    assert 'not = { term = "touching", a = "table", b = "target" }' in out
    assert re.search(r"^reach +bonus +1.0$", out, re.MULTILINE)
    monkeypatch.setattr("sys.argv", ["mygym-lite", "show", str(file), "--json"])
    assert cli.main() == 0
    assert json.loads(capfd.readouterr().out)["stages"] == [asdict(stage) for stage in load_task(file).stages]
