"""System identification of a task from recorded motions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mygym_lite.config.robot import load_robot
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, require_positive
from mygym_lite.files import write_text
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.run import count_cores
from mygym_lite.studies.identification.fit import FitOptions, FittedParameters, ParameterFit
from mygym_lite.studies.identification.motion import Motion, count_fitted_steps, limit_seconds
from mygym_lite.studies.identification.motion_csv import list_arm_joints
from mygym_lite.studies.identification.parameters import FreeParameter, list_free_parameters
from mygym_lite.studies.identification.preset_file import write_preset
from mygym_lite.studies.identification.processes import SimulationPool
from mygym_lite.studies.identification.recordings import load_recordings
from mygym_lite.studies.identification.residuals import ResidualFunction, compute_misfit, compute_rms
from mygym_lite.studies.identification.result import FittedMotion, Identification, IdentifiedParameter, Misfit

RESULT_FILE, REPORT_FILE, PRESET_FILE = "identification.json", "report.html", "identified.toml"


def identify(
    task: str | Path | Task,
    data: str | Path | Sequence[str | Path],
    *,
    free: str | Sequence[str] = (),
    out: str | Path | None = None,
    settings: Sequence[str] = (),
    seconds: float = 80.0,
    starts: int = 3,
    resolution: float = 1e-5,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> Identification:
    """Fit parameters of a task to recorded joint motions, by least squares over its simulation.

    The last quarter of the data is held out of the fit, and measures its gain.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        data: CSV files of joint targets and measured positions, or demonstrations in Minari's format.
        free: Parameters to fit, each ``PATH`` or ``PATH=LOW:HIGH``; by default servo lag, damping, friction and torque
            limits of the arm, and the delay of actions.
        out: Folder of the page, the numbers and the randomization preset; nothing is written without it.
        settings: Fixed changes to the task, each as ``path=value``.
        seconds: Duration of the data to use, s, from the first motion on.
        starts: Number of starts of the fit: the declared values, and random ones.
        resolution: Smallest difference of joint positions that the measurement shows, rad.
        seed: Seed of the random starts.
        workers: Number of processes; one for each core by default. The result does not depend on it.
        progress: Callback for progress reports.

    Returns:
        Parameters with their intervals, and the misfit before and after.
    """
    require_positive("starts", starts)
    files = [data] if isinstance(data, str | Path) else list(data)
    loaded, recorded = load_recordings(task, settings, files)
    parameters = list_free_parameters(loaded, [free] if isinstance(free, str) else free)
    motions = limit_seconds(recorded, seconds)
    if not motions:
        raise UsageError(f"seconds: {seconds:g} s is shorter than one control step; use the default")
    pool = SimulationPool(loaded, workers or count_cores())
    try:
        options = FitOptions(starts, seed, resolution)
        result = _identify(loaded, motions, parameters, pool, options, progress)
    finally:
        pool.close()
    result = replace(result, recorded_seconds=sum(motion.seconds for motion in recorded))
    if out is not None:
        write_results(Path(out), result)
    return result


def _identify(
    task: Task,
    motions: Sequence[Motion],
    parameters: Sequence[FreeParameter],
    pool: SimulationPool,
    options: FitOptions,
    progress: Progress,
) -> Identification:
    steps = count_fitted_steps(motions)
    fitted = [motion.cut(count) for motion, count in zip(motions, steps, strict=True) if count]
    first, all_motions = ResidualFunction(fitted[:1], pool), ResidualFunction(fitted, pool)

    parts = itertools.count()

    def report(part: str) -> None:
        done = next(parts)
        seconds = first.simulated_seconds + all_motions.simulated_seconds
        progress("parts of the fit", done, done + 2, f", {part}, {seconds:.0f} s simulated")

    fit = ParameterFit(parameters, first, all_motions, options, report).run()
    simulated = _simulate(motions, steps, parameters, fit, pool)
    done = next(parts)
    progress("parts of the fit", done, done, "")
    return Identification(
        task=task.name,
        engine=task.physics.engine,
        robot=task.robot.model,
        joints=tuple(list_arm_joints(load_robot(task.robot.model))),
        parameters=tuple(_describe(parameter, fit) for parameter in parameters),
        fitted=_measure(simulated, held_out=False),
        held_out=_measure(simulated, held_out=True),
        motions=tuple(simulated),
        singular_values=() if fit.uncertainty is None else tuple(fit.uncertainty.singular_values.tolist()),
        starts_agreed=fit.starts_agreed,
        resolution=options.resolution,
        simulated_seconds=first.simulated_seconds + all_motions.simulated_seconds,
        recorded_seconds=sum(motion.seconds for motion in motions),
    )


def _simulate(
    motions: Sequence[Motion],
    steps: Sequence[int],
    parameters: Sequence[FreeParameter],
    fit: FittedParameters,
    pool: SimulationPool,
) -> list[FittedMotion]:
    """Simulate all motions with declared and with fitted parameters."""
    declared = {parameter.path: parameter.declared for parameter in parameters}
    before = pool.simulate([(motion, declared) for motion in motions])
    after = pool.simulate([(motion, fit.values) for motion in motions])
    return [FittedMotion(*row) for row in zip(motions, steps, before, after, strict=True)]


def _measure(motions: Sequence[FittedMotion], held_out: bool) -> Misfit:
    """Measure the misfit of the fitted steps, or of those that were held out."""

    def select(motion: FittedMotion) -> slice:
        return slice(motion.fitted_steps, None) if held_out else slice(motion.fitted_steps)

    return Misfit(
        compute_rms([compute_misfit(one.motion, one.before)[select(one)] for one in motions]),
        compute_rms([compute_misfit(one.motion, one.after)[select(one)] for one in motions]),
    )


def _describe(parameter: FreeParameter, fit: FittedParameters) -> IdentifiedParameter:
    value, reason = fit.values[parameter.path], fit.reasons.get(parameter.path, "")
    interval: tuple[float, float] | None = None
    if parameter.path in fit.discrete_intervals:
        half = fit.discrete_intervals[parameter.path]
        interval = max(value - half, parameter.bounds[0]), min(value + half, parameter.bounds[1])
    elif not reason and fit.uncertainty is not None:
        half = float(fit.uncertainty.half_widths[fit.continuous.index(parameter)])
        place = parameter.scale(value)
        interval = parameter.unscale(place - half), parameter.unscale(place + half)
    return IdentifiedParameter(
        path=parameter.path,
        unit=parameter.unit,
        declared=parameter.declared,
        value=value,
        low=None if interval is None else interval[0],
        high=None if interval is None else interval[1],
        search_low=parameter.low,
        search_high=parameter.high,
        bounds=parameter.bounds,
        reason=reason,
        at_end=not reason and parameter.is_at_end(value),
    )


def write_results(folder: Path, result: Identification) -> None:
    """Write page, numbers and preset; without an identifiable parameter there is no preset."""
    from mygym_lite.studies.identification.report import render_identification_page

    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / RESULT_FILE, json.dumps(result.to_dict(), indent=1, allow_nan=False) + "\n")
    write_text(folder / REPORT_FILE, render_identification_page(result))
    if result.values:
        write_preset(folder / PRESET_FILE, result)
    else:
        with suppress(FileNotFoundError):
            (folder / PRESET_FILE).unlink()
