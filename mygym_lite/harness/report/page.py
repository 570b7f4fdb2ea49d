"""The page: everything that is told, put into the template as one file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from mygym_lite.harness.report.charts import by_axis, overall, spreads
from mygym_lite.harness.report.estimates import Figures
from mygym_lite.harness.report.failures import Ending, endings, messages
from mygym_lite.harness.report.headline_cards import Standing, standings
from mygym_lite.harness.report.heatmap import Heat, heat
from mygym_lite.harness.report.methodology import differing, method
from mygym_lite.harness.report.pairwise import Duel, duels
from mygym_lite.harness.report.report_data import Board, Evidence
from mygym_lite.harness.report.worst_episodes import Clips, Shown, shown
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports import formatting
from mygym_lite.reports.heatmap_colors import stylesheet

_HERE, _STYLE = files("mygym_lite.harness.report"), files("mygym_lite.reports")
_FILTERS = ("percent", "points", "amount", "percent_range", "points_range", "amount_range", "chance", "named")
Pictures = Sequence[tuple[str, Markup]]


@dataclass(frozen=True)
class Part:
    """What the page tells of one board."""

    board: Board
    counts: str
    standings: Sequence[Standing]
    heat: Heat
    overall: Pictures
    by_axis: Pictures
    spreads: Pictures
    endings: Sequence[Ending]
    messages: Sequence[tuple[str, str, int]]
    duels: Sequence[Duel]
    worst: Sequence[tuple[str, Sequence[Shown]]]


def page(evidence: Evidence, figures: Figures, clips: Clips) -> str:
    """The whole text of the HTML file."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update({name: getattr(formatting, name) for name in _FILTERS})
    template = environment.from_string(_text("page.html.j2"))
    parts = [_part(board, evidence, figures, clips) for board in evidence.boards]
    return template.render(**_told(evidence, parts))


def _text(name: str) -> str:
    return ((_HERE if name.endswith(".j2") else _STYLE) / name).read_text(encoding="utf-8")


def _told(evidence: Evidence, parts: Sequence[Part]) -> dict[str, object]:
    shades = stylesheet()
    has_axes, has_duels = any(part.board.axes for part in parts), any(part.duels for part in parts)
    return {
        "title": title(evidence), "lede": lede(evidence), "notices": notices(evidence), "boards": parts,
        "several_suites": len({board.suite for board in evidence.boards}) > 1,
        "has_axes": has_axes, "has_duels": has_duels, "sections": _sections(bool(parts), has_axes, has_duels),
        "style": Markup(_text("style.css")), "script": Markup(_text("script.js")),
        "shades": list(zip(shades["light"], shades["dark"], strict=True)), "method": method(evidence),
    }  # fmt: skip


def _sections(any_board: bool, has_axes: bool, has_duels: bool) -> list[tuple[str, str]]:
    told = {
        "heat": ("Where it breaks", has_axes), "curves": ("How it fades", has_axes),
        "spread": ("Time and force", any_board), "failures": ("How it fails", any_board),
        "compare": ("Who is better", has_duels), "worst": ("Worst conditions", any_board),
        "numbers": ("All numbers", any_board), "method": ("Method", True),
    }  # fmt: skip
    return [(anchor, words) for anchor, (words, there) in told.items() if there]


def _part(board: Board, evidence: Evidence, figures: Figures, clips: Clips) -> Part:
    return Part(
        board, counts(board), standings(board, figures), heat(board, figures), overall(board), by_axis(board),
        spreads(board), endings(board), messages(board), duels(board, figures),
        [(policy, shown(board, policy, evidence, clips)) for policy in board.policies],
    )  # fmt: skip


def title(evidence: Evidence) -> str:
    """What was run, in one line."""
    tasks = list(dict.fromkeys(board.task for board in evidence.boards))
    if not tasks:
        return "A run without episodes"
    return f"{formatting.listed(evidence.policies)} on {formatting.listed(tasks)}"


def lede(evidence: Evidence) -> str:
    """How much was run."""
    boards = evidence.boards
    suites = dict.fromkeys(board.suite for board in boards)
    axes = len({axis.name for board in boards for axis in board.axes})
    levels = sorted({level for board in boards for level in board.levels})
    told = [f"Suite {formatting.listed(suites)}" if suites else ""]
    if axes:
        told.append(f"{formatting.axes_of(axes)} at severity {formatting.spans(levels)}")
    told += [f"{len(evidence.records):,} episodes", *map(counts, boards[:1])]
    made = sorted(str(run.manifest.get("created", ""))[:10] for run in evidence.runs)
    told.append(made[-1] if made else "")
    return " · ".join(filter(None, told))


def counts(board: Board) -> str:
    """How many episodes a condition has, and from which seeds."""
    found = [told for places in board.episodes.values() for told in places.values()]
    sizes, seeds = {len(told) for told in found}, {e.seed for told in found for e in told}
    each = f"{min(sizes)}" if len(sizes) == 1 else f"{min(sizes)} to {max(sizes)}"
    return f"{each} in each condition, seeds {formatting.spans(sorted(seeds))}"


def notices(evidence: Evidence) -> list[str]:
    """What a reader must know before believing a comparison."""
    found = []
    if unlike := differing(evidence.runs):
        found.append(f"These runs differ in {formatting.listed(unlike)}: what stands side by side is not all alike.")
    missing = sum(
        (axis.name, level) not in places
        for board in evidence.boards
        for places in board.episodes.values()
        for axis in board.axes
        if axis.applicable
        for level in axis.levels
    )
    if missing:
        found.append(f"{formatting.plural(missing, 'condition')} not run yet; the same evaluate command goes on.")
    if short := _short(evidence):
        found.append(f"{formatting.plural(short, 'episode')} not played yet; the same evaluate command goes on.")
    if any((NOMINAL, 0) not in places for board in evidence.boards for places in board.episodes.values()):
        found.append("A policy has no nominal episodes, so nothing can be told of what it keeps.")
    return found


def _short(evidence: Evidence) -> int:
    """Number of planned episodes that are missing in the conditions that were begun."""
    short = 0
    for (policy, task, suite), run in evidence.origins.items():
        if run.manifest["until_width"] is None:
            board = next(board for board in evidence.boards if (board.task, board.suite) == (task, suite))
            short += sum(max(0, run.manifest["episodes"] - len(told)) for told in board.episodes[policy].values())
    return short
