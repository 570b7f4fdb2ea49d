"""Least squares over the simulation, from several starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.rng import make_stream
from mygym_lite.studies.identification.motion import Array
from mygym_lite.studies.identification.parameters import FreeParameter
from mygym_lite.studies.identification.residuals import ResidualFunction
from mygym_lite.studies.identification.uncertainty import Uncertainty, estimate_uncertainty

# Contact solvers leave the simulation rough by 1e-6 rad or so: smaller steps of differences would measure that.
_DIFFERENCE = 0.02  # step of finite differences, as a share of the search range
_PARAMETER_TOLERANCE = 1e-3  # change of the parameters at which a fit ends, as a share of their ranges
_COST_TOLERANCE = 1e-2  # relative change of the cost at which a fit ends
_START_EVALUATIONS, _FINAL_EVALUATIONS = 10, 20
_CANDIDATES_PER_START = 4
_SAME = 1.02  # ratio of misfits up to which two starts have found the same optimum
_MAX_ROUNDS = 4  # of fits between which discrete parameters change
Report = Callable[[str], None]


@dataclass(frozen=True)
class FitOptions:
    """Settings of a fit.

    Args:
        starts: Number of starts.
        seed: Seed of the starts beyond the first, which is the declared values.
        resolution: Smallest difference of joint positions that the measurement shows, rad.
    """

    starts: int = 3
    seed: int = 0
    resolution: float = 1e-5


@dataclass(frozen=True)
class FittedParameters:
    """Outcome of a fit.

    Args:
        values: Values of all parameters; those that the data cannot tell keep the declared one.
        continuous: Parameters of ``uncertainty``, in its order.
        uncertainty: Uncertainty of the continuous parameters that were fitted last.
        discrete_intervals: Half of the interval of each discrete parameter, by path.
        reasons: Reason for each parameter that the data cannot tell, by path.
        starts_agreed: Number of starts that found the same optimum, and of all.
    """

    values: dict[str, float]
    continuous: tuple[FreeParameter, ...]
    uncertainty: Uncertainty | None
    discrete_intervals: dict[str, float]
    reasons: dict[str, str]
    starts_agreed: tuple[int, int]


class ParameterFit:
    """A fit of parameters to motions.

    Args:
        parameters: Parameters to fit.
        first: Residuals of the first motion alone, for which the starts compete.
        all_motions: Residuals of all fitted motions.
        options: Settings.
        report: Callback before each part of the fit.
    """

    def __init__(
        self,
        parameters: Sequence[FreeParameter],
        first: ResidualFunction,
        all_motions: ResidualFunction,
        options: FitOptions,
        report: Report,
    ) -> None:
        self._continuous = [parameter for parameter in parameters if not parameter.quantum]
        self._discrete = [parameter for parameter in parameters if parameter.quantum]
        self._first, self._all = first, all_motions
        self._starts, self._seed, self._resolution = options.starts, options.seed, options.resolution
        self._report = report
        self._values = {parameter.path: parameter.declared for parameter in parameters}
        self._reasons: dict[str, str] = {}

    def run(self) -> FittedParameters:
        """Fit from all starts to the first motion, then from the best of them to all motions.

        Parameters that the data cannot tell return to their declared values, and the others are fitted again.
        """
        for parameter in self._discrete:
            self._report("delays")
            self._values[parameter.path] = self._search(parameter, _list_grid(parameter), self._first)
        agreed = self._compete() if self._continuous else (1, 1)
        discrete_intervals: dict[str, float] = {}
        uncertainty: Uncertainty | None = None
        while True:
            self._report("all motions")
            self._refine()
            self._report("intervals")
            discrete_intervals = self._check_discrete()
            uncertainty = self._estimate_uncertainty()
            if not self._drop(uncertainty):
                break
        return FittedParameters(
            self._values, tuple(self._continuous), uncertainty, discrete_intervals, self._reasons, agreed
        )

    def _compete(self) -> tuple[int, int]:
        """Fit from each start, and keep the best values."""
        self._report("start 1")
        solutions = [self._solve(self._first, self._get_places(), _START_EVALUATIONS)]
        if solutions[0][0] > self._resolution:  # else no other start can be told to be better
            for number, start in enumerate(self._draw_starts(), start=2):
                self._report(f"start {number}")
                solutions.append(self._solve(self._first, start, _START_EVALUATIONS))
        least, best = min(solutions, key=lambda solution: solution[0])
        self._set_places(best)
        agreed = sum(misfit <= max(_SAME * least, least + self._resolution) for misfit, _ in solutions)
        return agreed, len(solutions)

    def _draw_starts(self) -> list[Array]:
        """Return the best of random starts for the first motion."""
        if self._starts == 1:
            return []
        rng = make_stream(self._seed, "identification/starts")
        candidates = rng.uniform(0.05, 0.95, (_CANDIDATES_PER_START * (self._starts - 1), len(self._continuous)))
        self._report("candidates")
        residuals = self._first.evaluate([self._make_values(place) for place in candidates])
        order = np.argsort([float((r**2).sum()) for r in residuals], kind="stable")
        return list(candidates[order[: self._starts - 1]])

    def _solve(self, function: ResidualFunction, start: Array, evaluations: int) -> tuple[float, Array]:
        """Return the misfit, rad, and the places of a local optimum."""
        from scipy.optimize import least_squares

        result = least_squares(
            lambda place: function(self._make_values(place)),
            start,
            jac=lambda place: self._differentiate(function, place),
            bounds=(0.0, 1.0),
            xtol=_PARAMETER_TOLERANCE,
            ftol=_COST_TOLERANCE,
            max_nfev=evaluations,
        )
        return float(np.sqrt((result.fun**2).mean())), np.asarray(result.x)

    def _differentiate(self, function: ResidualFunction, place: Array) -> Array:
        """Compute the Jacobian by differences, away from the ends of the ranges."""
        steps = np.where(place + _DIFFERENCE <= 1.0, _DIFFERENCE, -_DIFFERENCE)
        places = [place + step * unit for step, unit in zip(steps, np.eye(len(place)), strict=True)]
        base = function(self._make_values(place))
        moved = function.evaluate([self._make_values(one) for one in places])
        return np.stack([(one - base) / step for one, step in zip(moved, steps, strict=True)], axis=1)

    def _refine(self) -> None:
        """Fit to all motions, and move discrete parameters to a neighbour as long as that is better."""
        for _ in range(_MAX_ROUNDS):
            if self._continuous:
                _, place = self._solve(self._all, self._get_places(), _FINAL_EVALUATIONS)
                self._set_places(place)
            if not any([self._move(parameter) for parameter in self._discrete]):
                break

    def _move(self, parameter: FreeParameter) -> bool:
        """Move a discrete parameter to the best of its neighbours; return whether it moved."""
        before = self._values[parameter.path]
        self._values[parameter.path] = self._search(parameter, _list_neighbours(parameter, before), self._all)
        return self._values[parameter.path] != before

    def _search(self, parameter: FreeParameter, grid: Sequence[float], function: ResidualFunction) -> float:
        residuals = function.evaluate([self._values | {parameter.path: value} for value in grid])
        return grid[int(np.argmin([float((r**2).sum()) for r in residuals]))]

    def _check_discrete(self) -> dict[str, float]:
        """Return half of the interval of each discrete parameter; drop those whose neighbours move no joint."""
        intervals = {}
        for parameter in list(self._discrete):
            value = self._values[parameter.path]
            grid = [value, *(other for other in _list_neighbours(parameter, value) if other != value)]
            base, *others = self._all.evaluate([self._values | {parameter.path: one} for one in grid])
            if min(float(np.sqrt(((other - base) ** 2).mean())) for other in others) > self._resolution:
                intervals[parameter.path] = 0.5 * parameter.quantum
            else:
                self._reasons[parameter.path] = "the motions hardly depend on it"
                self._values[parameter.path] = parameter.declared
                self._discrete.remove(parameter)
        return intervals

    def _estimate_uncertainty(self) -> Uncertainty | None:
        if not self._continuous:
            return None
        jacobian = self._differentiate(self._all, self._get_places())
        return estimate_uncertainty(jacobian, self._all(self._values), self._all.list_blocks(), self._resolution)

    def _drop(self, uncertainty: Uncertainty | None) -> bool:
        """Return the parameters that the data cannot tell to their declared values; tell whether there are any."""
        if uncertainty is None:
            return False
        paths = [parameter.path for parameter in self._continuous]
        unknown = [index for index in range(len(paths)) if not uncertainty.is_identifiable(index)]
        for index in unknown:
            self._reasons[paths[index]] = uncertainty.explain(index, paths)
            self._values[paths[index]] = self._continuous[index].declared
        self._continuous = [p for index, p in enumerate(self._continuous) if index not in unknown]
        return bool(unknown)

    def _get_places(self) -> Array:
        return np.array([parameter.scale(self._values[parameter.path]) for parameter in self._continuous])

    def _set_places(self, place: Array) -> None:
        self._values = self._make_values(place)

    def _make_values(self, place: Array) -> dict[str, float]:
        return self._values | {
            parameter.path: parameter.unscale(float(one))
            for parameter, one in zip(self._continuous, place, strict=True)
        }


def _list_grid(parameter: FreeParameter) -> list[float]:
    first, last = round(parameter.low / parameter.quantum), round(parameter.high / parameter.quantum)
    return [number * parameter.quantum for number in range(first, last + 1)]


def _list_neighbours(parameter: FreeParameter, value: float) -> list[float]:
    grid = _list_grid(parameter)
    index = min(range(len(grid)), key=lambda number: abs(grid[number] - value))
    return grid[max(0, index - 1) : index + 2]
