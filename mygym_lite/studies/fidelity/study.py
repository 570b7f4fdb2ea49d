"""Fidelity of one world to another: whether they rank policies alike, and where they do not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.files import write_json, write_text
from mygym_lite.harness.clips import FilmingResult, film_episodes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.studies.fidelity.agreement import Agreement, measure_agreement
from mygym_lite.studies.fidelity.disagreements import Disagreement, find_disagreements, select_episodes
from mygym_lite.studies.fidelity.drops import DropAgreement, compare_drops
from mygym_lite.studies.fidelity.pairing import pair_runs
from mygym_lite.studies.fidelity.real_prediction import RealPrediction, predict_real_success
from mygym_lite.studies.fidelity.real_results import pair_with_real
from mygym_lite.studies.fidelity.world_pair import Resamples, WorldPair

PAGE, DATA = "fidelity.html", "fidelity.json"
SCHEMA = 1


@dataclass(frozen=True)
class FidelityResult:
    """Agreement of two worlds, of which ``a`` predicts ``b``.

    Args:
        pair: Outcomes in both worlds.
        runs: Run of each simulated world.
        overall: Agreement over all tasks.
        by_task: Agreement on each task.
        drops: Drops over all axes, for each axis, and at each severity.
        disagreements: Conditions on which the worlds disagree most.
        notices: Reservations for the reader.
        differences: Fields of the tasks that differ between two simulated worlds, one per line.
        real: File of the real results, if ``b`` is a real robot.
        predictions: Real success over all conditions, if ``b`` is a real robot.
        films: Films of the disagreements.
    """

    pair: WorldPair
    runs: tuple[RunFolder, ...]
    overall: Agreement
    by_task: tuple[Agreement, ...]
    drops: tuple[DropAgreement, ...]
    disagreements: tuple[Disagreement, ...]
    notices: tuple[str, ...]
    differences: tuple[str, ...] = ()
    real: Path | None = None
    predictions: tuple[RealPrediction, ...] = ()
    films: FilmingResult = field(default_factory=lambda: FilmingResult({}, ()))

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables, without the films."""
        sources = [str(run.folder) for run in self.runs] + ([str(self.real)] if self.real else [])
        return {
            "schema": SCHEMA,
            "worlds": [
                {"name": world.name, "source": source}
                for world, source in zip((self.pair.a, self.pair.b), sources, strict=True)
            ],
            "differences": list(self.differences),
            "seeds": len(self.pair.seeds),
            "notices": list(self.notices),
            "overall": self.overall.to_dict(),
            "tasks": [agreement.to_dict() for agreement in self.by_task],
            "drops": [drop.to_dict() for drop in self.drops],
            "disagreements": [disagreement.to_dict() for disagreement in self.disagreements],
            "predictions": [prediction.to_dict() for prediction in self.predictions],
        }

    def format_table(self, width: int | None = None) -> str:
        """Format the main results as text.

        Args:
            width: Maximal width of tables, columns of text; unlimited if left out.
        """
        from mygym_lite.studies.fidelity.text import format_result

        return format_result(self, width)


def fidelity(
    run_a: RunFolder | str | Path,
    run_b: RunFolder | str | Path,
    *,
    out: str | Path | None = None,
    films: int = 0,
    allow_code: bool = False,
    seed: int = 0,
) -> FidelityResult:
    """Measure how alike two worlds rank policies: two engines, or a simulation and a real robot.

    With films, a script calls this under ``if __name__ == "__main__":``.

    Args:
        run_a: Run in the world that predicts, or its folder.
        run_b: Run in the world that is predicted, of the same policies, tasks, suite and seeds; or a CSV file of real
            results with the columns ``policy,task,condition,successes,episodes``.
        out: Folder of ``fidelity.html`` and ``fidelity.json``; nothing is written if left out.
        films: Number of disagreements that are filmed in both worlds, for the page.
        allow_code: If true, import the code that a run names to film it; see ``replay``.
        seed: Seed of the bootstrap.

    Raises:
        UsageError: The worlds cannot be compared; the message says why in one line.
    """
    _check_films(films, out, run_b)
    first = _open_run(run_a)
    if isinstance(run_b, RunFolder) or not _is_table(run_b):
        result = _compare_runs(first, run_b, seed)
    else:
        result = _compare_with_real(first, Path(run_b), seed)
    if films:
        result = _film(result, films, allow_code)
    if out is not None:
        write_result(result, Path(out))
    return result


def _film(result: FidelityResult, count: int, allow_code: bool) -> FidelityResult:
    first, second = result.runs
    episodes = select_episodes(list(result.disagreements), (first, second), count)
    return replace(result, films=film_episodes(episodes, allow_code))


def write_result(result: FidelityResult, folder: Path) -> Path:
    """Write ``fidelity.html`` and ``fidelity.json``, each atomically, and return the path of the page."""
    from mygym_lite.studies.fidelity.page import render_fidelity_page

    write_text(folder / PAGE, render_fidelity_page(result))
    write_json(folder / DATA, result.to_dict())
    return folder / PAGE


def _check_films(films: int, out: str | Path | None, run_b: RunFolder | str | Path) -> None:
    if films < 0:
        raise UsageError(f"films must be at least 0, got {films}")
    if films and _is_table(run_b):
        raise UsageError(f"{run_b}: a table has no episodes to film beside simulated ones; leave out --films")
    if films and out is None:
        raise UsageError("films are part of the page, which needs a folder; add --out DIR")


def _is_table(source: RunFolder | str | Path) -> bool:
    """Return True for a CSV file, by its name or because it is a file."""
    if isinstance(source, RunFolder):
        return False
    return Path(source).suffix.lower() == ".csv" or Path(source).is_file()


def _open_run(source: RunFolder | str | Path) -> RunFolder:
    if _is_table(source):
        raise UsageError(
            f"{source}: is a file; the first argument is the folder of a run, and the second may be a CSV file"
        )
    return source if isinstance(source, RunFolder) else RunFolder.open(source)


def _compare_runs(first: RunFolder, second: RunFolder | str | Path, seed: int) -> FidelityResult:
    paired = pair_runs(first, _open_run(second))
    return FidelityResult(
        pair=paired.pair,
        runs=(paired.a.run, paired.b.run),
        differences=paired.differences,
        disagreements=tuple(find_disagreements(paired.pair, paired.a, paired.b)),
        notices=paired.notices,
        **_measure(paired.pair, seed),
    )


def _compare_with_real(first: RunFolder, path: Path, seed: int) -> FidelityResult:
    paired = pair_with_real(first, path)
    return FidelityResult(
        pair=paired.pair,
        runs=(first,),
        real=path,
        disagreements=tuple(find_disagreements(paired.pair, paired.a)),
        predictions=tuple(predict_real_success(paired.pair)),
        notices=paired.notices,
        **_measure(paired.pair, seed),
    )


def _measure(pair: WorldPair, seed: int) -> dict[str, Any]:
    """Measure all that follows from the outcomes alone."""
    resamples = Resamples.draw(pair, seed=seed)
    return {
        "overall": measure_agreement(pair, resamples),
        "by_task": tuple(measure_agreement(pair, resamples, task) for task in pair.tasks),
        "drops": tuple(compare_drops(pair, resamples)),
    }
