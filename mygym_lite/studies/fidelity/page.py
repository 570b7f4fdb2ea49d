"""HTML page of a fidelity result."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.report.worst_episodes import format_replay_command
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.provenance import read_version
from mygym_lite.reports.formatting import format_name
from mygym_lite.reports.page import render_page
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.studies.fidelity import text
from mygym_lite.studies.fidelity.agreement import Agreement
from mygym_lite.studies.fidelity.charts import draw_axis_panels, draw_drop_scatter, draw_score_scatter
from mygym_lite.studies.fidelity.disagreements import Disagreement
from mygym_lite.studies.fidelity.drops import DropAgreement
from mygym_lite.studies.fidelity.study import FidelityResult

_SECTIONS = (
    ("ranking", "Ranking"),
    ("flips", "Rank flips"),
    ("drops", "Drops by axis"),
    ("disagreements", "Disagreements"),
    ("real", "Real success"),
    ("method", "Methodology"),
)


@dataclass(frozen=True)
class StatisticCard:
    """One statistic as the page shows it."""

    title: str
    about: str
    value: str
    interval: str
    interval_over_seeds: str


@dataclass(frozen=True)
class EpisodeSide:
    """One of two episodes of the same seed."""

    world: str
    outcome: str
    command: str
    clip: str
    """Base64-encoded video, or empty."""


@dataclass(frozen=True)
class DisagreementCard:
    """One policy under one condition in both worlds."""

    disagreement: Disagreement
    title: str
    color: int
    seed: int | None
    sides: Sequence[EpisodeSide]


@dataclass(frozen=True)
class AxisRows:
    """Drops along one axis: over all severities, and at each."""

    name: str
    total: DropAgreement
    severities: Sequence[DropAgreement]


def render_fidelity_page(result: FidelityResult) -> str:
    """Render the HTML page of a result as one self-contained file."""
    pair = result.pair
    drops = [drop for drop in result.drops if drop.axis is not None]
    return render_page(
        "mygym_lite.studies.fidelity",
        title=text.format_title(result),
        subtitle=text.format_scope(result),
        sections=_list_sections(result),
        version=read_version("mygym_lite") or "",
        notices=result.notices,
        headlines=text.build_headlines(result),
        a=pair.a.name,
        b=pair.b.name,
        is_simulated=pair.is_simulated,
        overall=result.overall,
        statistics=_build_cards(result.overall),
        scatter=draw_score_scatter(pair, result.overall),
        tasks=[
            (agreement, _build_cards(agreement), draw_score_scatter(pair, agreement)) for agreement in result.by_task
        ],
        has_tasks=len(result.by_task) > 1,
        all_drops=result.drops[0] if result.drops else None,
        axes=_group_axes(drops),
        drop_scatter=draw_drop_scatter(pair, result.drops) if drops else "",
        panels=draw_axis_panels(pair, result.drops),
        disagreements=[_build_disagreement(result, each) for each in result.disagreements],
        disagreement_count=text.describe_disagreements(result),
        predictions=result.predictions,
        methodology=text.build_methodology(result),
        facts=text.build_facts(result),
        definitions=text.build_definitions(result),
        number=text.format_number,
        number_range=text.format_number_range,
    )


def _list_sections(result: FidelityResult) -> list[tuple[str, str]]:
    absent = {"drops": not result.drops, "real": not result.predictions, "disagreements": not result.disagreements}
    return [(anchor, title) for anchor, title in _SECTIONS if not absent.get(anchor)]


def _build_cards(agreement: Agreement) -> list[StatisticCard]:
    return [
        StatisticCard(
            *text.STATISTICS[name],
            text.format_statistic(name, estimate.value),
            text.format_statistic_range(name, estimate),
            text.format_statistic_range(name, agreement.over_seeds[name]),
        )
        for name, estimate in agreement.statistics.items()
    ]


def _group_axes(drops: Sequence[DropAgreement]) -> list[tuple[str, list[AxisRows]]]:
    """Group the drops by group and axis, in their order."""
    groups: dict[str, list[AxisRows]] = {}
    for total in drops:
        if total.severity is None:
            at = [drop for drop in drops if drop.axis == total.axis and drop.severity is not None]
            groups.setdefault(format_name(total.group or ""), []).append(
                AxisRows(format_name(total.axis or ""), total, at)
            )
    return list(groups.items())


def _build_disagreement(result: FidelityResult, disagreement: Disagreement) -> DisagreementCard:
    task = f" of {disagreement.condition.task}" if len(result.pair.tasks) > 1 else ""
    example = disagreement.example
    worlds = (result.pair.a.name, result.pair.b.name)
    sides = [_build_side(result, *side) for side in zip(worlds, result.runs, example, strict=True)] if example else []
    return DisagreementCard(
        disagreement,
        text.format_condition(disagreement.condition) + task,
        result.pair.policies.index(disagreement.policy) % 6,
        example[0].seed if example else None,
        sides,
    )


def _build_side(result: FidelityResult, world: str, run: RunFolder, record: EpisodeRecord) -> EpisodeSide:
    outcome = "solved" if record.success else format_name(record.failure or "failed")
    clip = result.films.clips.get((run.folder, record.episode), b"")
    return EpisodeSide(world, outcome, format_replay_command(run, record), base64.b64encode(clip).decode())
