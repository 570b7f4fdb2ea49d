"""HTML report of a randomization study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from mygym_lite.harness.condition_results import NOMINAL_KEY
from mygym_lite.reports.formatting import format_percent
from mygym_lite.reports.page import render_page
from mygym_lite.reports.svg import PlotArea, draw_svg
from mygym_lite.studies.randomization import text
from mygym_lite.studies.randomization.curves import draw_curves
from mygym_lite.studies.randomization.findings import MEAN, StudyCell, StudyFindings
from mygym_lite.studies.randomization.plan import NONE

_SECTIONS = (
    ("overview", "Overview"),
    ("curves", "Severity curves"),
    ("matrix", "Transfer matrix"),
    ("numbers", "All results"),
    ("method", "Methodology"),
)
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROW = 30  # px, height of one preset in the overview chart
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" class="{}"/>')
FormattedEstimate = tuple[str, str]


@dataclass(frozen=True)
class TrainingRow:
    """Results of one training randomization."""

    preset: str
    color: int
    nominal: FormattedEstimate
    cells_by_severity: list[list[FormattedEstimate]]
    success_by_run: str


@dataclass(frozen=True)
class AxisRow:
    """One axis of the transfer matrix."""

    name: str
    about: str
    cells: list[StudyCell]
    first: bool


@dataclass(frozen=True)
class Matrix:
    """Transfer matrix at one severity: success by axis and training randomization."""

    severity: int
    groups: list[tuple[str, list[AxisRow]]]


def render_study_page(findings: StudyFindings, manifest: Mapping[str, Any]) -> str:
    """Render the HTML report of a study as one self-contained page."""
    curves = draw_curves([cell.to_dict() for cell in findings.cells.values()])
    return render_page(
        "mygym_lite.studies.randomization",
        title=text.format_title(findings),
        subtitle=text.format_subtitle(findings),
        sections=[section for section in _SECTIONS if curves or section[0] != "curves"],
        version=str(manifest.get("version")),
        notices=text.build_notices(findings),
        headlines=text.build_headlines(findings),
        axis_count=text.format_study_axis_count(findings),
        severity=findings.reported_severity,
        severities=findings.plan.severities,
        compares=_has_comparison(findings),
        overview=draw_overview(findings),
        trainings=_build_training_rows(findings),
        curves=curves,
        matrices=[_build_matrix(findings, severity) for severity in findings.plan.severities],
        all_results=_list_results(findings),
        describe_cell=text.format_cell,
        methodology=text.METHOD,
        command=manifest.get("command", ""),
        facts=_list_facts(findings, manifest),
        definitions=text.build_definitions(findings),
        excluded_axes=text.group_irrelevant_axes(findings),
    )


def _has_comparison(findings: StudyFindings) -> bool:
    return NONE in findings.presets and len(findings.presets) > 1


def _build_training_rows(findings: StudyFindings) -> list[TrainingRow]:
    rows = []
    for color, preset in enumerate(findings.presets):
        cells_by_severity = []
        for severity in findings.plan.severities:
            mean = findings.get_mean_cell(preset, severity)
            cells = [text.format_share(mean.success), text.format_share(mean.retention)]
            if _has_comparison(findings):
                cells.append(text.format_difference(mean.difference))
            cells_by_severity.append(cells)
        nominal = text.format_share(findings.get_nominal_cell(preset).success)
        success_by_run = text.format_trainings(findings.get_mean_cell(preset))
        rows.append(TrainingRow(preset, color % 6, nominal, cells_by_severity, success_by_run))
    return rows


def _build_matrix(findings: StudyFindings, severity: int) -> Matrix:
    descriptions = {axis.name: axis.about for axis in findings.plan.full_suite.axes}

    def build_row(name: str, axis: str, severity: int) -> AxisRow:
        cells = [findings.get_cell(preset, axis, severity) for preset in findings.presets]
        return AxisRow(name, descriptions.get(axis, ""), cells, first=axis == NOMINAL_KEY[0])

    groups = [("", [build_row("nominal", *NOMINAL_KEY), build_row("mean over axes", MEAN, severity)])]
    groups += [(group, [build_row(axis, axis, severity) for axis in axes]) for group, axes in findings.axes]
    return Matrix(severity, groups)


def _list_results(findings: StudyFindings) -> list[dict[str, Any]]:
    return [
        {
            "condition": text.format_condition(cell),
            "preset": cell.preset,
            "success": text.format_share(cell.success),
            "success_by_run": text.format_trainings(cell),
            "retention": text.format_share(cell.retention),
            "difference": text.format_difference(cell.difference),
        }
        for cell in findings.cells.values()
    ]


def draw_overview(findings: StudyFindings) -> Markup:
    """Draw nominal success and mean success over axes, one row per training randomization."""
    presets = findings.presets
    height, rows = 44 + _ROW * len(presets), (0.0, float(len(presets)))
    area = PlotArea(720, height, left=112, right=24, top=10, bottom=34, x_range=(0.0, 1.0), y_range=rows)
    body = _draw_grid(area)
    for number, preset in enumerate(presets):
        nominal, mean = findings.get_nominal_cell(preset).success, findings.get_mean_cell(preset).success
        y = area.y(len(presets) - number - 0.5)
        body += Markup('<g class="p{}">').format(number % 6) + _draw_name(area, preset, y)
        body += _draw_interval(area, mean.low, mean.high, y)
        body += _DOT.format(area.x(nominal.value or 0.0), y, 5, "ring") + _DOT.format(
            area.x(mean.value or 0.0), y, 4, ""
        )
        body += Markup("</g>")
    description = "; ".join(text.build_headlines(findings))
    return draw_svg(area.width, area.height, "Nominal success and mean success over axes", description, body)


def _draw_grid(area: PlotArea) -> Markup:
    line = Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>')
    lines = Markup("").join(line.format(area.x(x), area.top, area.height - area.bottom) for x in _GRID)
    return lines + area.draw_columns(_GRID, map(format_percent, _GRID))


def _draw_name(area: PlotArea, preset: str, y: float) -> Markup:
    template = Markup('<text class="name" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>')
    return template.format(area.left - 14, y + 4, preset if len(preset) <= 14 else preset[:13] + "…")


def _draw_interval(area: PlotArea, low: float | None, high: float | None, y: float) -> Markup:
    if low is None or high is None:
        return Markup("")
    return Markup('<path class="whisker" d="M{:.1f} {:.1f}H{:.1f}"/>').format(area.x(low), y, area.x(high))


def _list_facts(findings: StudyFindings, manifest: Mapping[str, Any]) -> list[FormattedEstimate]:
    plan, git = findings.plan, manifest.get("git") or {}
    demonstrations, training = plan.demonstrations, plan.training
    rollouts, rate = demonstrations.rollouts_per_round, training.learning_rate
    fingerprints = findings.outcomes.policy_fingerprints
    facts: dict[str, object] = {
        "demonstrations": f"{demonstrations.episodes}, action noise {demonstrations.noise:g}",
        "policy rollouts": f"up to {demonstrations.rounds} rounds of {rollouts}" if plan.algo == "dagger" else "",
        "training": f"up to {training.epochs} epochs, batch size {training.batch_size}, learning rate {rate:g}",
        "network": ", ".join(f"{name} {value}" for name, value in (manifest.get("network") or {}).items()),
        "cameras": ", ".join(plan.observation.cameras),
        "settings": ", ".join(plan.settings),
        "perception": plan.perception or "",
        "policies": ", ".join(f"{name} [{fingerprint[:8]}]" for name, fingerprint in fingerprints.items()),
        "versions": ", ".join(f"{name} {value}" for name, value in (manifest.get("versions") or {}).items() if value),
        "revision": f"{git['revision']}{' with local changes' if git.get('dirty') else ''}" if git else "",
        "simulation": str(manifest.get("simulation", ""))[:16],
    }
    return [(name, str(value)) for name, value in facts.items() if value]
