"""HTML page of an identification."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mygym_lite.provenance import read_version
from mygym_lite.reports.formatting import DASH, format_name
from mygym_lite.reports.page import render_page
from mygym_lite.studies.identification import text
from mygym_lite.studies.identification.charts import (
    AFTER,
    BEFORE,
    MEASURED,
    draw_errors,
    draw_intervals,
    draw_positions,
)
from mygym_lite.studies.identification.residuals import compute_misfit, compute_rms
from mygym_lite.studies.identification.result import FittedMotion, Identification, Misfit

_SECTIONS = (
    ("parameters", "Parameters"),
    ("motions", "Measured and simulated"),
    ("misfit", "Misfit"),
    ("method", "Methodology"),
)
_KEYS = (("measured", MEASURED), ("declared parameters", BEFORE), ("fitted parameters", AFTER))


@dataclass(frozen=True)
class _JointCharts:
    joint: str
    positions: Markup
    errors: Markup
    before: str
    after: str


def render_identification_page(result: Identification) -> str:
    """Render the page, self-contained."""
    shown, first = _choose_motion(result)
    return render_page(
        "mygym_lite.studies.identification",
        title=f"Identification of {result.robot} on {result.task}",
        subtitle=f"Parameters of the simulation in {result.engine}, fitted to {result.fitted_seconds:.0f} s of "
        f"recorded motion; {result.held_out_seconds:.0f} s more were held out.",
        sections=_SECTIONS,
        version=str(read_version("mygym_lite") or "unknown"),
        notices=text.build_notices(result),
        headlines=text.build_headlines(result),
        intervals=draw_intervals(result.parameters),
        parameters=[
            (
                p.path,
                text.format_value(p.declared, p.unit),
                text.format_value(p.value, p.unit) if p.is_identifiable else DASH,
                text.format_interval(p),
                f"{p.search_low:g} to {p.search_high:g}",
            )
            for p in result.parameters
        ],
        shown=shown.motion.label,
        is_held_out=first >= shown.fitted_steps,
        keys=_KEYS,
        charts=_draw_joints(result, shown, first),
        misfits=_list_misfits(result),
        methodology=text.METHOD,
        facts=text.build_facts(result),
        definitions=text.build_definitions(result),
    )


def _choose_motion(result: Identification) -> tuple[FittedMotion, int]:
    """Choose the first motion that was held out at least in part, and the row from which it is drawn."""
    for motion in result.motions:
        if motion.fitted_steps < len(motion.motion):
            return motion, motion.fitted_steps
    return result.motions[-1], 0


def _draw_joints(result: Identification, motion: FittedMotion, first: int) -> list[_JointCharts]:
    before = compute_misfit(motion.motion, motion.before)[first:]
    after = compute_misfit(motion.motion, motion.after)[first:]
    return [
        _JointCharts(
            format_name(name),
            draw_positions(motion, joint, first),
            draw_errors(motion, joint, first),
            text.format_milliradians(compute_rms([before[:, joint]])),
            text.format_milliradians(compute_rms([after[:, joint]])),
        )
        for joint, name in enumerate(result.joints)
    ]


def _list_misfits(result: Identification) -> list[tuple[str, ...]]:
    """List misfits: of all fitted and all held-out data, then of each motion."""
    rows = [("fitted, all", "", result.fitted), ("held out, all", "", result.held_out)]
    for one in result.motions:
        whole = Misfit(
            compute_rms([compute_misfit(one.motion, one.before)]), compute_rms([compute_misfit(one.motion, one.after)])
        )
        use = "held out" if not one.fitted_steps else "fitted" if one.fitted_steps == len(one.motion) else "in part"
        rows.append((one.motion.label, use, whole))
    return [
        (
            name,
            use,
            text.format_milliradians(misfit.before),
            text.format_milliradians(misfit.after),
            text.format_reduction(misfit),
        )
        for name, use, misfit in rows
    ]
