"""Report of one or several runs: a self-contained HTML page and a Markdown summary.

Reading order:

- ``report_data.py``: episodes of all runs, grouped by task and suite, each a ``task_suite.py``; ``policy_labels.py``,
  ``suite_axes.py``: their policies and axes.
- ``estimates.py``: statistics of the report, computed once.
- ``headline_cards.py``, ``headline_sentence.py``: headline numbers and summary sentence of each policy.
- ``heatmap.py``, ``charts.py``, ``distributions.py``: success by axis, severity curves, histograms.
- ``latency_charts.py``: success over the latency of a policy.
- ``axis_effects.py``: effects of axes that are perturbed at once, and their interactions.
- ``stage_shares.py``, ``failures.py``: stages reached, failure modes.
- ``failure_patterns.py``, ``drawn_conditions.py``: drawn values with which a policy fails more often.
- ``pairwise.py``, ``worst_episodes.py``: paired comparisons, replay commands.
- ``methodology.py``: provenance of the runs and definitions of the metrics.
- ``page.py``, ``markdown.py``: the two output formats.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mygym_lite.files import write_text
from mygym_lite.harness.clips import Clips
from mygym_lite.harness.report.estimates import compute_estimates
from mygym_lite.harness.report.markdown import render_markdown
from mygym_lite.harness.report.page import render_report_page
from mygym_lite.harness.report.report_data import collect_report_data
from mygym_lite.harness.run_folder import RunFolder

HTML, MARKDOWN = "report.html", "report.md"


def write_report(runs: Sequence[RunFolder], folder: Path, clips: Clips | None = None) -> Path:
    """Write ``report.html`` and ``report.md`` into a folder, each atomically.

    Args:
        runs: Runs to report; policies of several runs are compared side by side.
        folder: Existing output folder.
        clips: WebM videos of episodes, by run folder and episode number.

    Returns:
        Path of the HTML page.
    """
    report_data = collect_report_data(runs)
    estimates = compute_estimates(report_data.records, report_data.irrelevant_axes)
    write_text(folder / HTML, render_report_page(report_data, estimates, clips or {}))
    write_text(folder / MARKDOWN, render_markdown(report_data, estimates))
    return folder / HTML
