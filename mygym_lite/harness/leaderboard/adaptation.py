"""Adaptation of policies to changed worlds, as measured by ``study adaptation``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError

_RESULT_FILE, _PROGRAM = "adaptation.json", "mygym_lite study adaptation"


@dataclass(frozen=True)
class Adaptation:
    """Success of one policy on one task in changed worlds, after some experience there.

    Args:
        file: File of the result.
        task: Name of the task.
        digest: Digest of the policy.
        worlds: Changes to the task by the name of the world.
        success: Mean success over the worlds by the number of demonstrations.
    """

    file: Path
    task: str
    digest: str
    worlds: Mapping[str, Sequence[str]]
    success: Mapping[int, float]


def read_adaptations(paths: Sequence[str | Path]) -> list[Adaptation]:
    """Read results of ``study adaptation``, files or folders of the study.

    Raises:
        UsageError: A file is not such a result, or two of one task differ in worlds or experience, or in the policy.
    """
    adaptations = [_read(Path(path)) for path in paths]
    first_of_task: dict[str, Adaptation] = {}
    keys = set[tuple[str, str]]()
    for adaptation in adaptations:
        first = first_of_task.setdefault(adaptation.task, adaptation)
        if (adaptation.worlds, adaptation.success.keys()) != (first.worlds, first.success.keys()):
            raise UsageError(
                f"{first.file} and {adaptation.file}: their worlds or numbers of demonstrations on {first.task} "
                "differ; run both studies with the same --world and --experience"
            )
        if (adaptation.task, adaptation.digest) in keys:
            raise UsageError(f"{adaptation.file}: its policy has another result on {adaptation.task}; leave one out")
        keys.add((adaptation.task, adaptation.digest))
    return adaptations


def _read(path: Path) -> Adaptation:
    file = path / _RESULT_FILE if path.is_dir() else path
    try:
        table = parse_json(file.read_text(encoding="utf-8"))
        if table["program"] != _PROGRAM:
            raise ValueError(f"its program is not {_PROGRAM}")
        return Adaptation(
            file,
            str(table["task"]["name"]),
            str(table["policy"]["digest"]),
            {name: list(world["changes"]) for name, world in table["worlds"].items()},
            _average(table["worlds"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file}: is not a result of study adaptation ({type(error).__name__}: {error}); name its folder or file"
        ) from error


def _average(worlds: Mapping[str, Any]) -> dict[int, float]:
    """Average the success of the fine-tuned policy over the worlds, by the number of demonstrations."""
    experience = sorted({int(number) for world in worlds.values() for number in world["start"]})
    return {
        number: fmean(world["start"][str(number)]["success"]["value"] for world in worlds.values())
        for number in experience
    }


def find_adaptation(adaptations: Sequence[Adaptation], task: str, digest: str) -> Mapping[int, float]:
    """Find the success of a policy on a task by the number of demonstrations; empty if it was not measured."""
    return next((a.success for a in adaptations if (a.task, a.digest) == (task, digest)), {})


def refuse_unused(adaptations: Sequence[Adaptation], ranked: set[tuple[str, str]]) -> None:
    """Refuse a result of a policy that no run holds.

    Args:
        adaptations: Results.
        ranked: Task and digest of each ranked policy.
    """
    for adaptation in adaptations:
        if (adaptation.task, adaptation.digest) not in ranked:
            raise UsageError(
                f"{adaptation.file}: no run evaluates its policy on {adaptation.task} "
                f"(digest {adaptation.digest[:12]}); leave it out, or add the run"
            )
