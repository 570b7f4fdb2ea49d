"""The numbers of a leaderboard as plain tables: one document, and one CSV file with a row for each policy and task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mygym_lite.harness.leaderboard.board import Row, TaskBoard
from mygym_lite.harness.leaderboard.leaderboard import LeaderboardResult
from mygym_lite.stats import NO_ESTIMATE, Estimate
from mygym_lite.text import escape_formula

SCHEMA = 1
Cells = dict[str, object]


def build_document(result: LeaderboardResult) -> dict[str, object]:
    """Build one table of all numbers."""
    manifest, overall = result.runs[0].manifest, result.overall
    return {
        "schema": SCHEMA,
        "suite": {name: manifest["suite"].get(name) for name in ("name", "version", "digest")},
        "seed": manifest["seed"],
        "episodes": manifest["episodes"],
        "simulation": manifest["simulation"],
        "runs": [str(run.folder) for run in result.runs],
        "overall": None
        if overall is None
        else {
            "tasks": list(overall.tasks),
            "policies": [
                {"policy": policy, "rank": rank, "ties": overall.ranking.list_ties(policy)}
                | {"success": overall.success[policy]._asdict()}
                for policy, rank in overall.ranking.ranks.items()
            ],
            "pairs": [test.to_dict() for test in overall.ranking.tests],
        },
        "tasks": [_describe_board(board) for board in result.boards],
        "verification": None if result.verification is None else result.verification.to_dict(),
    }


def _describe_board(board: TaskBoard) -> dict[str, Any]:
    return {
        "task": board.task,
        "engine": board.engine,
        "force_limit": board.force_limit,
        "shared_axes": list(board.shared_axes),
        "policies": [_describe_row(board, row) for row in board.rows],
        "pairs": [test.to_dict() for test in board.ranking.tests],
    }


def _describe_row(board: TaskBoard, row: Row) -> dict[str, Any]:
    summary, ranked = row.summary, row.policy in board.ranking.ranks
    return {
        "policy": row.policy,
        "rank": board.ranking.ranks.get(row.policy),
        "ties": list(board.ranking.list_ties(row.policy)) if ranked else [],
        "episodes": row.episodes,
        "successes": row.successes,
        "success": summary.success._asdict(),
        "median_time_to_success": row.median_seconds,
        "peak_hand_force": summary.peak_hand_force._asdict(),
        "robustness": summary.robustness._asdict(),
        "other_robustness": summary.other_robustness._asdict(),
        "other_axes": list(summary.other_axes),
        "other_engines": {engine: success._asdict() for engine, success in row.other_engines.items()},
        "adaptation": {str(number): success for number, success in row.adaptation.items()},
        "training": row.training.to_dict(),
        "errors": [asdict(error) for error in summary.errors],
        "source": row.entry.declaration["source"],
        "digest": row.entry.declaration["digest"],
        "run": str(row.entry.run.folder),
    }


def format_csv(result: LeaderboardResult) -> str:
    """Format one line for each policy and task; an empty cell is unknown. No text begins like a formula."""
    engines = sorted({engine for board in result.boards for engine in board.other_engines})
    experience = sorted({number for board in result.boards for number in board.experience})
    rows = [_build_cells(result, board, row, engines, experience) for board in result.boards for row in board.rows]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([[escape_formula(cell) for cell in row.values()] for row in rows])
    return text.getvalue()


def _build_cells(
    result: LeaderboardResult, board: TaskBoard, row: Row, engines: list[str], experience: list[int]
) -> Cells:
    summary, overall = row.summary, result.overall
    described = _describe_row(board, row)
    mean = overall.success.get(row.policy, NO_ESTIMATE) if overall else NO_ESTIMATE
    return {
        **{"task": board.task, "policy": row.policy, "rank": described["rank"], "ties": "; ".join(described["ties"])},
        **{name: described[name] for name in ("episodes", "successes")},
        **dict(_split("success", summary.success)),
        "median_time_to_success_s": row.median_seconds,
        **dict(_split("mean_peak_hand_force_n", summary.peak_hand_force)),
        "force_limit_n": board.force_limit,
        **dict(_split("robustness", summary.robustness)),
        "shared_axes": len(summary.shared_axes),
        **dict(_split("other_robustness", summary.other_robustness)),
        "other_axes": len(summary.other_axes),
        "engine": board.engine,
        **{
            name: value
            for engine in engines
            for name, value in _split(f"success_{engine.lower()}", row.other_engines.get(engine, NO_ESTIMATE))
        },
        **{f"adapted_success_{number}": row.adaptation.get(number) for number in experience},
        **{f"training_{name}": value for name, value in row.training.to_dict().items()},
        "overall_rank": overall.ranking.ranks.get(row.policy) if overall else None,
        **dict(_split("overall_success", mean)),
        **{name: described[name] for name in ("source", "digest", "run")},
    }


def _split(name: str, estimate: Estimate) -> Iterator[tuple[str, float | None]]:
    yield name, estimate.value
    yield f"{name}_low", estimate.low
    yield f"{name}_high", estimate.high
