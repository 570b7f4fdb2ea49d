"""Where trained perception comes from: what ``--perceive`` names, in every process alike."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mygym_lite.fingerprint import ENVIRONMENT, code_fingerprint, digest_of_files
from mygym_lite.perception import card
from mygym_lite.perception.card import find_eyes
from mygym_lite.weights import WEIGHTS

if TYPE_CHECKING:
    from mygym_lite.perception.estimator import Eyes

_LOOKING = "mygym_lite.perception.state_estimator"  # the module that decides what is seen


@dataclass(frozen=True)
class EyesSource:
    """Trained perception by name; it can be sent to other processes, which load it there.

    Args:
        name: As it was written.
        folder: Where it is.
    """

    name: str
    folder: Path

    @classmethod
    def find(cls, name_or_path: str | os.PathLike[str]) -> Self:
        """By a shipped name, or by the path of a folder."""
        return cls(os.fspath(name_or_path), find_eyes(name_or_path))

    def card(self) -> dict[str, Any]:
        """What a run notes about it: the digests change when it might see otherwise."""
        known = asdict(card.read_card(self.folder))
        del known["made"]
        digest = digest_of_files([self.folder / card.CARD, self.folder / WEIGHTS])
        code = code_fingerprint(_LOOKING, beyond=ENVIRONMENT)
        return {"name": self.folder.name, "source": self.name, **known, "code": code, "digest": digest}

    def load(self) -> Eyes:
        """Trained perception itself."""
        from mygym_lite.perception.estimator import Eyes

        return Eyes.load(self.folder)
