"""The report of one or several runs: a page in one file, and its verdict as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mygym_lite.files import write_text
from mygym_lite.harness.report.estimates import figures
from mygym_lite.harness.report.markdown import markdown
from mygym_lite.harness.report.page import page
from mygym_lite.harness.report.report_data import gather
from mygym_lite.harness.report.worst_episodes import Clips
from mygym_lite.harness.run_folder import Run

HTML, MARKDOWN = "report.html", "report.md"


def write_report(runs: Sequence[Run], folder: Path, clips: Clips | None = None) -> Path:
    """Write ``report.html`` and ``report.md`` into a folder, each whole or not at all.

    Args:
        runs: What is reported; policies of several runs are shown side by side.
        folder: Where the files go; it must exist.
        clips: Films of episodes in WebM, by folder of the run and number of the episode.

    Returns:
        The page.
    """
    evidence = gather(runs)
    found = figures(evidence.records, evidence.unreached)
    write_text(folder / HTML, page(evidence, found, clips or {}))
    write_text(folder / MARKDOWN, markdown(evidence, found))
    return folder / HTML
