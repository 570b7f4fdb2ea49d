"""The results of a perception evaluation: ``perception.json`` and ``report.html``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mygym_lite.files import write_text
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.perception.evaluation.calibration import bin_by_confidence, compute_coverage
from mygym_lite.perception.evaluation.manifest import SCHEMA
from mygym_lite.perception.evaluation.results import ConditionKey, ResultTable

DATA_FILE, REPORT_FILE = "perception.json", "report.html"


def write_results(folder: Path, results: ResultTable, manifest: Manifest) -> dict[str, Any]:
    """Write the numbers and the report; return the numbers."""
    from mygym_lite.perception.evaluation.report import render_perception_page

    document = {
        "schema": SCHEMA,
        "manifest": manifest,
        "rows": [asdict(row) for row in results.rows],
        "calibration": [
            {"perception": label, **_describe_calibration(results, number, key)}
            for number, label in enumerate(results.plan.labels)
            for key in results.moments_by_condition
        ],
    }
    write_text(folder / DATA_FILE, json.dumps(document, indent=1, allow_nan=False) + "\n")
    write_text(folder / REPORT_FILE, render_perception_page(results, manifest))
    return document


def _describe_calibration(results: ResultTable, number: int, key: ConditionKey) -> dict[str, Any]:
    conditions = results.moments_by_condition[key]
    return {
        "axis": key[0],
        "severity": key[1],
        "confidence": [confidence_bin._asdict() for confidence_bin in bin_by_confidence(conditions, number)],
        "coverage": compute_coverage(conditions, number),
    }
