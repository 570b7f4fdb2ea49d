"""The page of a randomization study: one file that loads nothing, in the dress of the other reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from mygym_lite.harness.condition_results import DECLARED
from mygym_lite.reports.formatting import named, percent, points
from mygym_lite.reports.heatmap_colors import shade, stylesheet
from mygym_lite.reports.svg import Frame, picture
from mygym_lite.studies.randomization import text
from mygym_lite.studies.randomization.findings import MEAN, Cell, Findings
from mygym_lite.studies.randomization.plan import NONE

_DRESS, _HERE = files("mygym_lite.reports"), files("mygym_lite.studies.randomization")
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROW = 30  # px of a preset in the overview
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" class="{}"/>')
Told = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """What a training comes to."""

    preset: str
    color: int
    nominal: Told
    levels: list[list[Told]]
    trainings: str


@dataclass(frozen=True)
class Row:
    """An axis of the matrix."""

    name: str
    about: str
    cells: list[Cell]
    first: bool


@dataclass(frozen=True)
class Matrix:
    """Success by axis and training, at one level."""

    level: int
    groups: list[tuple[str, list[Row]]]


def page(findings: Findings, card: Mapping[str, Any]) -> str:
    """The whole text of the HTML file."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters |= {"named": named, "percent": percent, "points": points, "shade": shade, "story": text.story}
    shades = stylesheet()
    return environment.from_string((_HERE / "page.html.j2").read_text(encoding="utf-8")).render(
        title=text.title(findings), lede=text.lede(findings), notices=text.notices(findings),
        headlines=text.headlines(findings), count=text.counted(findings), level=findings.level,
        levels=findings.plan.levels, compares=NONE in findings.presets and len(findings.presets) > 1,
        overview=overview(findings), lines=_lines(findings),
        matrices=[_matrix(findings, level) for level in findings.plan.levels], every=_every(findings),
        method=text.METHOD, command=card.get("command", ""), facts=_facts(findings, card),
        definitions=text.definitions(findings), left_out=text.left_out(findings), version=card.get("version"),
        shades=list(zip(shades["light"], shades["dark"], strict=True)),
        style=Markup((_DRESS / "style.css").read_text(encoding="utf-8")),
        script=Markup((_DRESS / "script.js").read_text(encoding="utf-8")),
    )  # fmt: skip


def _lines(findings: Findings) -> list[Line]:
    compares = NONE in findings.presets and len(findings.presets) > 1
    found = []
    for color, preset in enumerate(findings.presets):
        means = [findings.mean(preset, level) for level in findings.plan.levels]
        told = [
            [text.share(mean.success), text.share(mean.kept), *([text.apart(mean.difference)] if compares else [])]
            for mean in means
        ]
        trainings = text.trainings(findings.mean(preset))
        found.append(Line(preset, color % 6, text.share(findings.nominal(preset).success), told, trainings))
    return found


def _matrix(findings: Findings, level: int) -> Matrix:
    about = {axis.name: axis.about for axis in findings.plan.whole_suite.axes}

    def row(name: str, axis: str, at: int, first: bool = False) -> Row:
        return Row(name, about.get(axis, ""), [findings.at(preset, axis, at) for preset in findings.presets], first)

    groups = [("", [row("nominal", *DECLARED, first=True), row("mean over axes", MEAN, level)])]
    return Matrix(level, groups + [(group, [row(axis, axis, level) for axis in axes]) for group, axes in findings.axes])


def _every(findings: Findings) -> list[dict[str, Any]]:
    return [
        {
            "where": text.where(cell), "preset": cell.preset, "success": text.share(cell.success),
            "trainings": text.trainings(cell), "kept": text.share(cell.kept),
            "difference": text.apart(cell.difference),
        }
        for cell in findings.cells.values()
    ]  # fmt: skip


def overview(findings: Findings) -> Markup:
    """Nominal success and the mean over axes, a line for each training."""
    presets = findings.presets
    frame = Frame(720, 44 + _ROW * len(presets), 112, 24, 10, 34, (0.0, 1.0), (0.0, float(len(presets))))
    body = _scale(frame)
    for number, preset in enumerate(presets):
        nominal, mean = findings.nominal(preset).success, findings.mean(preset).success
        y = frame.y(len(presets) - number - 0.5)
        body += Markup('<g class="p{}">').format(number % 6) + _name(frame, preset, y)
        body += _bar(frame, mean.low, mean.high, y)
        body += _DOT.format(frame.x(nominal.value or 0.0), y, 5, "ring") + _DOT.format(
            frame.x(mean.value or 0.0), y, 4, ""
        )
        body += Markup("</g>")
    about = "; ".join(text.headlines(findings))
    return picture(frame.width, frame.height, "Nominal success and the mean over axes", about, body)


def _scale(frame: Frame) -> Markup:
    line = Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>')
    lines = Markup("").join(line.format(frame.x(x), frame.top, frame.height - frame.bottom) for x in _GRID)
    return lines + frame.columns(_GRID, map(percent, _GRID))


def _name(frame: Frame, preset: str, y: float) -> Markup:
    mark = Markup('<text class="name" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>')
    return mark.format(frame.left - 14, y + 4, preset if len(preset) <= 14 else preset[:13] + "…")


def _bar(frame: Frame, low: float | None, high: float | None, y: float) -> Markup:
    if low is None or high is None:
        return Markup("")
    return Markup('<path class="whisker" d="M{:.1f} {:.1f}H{:.1f}"/>').format(frame.x(low), y, frame.x(high))


def _facts(findings: Findings, card: Mapping[str, Any]) -> list[Told]:
    plan, git = findings.plan, card.get("git") or {}
    lessons, schedule = plan.lessons, plan.schedule
    facts: Sequence[tuple[str, object]] = (
        ("demonstrations", f"{lessons.episodes}, noise {lessons.noise:g}"),
        ("own episodes", f"{lessons.rounds} rounds of {lessons.visits}, at most" if plan.algo == "dagger" else ""),
        ("schedule", f"{schedule.epochs} epochs at most, batches of {schedule.batch}, rate {schedule.rate:g}"),
        ("network", ", ".join(f"{name} {it}" for name, it in (card.get("head") or {}).items())),
        ("pictures", ", ".join(plan.sight.cameras)),
        ("settings", ", ".join(plan.settings)),
        ("seen through", plan.perceive or ""),
        ("policies", ", ".join(f"{name} [{told[:8]}]" for name, told in findings.outcomes.policies.items())),
        ("versions", ", ".join(f"{name} {told}" for name, told in (card.get("versions") or {}).items() if told)),
        ("revision", f"{git['revision']}{' with changes' if git.get('dirty') else ''}" if git else ""),
        ("simulation", str(card.get("simulation", ""))[:16]),
    )  # fmt: skip
    return [(term, str(told)) for term, told in facts if told]
