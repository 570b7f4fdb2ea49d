"""The report of one or several runs: a page in one file, and its verdict as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mygym_lite.files import write_text
from mygym_lite.harness.report.estimates import compute_estimates
from mygym_lite.harness.report.markdown import render_markdown
from mygym_lite.harness.report.page import render_page
from mygym_lite.harness.report.report_data import collect_report_data
from mygym_lite.harness.report.worst_episodes import Clips
from mygym_lite.harness.run_folder import RunFolder

HTML, MARKDOWN = "report.html", "report.md"


def write_report(runs: Sequence[RunFolder], folder: Path, clips: Clips | None = None) -> Path:
    """Write ``report.html`` and ``report.md`` into a folder, each whole or not at all.

    Args:
        runs: What is reported; policies of several runs are shown side by side.
        folder: Where the files go; it must exist.
        clips: Films of episodes in WebM, by folder of the run and number of the episode.

    Returns:
        The page.
    """
    evidence = collect_report_data(runs)
    found = compute_estimates(evidence.records, evidence.irrelevant_axes)
    write_text(folder / HTML, render_page(evidence, found, clips or {}))
    write_text(folder / MARKDOWN, render_markdown(evidence, found))
    return folder / HTML
