"""HTML page of a leaderboard."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from mygym_lite.harness.leaderboard import sentences
from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.harness.leaderboard.methodology import build_definitions, build_facts, build_run_facts
from mygym_lite.harness.leaderboard.overview import build_overview
from mygym_lite.harness.leaderboard.ranking import Ranking
from mygym_lite.harness.leaderboard.task_section import build_task_section
from mygym_lite.harness.leaderboard.text import format_adaptation, format_training
from mygym_lite.provenance import read_version
from mygym_lite.reports.formatting import format_axis_count
from mygym_lite.reports.page import render_page

_COLORS = 6
_VERIFIED_EPISODES = 3  # of each policy, in the command that the page prints


def render_leaderboard_page(result: LeaderboardResult) -> str:
    """Render the HTML page of a leaderboard as one self-contained file."""
    sections = [build_task_section(board) for board in result.boards]
    has_pairs = any(board.ranking.tests for board in result.boards)
    return render_page(
        "mygym_lite.harness.leaderboard",
        title=sentences.format_title(result),
        subtitle=sentences.format_scope(result),
        sections=_list_sections(len(result.boards) > 1, has_pairs),
        version=read_version("mygym_lite") or "",
        notices=sentences.build_notices(result),
        headlines=sentences.build_headlines(result),
        colors={policy: number % _COLORS for number, policy in enumerate(result.policies)},
        overall=result.overall,
        overview=build_overview(result),
        ranked_over=sentences.describe_overall(result),
        tasks=sections,
        pairs=_list_pairs(result),
        rule=sentences.RULE,
        verification=sentences.describe_verification(result),
        verify_command=_format_command(result),
        definitions=build_definitions(),
        facts=build_facts(result),
        runs=build_run_facts(result),
        format_training=format_training,
        format_adaptation=format_adaptation,
        format_axis_count=format_axis_count,
    )


def _list_sections(has_overview: bool, has_pairs: bool) -> list[tuple[str, str]]:
    sections = (
        ("overview", "All tasks", has_overview),
        ("tasks", "Task by task" if has_overview else "Ranking", True),
        ("pairs", "Pairs of policies", has_pairs),
        ("verify", "Verification", True),
        ("method", "Methodology", True),
    )
    return [(anchor, title) for anchor, title, included in sections if included]


def _list_pairs(result: LeaderboardResult) -> Mapping[str, Ranking]:
    """List the rankings with at least two policies, by title."""
    overall = {"all tasks": result.overall.ranking} if result.overall else {}
    rankings = overall | {board.task: board.ranking for board in result.boards}
    return {title: ranking for title, ranking in rankings.items() if ranking.tests}


def _format_command(result: LeaderboardResult) -> str:
    folders = " ".join(shlex.quote(str(run.folder)) for run in result.runs)
    return f"mygym-lite leaderboard {folders} --verify {_VERIFIED_EPISODES}"
