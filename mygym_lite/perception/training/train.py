"""From datasets to a folder with weights that say how they came to be, and how good they are."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from mygym_lite.datasets.frame import SPLITS
from mygym_lite.errors import UsageError
from mygym_lite.perception.card import CARD, Card
from mygym_lite.perception.estimator import Eyes
from mygym_lite.perception.training.data import CARD_FILE, Examples, joined, read_card_of, read_examples
from mygym_lite.perception.training.loss_chart import curve_chart
from mygym_lite.perception.training.trainer import Epoch, Schedule, Training, Watch
from mygym_lite.perception.training.validation import Report, calibrated, report
from mygym_lite.weights import training_folder

CURVE = "curve.svg"


class Made(Protocol):
    """A dataset, as ``make_dataset`` returns it."""

    @property
    def folder(self) -> Path:
        """Where it is."""


Data = str | Path | Made
Say = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What comes out of training."""

    eyes: Eyes
    folder: Path
    curve: tuple[Epoch, ...]
    test: Report


def unwatched(_step: int, _steps: int, _curve: list[Epoch]) -> None:
    """Nobody looks."""


def train_perception(
    data: Data | Sequence[Data], out: str | Path, *, schedule: Schedule | None = None, watch: Watch = unwatched,
) -> Trained:  # fmt: skip
    """Learn to see from one or several datasets that were written in COCO.

    What is learned is what their training scenes show; the state that is best on the validation scenes is kept, how
    sure it may be is found on them too, and the test is on the test scenes. An interrupt ends the learning, and what
    was best until then is kept.

    Args:
        data: Folders of datasets of one size and the same classes.
        out: Folder of the weights, which must not hold any yet.
        schedule: How long and how fast.
        watch: Is told how it goes on.
    """
    folder, folders = Path(out), _folders(data)
    if (folder / CARD).exists():
        raise UsageError(f"{folder}: holds weights already; choose another folder")
    with training_folder(folder):
        return _train(folder, folders, schedule or Schedule(), watch)


def _train(folder: Path, folders: Sequence[Path], chosen: Schedule, watch: Watch) -> Trained:
    cards = [read_card_of(one) for one in folders]
    train, val, test = (joined([read_examples(one, split) for one in folders], folders) for split in SPLITS)
    began = time.monotonic()
    with _threads(chosen.threads):
        network, curve = Training(train, val, chosen).run(watch)
    minutes = (time.monotonic() - began) / 60
    eyes = calibrated(Eyes(network, _card(train, cards), folder.name), val)
    tested = report(eyes, test)
    made = {
        "command": _command(folders, chosen), "schedule": asdict(chosen), "minutes": round(minutes, 1),
        "data": [_origin(*one) for one in zip(folders, cards, strict=True)],
        "curve": [list(epoch[:3]) for epoch in curve], "test": _numbers(tested),
    }  # fmt: skip
    eyes = eyes.with_card(replace(eyes.card, made=made))
    eyes.save(folder)
    with suppress(OSError):  # the weights are there; the chart alone is no reason to fail
        (folder / CURVE).write_text(curve_chart(curve), encoding="utf-8")
    return Trained(eyes, folder, tuple(curve), tested)


def _card(examples: Examples, cards: Sequence[Mapping[str, Any]]) -> Card:
    """What weights are for that were trained on these."""
    height, width = examples.rgb.shape[1:3]
    tasks = dict.fromkeys(str(card["task"]["name"]) for card in cards)
    return Card(examples.names, (width, height), tuple(dict.fromkeys(examples.cameras)), tuple(tasks))


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Compute with so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _folders(data: Data | Sequence[Data]) -> list[Path]:
    several = [data] if isinstance(data, str | Path) or hasattr(data, "folder") else list(data)
    if not several:
        raise UsageError("perception: no dataset to learn from; name one or more")
    return [Path(one) if isinstance(one, str | Path) else one.folder for one in several]


def _command(folders: Sequence[Path], schedule: Schedule) -> str:
    """What trains the same weights again, wherever the datasets lie."""
    options = " ".join(f"--{name} {value}" for name, value in asdict(schedule).items())
    return f"mygym-lite train perception --data {' '.join(folder.name for folder in folders)} {options}"


def _origin(folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256((folder / CARD_FILE).read_bytes()).hexdigest()[:32]
    return {"name": folder.name, "command": card["command"], "images": card["images"], "digest": digest}


def _numbers(tested: Report) -> dict[str, float | None]:
    """As JSON has them."""
    rounded = {name: round(value, 6) for name, value in asdict(tested).items()}
    return {name: None if math.isnan(value) else value for name, value in rounded.items()}
