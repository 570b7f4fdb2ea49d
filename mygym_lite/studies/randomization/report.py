"""The page of a randomization study: one file that loads nothing, in the dress of the other reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from mygym_lite.harness.condition_results import NOMINAL_KEY
from mygym_lite.reports.formatting import format_name, format_percent, format_points
from mygym_lite.reports.heatmap_colors import build_color_table, get_color_index
from mygym_lite.reports.svg import PlotArea, draw_svg
from mygym_lite.studies.randomization import text
from mygym_lite.studies.randomization.findings import MEAN, StudyCell, StudyFindings
from mygym_lite.studies.randomization.plan import NONE

_DRESS, _HERE = files("mygym_lite.reports"), files("mygym_lite.studies.randomization")
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROW = 30  # px of a preset in the overview
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" class="{}"/>')
FormattedEstimate = tuple[str, str]


@dataclass(frozen=True)
class TrainingRow:
    """What a training comes to."""

    preset: str
    color: int
    nominal: FormattedEstimate
    cells_by_severity: list[list[FormattedEstimate]]
    trainings: str


@dataclass(frozen=True)
class AxisRow:
    """An axis of the matrix."""

    name: str
    about: str
    cells: list[StudyCell]
    first: bool


@dataclass(frozen=True)
class Matrix:
    """Success by axis and training, at one level."""

    severity: int
    groups: list[tuple[str, list[AxisRow]]]


def render_page(findings: StudyFindings, manifest: Mapping[str, Any]) -> str:
    """The whole text of the HTML file."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "named": format_name,
        "percent": format_percent,
        "points": format_points,
        "shade": get_color_index,
        "story": text.format_cell,
    }
    shades = build_color_table()
    return environment.from_string((_HERE / "page.html.j2").read_text(encoding="utf-8")).render(
        title=text.format_title(findings),
        lede=text.format_subtitle(findings),
        notices=text.build_notices(findings),
        headlines=text.build_headlines(findings),
        count=text.format_study_axis_count(findings),
        level=findings.reported_severity,
        levels=findings.plan.severities,
        compares=NONE in findings.presets and len(findings.presets) > 1,
        overview=draw_overview(findings),
        lines=_lines(findings),
        matrices=[_matrix(findings, level) for level in findings.plan.severities],
        every=_every(findings),
        method=text.METHOD,
        command=manifest.get("command", ""),
        facts=_facts(findings, manifest),
        definitions=text.build_definitions(findings),
        left_out=text.group_irrelevant_axes(findings),
        version=manifest.get("version"),
        shades=list(zip(shades["light"], shades["dark"], strict=True)),
        style=Markup((_DRESS / "style.css").read_text(encoding="utf-8")),
        script=Markup((_DRESS / "script.js").read_text(encoding="utf-8")),
    )


def _lines(findings: StudyFindings) -> list[TrainingRow]:
    compares = NONE in findings.presets and len(findings.presets) > 1
    found = []
    for color, preset in enumerate(findings.presets):
        means = [findings.get_mean_cell(preset, level) for level in findings.plan.severities]
        told = [
            [
                text.format_share(mean.success),
                text.format_share(mean.retention),
                *([text.format_difference(mean.difference)] if compares else []),
            ]
            for mean in means
        ]
        trainings = text.format_trainings(findings.get_mean_cell(preset))
        found.append(
            TrainingRow(
                preset, color % 6, text.format_share(findings.get_nominal_cell(preset).success), told, trainings
            )
        )
    return found


def _matrix(findings: StudyFindings, level: int) -> Matrix:
    about = {axis.name: axis.about for axis in findings.plan.full_suite.axes}

    def row(name: str, axis: str, at: int, first: bool = False) -> AxisRow:
        return AxisRow(
            name, about.get(axis, ""), [findings.get_cell(preset, axis, at) for preset in findings.presets], first
        )

    groups = [("", [row("nominal", *NOMINAL_KEY, first=True), row("mean over axes", MEAN, level)])]
    return Matrix(level, groups + [(group, [row(axis, axis, level) for axis in axes]) for group, axes in findings.axes])


def _every(findings: StudyFindings) -> list[dict[str, Any]]:
    return [
        {
            "where": text.format_condition(cell), "preset": cell.preset, "success": text.format_share(cell.success),
            "trainings": text.format_trainings(cell), "kept": text.format_share(cell.retention),
            "difference": text.format_difference(cell.difference),
        }
        for cell in findings.cells.values()
    ]  # fmt: skip


def draw_overview(findings: StudyFindings) -> Markup:
    """Nominal success and the mean over axes, a line for each training."""
    presets = findings.presets
    frame = PlotArea(720, 44 + _ROW * len(presets), 112, 24, 10, 34, (0.0, 1.0), (0.0, float(len(presets))))
    body = _scale(frame)
    for number, preset in enumerate(presets):
        nominal, mean = findings.get_nominal_cell(preset).success, findings.get_mean_cell(preset).success
        y = frame.y(len(presets) - number - 0.5)
        body += Markup('<g class="p{}">').format(number % 6) + _name(frame, preset, y)
        body += _bar(frame, mean.low, mean.high, y)
        body += _DOT.format(frame.x(nominal.value or 0.0), y, 5, "ring") + _DOT.format(
            frame.x(mean.value or 0.0), y, 4, ""
        )
        body += Markup("</g>")
    about = "; ".join(text.build_headlines(findings))
    return draw_svg(frame.width, frame.height, "Nominal success and the mean over axes", about, body)


def _scale(frame: PlotArea) -> Markup:
    line = Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>')
    lines = Markup("").join(line.format(frame.x(x), frame.top, frame.height - frame.bottom) for x in _GRID)
    return lines + frame.draw_columns(_GRID, map(format_percent, _GRID))


def _name(frame: PlotArea, preset: str, y: float) -> Markup:
    mark = Markup('<text class="name" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>')
    return mark.format(frame.left - 14, y + 4, preset if len(preset) <= 14 else preset[:13] + "…")


def _bar(frame: PlotArea, low: float | None, high: float | None, y: float) -> Markup:
    if low is None or high is None:
        return Markup("")
    return Markup('<path class="whisker" d="M{:.1f} {:.1f}H{:.1f}"/>').format(frame.x(low), y, frame.x(high))


def _facts(findings: StudyFindings, card: Mapping[str, Any]) -> list[FormattedEstimate]:
    plan, git = findings.plan, card.get("git") or {}
    lessons, schedule = plan.demonstrations, plan.training
    facts: Sequence[tuple[str, object]] = (
        ("demonstrations", f"{lessons.episodes}, noise {lessons.noise:g}"),
        (
            "own episodes",
            f"{lessons.rounds} rounds of {lessons.rollouts_per_round}, at most" if plan.algo == "dagger" else "",
        ),
        (
            "schedule",
            f"{schedule.epochs} epochs at most, batches of {schedule.batch_size}, rate {schedule.learning_rate:g}",
        ),
        ("network", ", ".join(f"{name} {it}" for name, it in (card.get("head") or {}).items())),
        ("pictures", ", ".join(plan.observation.cameras)),
        ("settings", ", ".join(plan.settings)),
        ("seen through", plan.perception or ""),
        ("policies", ", ".join(f"{name} [{told[:8]}]" for name, told in findings.outcomes.policy_fingerprints.items())),
        ("versions", ", ".join(f"{name} {told}" for name, told in (card.get("versions") or {}).items() if told)),
        ("revision", f"{git['revision']}{' with changes' if git.get('dirty') else ''}" if git else ""),
        ("simulation", str(card.get("simulation", ""))[:16]),
    )
    return [(term, str(told)) for term, told in facts if told]
