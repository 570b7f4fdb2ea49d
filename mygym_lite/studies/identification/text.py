"""Numbers and sentences of an identification, for the page and the terminal."""

from __future__ import annotations

from mygym_lite.reports.formatting import DASH, format_count, join_names
from mygym_lite.studies.identification.residuals import BLOCK_SECONDS, SPEED_SECONDS
from mygym_lite.studies.identification.result import Identification, IdentifiedParameter, Misfit
from mygym_lite.studies.identification.uncertainty import MAX_WIDTH

METHOD = (
    "The recorded commands are played in the simulation from the first measured position, and the parameters minimise "
    f"the sum of squared differences of joint positions, and of speeds times {SPEED_SECONDS:g} s where they were "
    "measured. Each parameter is searched between the ends of its range, on a logarithmic scale if they are positive. "
    "The fit begins at the declared values and at random ones, and continues from the best on all fitted data. Delays, "
    "which take effect in whole control steps, are searched one by one."
)


def format_value(value: float | None, unit: str = "") -> str:
    """Format a value with four significant digits and its unit."""
    if value is None:
        return DASH
    return f"{value:.4g}" + (f" {unit}" if unit else "")


def format_interval(parameter: IdentifiedParameter) -> str:
    """Format the 95% interval, or the reason why there is none."""
    if parameter.low is None or parameter.high is None:
        return f"not identifiable from this data: {parameter.reason}"
    return f"{parameter.low:.4g} to {parameter.high:.4g}"


def format_milliradians(value: float | None) -> str:
    """Format an angle in mrad; below 0.001, the roughness of the simulation, digits mean nothing."""
    if value is None:
        return DASH
    return "< 0.001" if 1e3 * value < 1e-3 else f"{1e3 * value:.3g}"


def format_reduction(misfit: Misfit) -> str:
    """Format the reduction of a misfit."""
    if misfit.before is None or misfit.after is None or misfit.before == 0.0:
        return DASH
    ratio = misfit.after / misfit.before
    return "none" if ratio >= 1.0 else "> 99.9%" if ratio < 5e-4 else f"{1.0 - ratio:.1%}"


def build_headlines(result: Identification) -> list[str]:
    """Build the sentences at the top of the page."""
    held_out = result.held_out
    sentences = [
        f"Position error of the motion that was held out ({result.held_out_seconds:.0f} s): "
        f"{format_milliradians(held_out.before)} mrad RMS with the declared parameters, "
        f"{format_milliradians(held_out.after)} mrad with the fitted ones."
    ]
    known = [p for p in result.parameters if p.is_identifiable]
    if known:
        values = join_names(f"{p.path} {format_value(p.value, p.unit)}" for p in known)
        sentences.append(f"Identified: {values}.")
    unknown = [p.path for p in result.parameters if not p.is_identifiable]
    if unknown:
        sentences.append(f"Not identifiable from this data: {join_names(unknown)}; as declared.")
    return sentences


def build_notices(result: Identification) -> list[str]:
    """Build warnings."""
    notices = [
        f"{p.path}: the fit, {format_value(p.value, p.unit)}, is at an end of its search range, {p.search_low:g} to "
        f"{p.search_high:g}; widen it with --free {p.path}=LOW:HIGH."
        for p in result.parameters
        if p.at_end
    ]
    used = result.fitted_seconds + result.held_out_seconds
    if used < result.recorded_seconds - 0.5:
        notices.append(f"Only {used:.0f} of {result.recorded_seconds:.0f} s of data were used; raise --seconds.")
    agreed, starts = result.starts_agreed
    if starts > 1 and agreed == 1:
        notices.append(f"Only one of {starts} starts found the best fit; try more with --starts.")
    before, after = result.held_out.before, result.held_out.after
    if before is not None and after is not None and after > max(before, result.resolution):
        notices.append("The fit made the held-out motion worse: the fitted parameters do not carry over to it.")
    return notices


def build_facts(result: Identification) -> list[tuple[str, str]]:
    """List how the numbers were made."""
    agreed, starts = result.starts_agreed
    return [
        ("data", f"{format_count(len(result.motions), 'motion')}, {result.fitted_seconds:.0f} s fitted, "
                 f"{result.held_out_seconds:.0f} s held out"),
        ("simulated", f"{result.simulated_seconds:,.0f} s of motion in {result.engine}"),
        ("starts", f"{agreed} of {starts} found the best fit" if starts > 1 else "one, the declared values"),
        ("resolution of the measurement", f"{1e3 * result.resolution:g} mrad"),
        ("singular values, mrad", ", ".join(f"{1e3 * value:,.3g}" for value in result.singular_values) or DASH),
    ]  # fmt: skip


def build_definitions(result: Identification) -> list[tuple[str, str]]:
    """Explain the columns."""
    return [
        (
            "95% interval",
            "From the Jacobian of the residuals at the fit. Assumes that the simulation is linear in the parameters "
            "within the interval, and that errors of different seconds of motion are independent; within "
            f"{BLOCK_SECONDS:g} s they may be correlated and unequal. An error of measurement of "
            f"{1e3 * result.resolution:g} mrad that lasts as long is added. Delays: half a control step to either "
            "side. An interval says nothing of effects that the simulation lacks.",
        ),
        (
            "not identifiable",
            f"The interval is wider than {MAX_WIDTH:.0%} of the search range, or a delay of one more or one less "
            "control step moves no joint by more than the resolution. Such a parameter keeps its declared value, and "
            "the others are fitted again without it.",
        ),
        (
            "singular values",
            "Of the Jacobian, for parameters scaled to their search ranges. A direction whose value is below the "
            "resolution, summed over the data, moves the joints too little to be told.",
        ),
        ("held out", "The last quarter of the motions, or of the time of a single one, which the fit did not use."),
    ]
