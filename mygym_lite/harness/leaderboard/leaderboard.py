"""Leaderboard of the policies of several runs, ranked on the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.harness.leaderboard.adaptation import read_adaptations
from mygym_lite.harness.leaderboard.board import TaskBoard, build_boards
from mygym_lite.harness.leaderboard.complete_runs import CompleteRun, read_complete_run
from mygym_lite.harness.leaderboard.entries import Entry, collect_entries
from mygym_lite.harness.leaderboard.overall_board import OverallBoard, build_overall_board
from mygym_lite.harness.leaderboard.run_compatibility import require_compatible_runs
from mygym_lite.harness.leaderboard.verification import Verification, verify_entries
from mygym_lite.harness.run_folder import RunFolder

PAGE, TABLE = "leaderboard.html", "leaderboard.csv"
Run = RunFolder | str | Path


@dataclass(frozen=True)
class LeaderboardResult:
    """Ranked policies of several runs.

    Args:
        runs: Runs, by the names of their folders.
        entries: Episodes of each policy on each task in each engine.
        boards: Leaderboard of each task.
        overall: Leaderboard of the mean success over several tasks; see ``build_overall_board``.
        verification: Replayed episodes, if any.
    """

    runs: tuple[CompleteRun, ...]
    entries: tuple[Entry, ...]
    boards: tuple[TaskBoard, ...]
    overall: OverallBoard | None
    verification: Verification | None = None

    @property
    def policies(self) -> tuple[str, ...]:
        """Policies in the order of the leaderboard."""
        first = self.overall.ranking.ranks if self.overall else ()
        return tuple(dict.fromkeys((*first, *(row.policy for board in self.boards for row in board.rows))))

    @property
    def seeds(self) -> range:
        """Seeds of the episodes of each condition."""
        manifest = self.runs[0].manifest
        return range(manifest["seed"], manifest["seed"] + manifest["episodes"])

    def to_dict(self) -> dict[str, object]:
        """Convert to plain tables."""
        from mygym_lite.harness.leaderboard.table_file import build_document

        return build_document(self)

    def format_table(self, width: int | None = None) -> str:
        """Format the leaderboard as text.

        Args:
            width: Maximal width of tables, columns of text; unlimited if left out.
        """
        from mygym_lite.harness.leaderboard.text import format_result

        return format_result(self, width)


def leaderboard(
    runs: Run | Sequence[Run],
    *,
    out: str | Path | None = None,
    verify: int = 0,
    seed: int = 0,
    allow_code: bool = False,
    workers: int | None = None,
    adaptation: Sequence[str | Path] = (),
) -> LeaderboardResult:
    """Rank the policies of several runs of ``evaluate`` on each task, and over the tasks that they share.

    Policies that cannot be told apart on these seeds share a rank. With ``verify``, a script calls this under
    ``if __name__ == "__main__":``.

    Args:
        runs: Runs of one suite, seeds, tasks and simulation, or their folders, in any order.
        out: Folder of ``leaderboard.html`` and ``leaderboard.csv``; nothing is written if left out.
        verify: Number of episodes of each policy, on each task and in each engine, that are replayed first.
        seed: Seed of the choice of these episodes.
        allow_code: If true, import the code that a run names to replay it; see ``replay``.
        workers: Number of processes that replay; one for each core if left out.
        adaptation: Results of ``study adaptation`` of some of the policies, files or folders.

    Raises:
        UsageError: A run is incomplete or was changed, the runs cannot be compared, or a replayed episode differs; the
            message says why in one line.
    """
    if verify < 0:
        raise UsageError(f"verify must be at least 0, got {verify}")
    complete = _read_runs(runs)
    require_compatible_runs(complete)
    entries = collect_entries(complete)
    boards = build_boards(entries, read_adaptations(adaptation))
    verification = verify_entries(entries, verify, seed, allow_code, workers) if verify else None
    result = LeaderboardResult(complete, tuple(entries), boards, build_overall_board(boards), verification)
    if out is not None:
        write_result(result, Path(out))
    return result


def _read_runs(runs: Run | Sequence[Run]) -> tuple[CompleteRun, ...]:
    """Read the runs in the order of their folders, each once, so that the order of the arguments changes nothing."""
    several = [runs] if isinstance(runs, RunFolder | str | Path) else list(runs)
    if not several:
        raise UsageError("no run to rank; name the folder of at least one")
    folders = [run.folder if isinstance(run, RunFolder) else Path(run) for run in several]
    unique = {folder.resolve(): folder for folder in sorted(folders, key=str, reverse=True)}
    return tuple(read_complete_run(folder) for folder in sorted(unique.values(), key=str))


def write_result(result: LeaderboardResult, folder: Path) -> Path:
    """Write ``leaderboard.html`` and ``leaderboard.csv``, each atomically, and return the path of the page."""
    from mygym_lite.harness.leaderboard.page import render_leaderboard_page
    from mygym_lite.harness.leaderboard.table_file import format_csv

    page = render_leaderboard_page(result)
    write_text(folder / TABLE, format_csv(result))
    write_text(folder / PAGE, page)
    return folder / PAGE
