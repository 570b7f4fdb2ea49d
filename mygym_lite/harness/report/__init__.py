"""The report of one or several runs: a page in one file, and its verdict as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mygym_lite.harness.report.evidence import gather
from mygym_lite.harness.report.figures import figures
from mygym_lite.harness.report.markdown import markdown
from mygym_lite.harness.report.page import page
from mygym_lite.harness.report.worst import Clips
from mygym_lite.harness.store import Run
from mygym_lite.harness.written import write_text

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
