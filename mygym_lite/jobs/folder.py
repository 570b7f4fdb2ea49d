"""Folders of long commands: described by a manifest, continued by the same command, refused to any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError
from mygym_lite.files import hold_shared_lock, lock_folder, wait_for_shared_locks, write_text
from mygym_lite.fingerprint import find_differences
from mygym_lite.jobs.manifest import Manifest

_MAX_DIFFERENCES = 3  # in a message


@dataclass(frozen=True)
class JobFolder:
    """A kind of folder.

    Args:
        manifest_name: File name of the manifest.
        program: Value of `program` in the manifest.
        noun: Name of such a folder's content, in messages.
        identity_keys: Keys of the manifest, separated by blanks, that have to be equal for a command to continue.
        kept_keys: Keys of the manifest that keep the value of the first command.
        parts: Sub-folder of finished jobs; none if empty.
        merge: Combines the manifest that is there with the one of a continuing command, and raises ValueError to refuse
            it; the result is written. Without it the manifest is left as it is.
        validate: Further checks of a manifest, which raise ValueError.
    """

    manifest_name: str
    program: str
    noun: str
    identity_keys: str
    kept_keys: tuple[str, ...] = ()
    parts: str = ""
    merge: Callable[[Manifest, Manifest], Manifest] | None = None
    validate: Callable[[Manifest], Any] | None = None

    @contextmanager
    def open(self, folder: Path, manifest: Manifest) -> Iterator[Manifest]:
        """Create a folder or continue it, and lock it; yields its manifest.

        Raises:
            UsageError: The folder holds something else, or another process is writing to it.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
        with lock_folder(folder, f"another process is writing this {self.noun}; wait for its end"):
            if self.exists(folder):
                manifest = self._continue(folder, manifest)
            elif any(folder.iterdir()):
                raise UsageError(f"{folder}: is not empty and holds no {self.noun}; give an --out that is new")
            else:
                self.write_manifest(folder, manifest)
            if self.parts:
                (folder / self.parts).mkdir(exist_ok=True)
                wait_for_shared_locks(folder / self.parts)
            yield manifest

    def exists(self, folder: Path) -> bool:
        """Return True if a folder has a manifest of this name."""
        return (folder / self.manifest_name).exists()

    @contextmanager
    def hold(self, folder: Path) -> Iterator[None]:
        """Announce a worker that writes into the folder: one who continues it waits for such workers to end.

        Raises:
            UsageError: This machine does not see the folder.
        """
        if not self.exists(folder):
            raise UsageError(f"{folder}: is not seen by a worker; choose a folder that all nodes share")
        with hold_shared_lock(folder / self.parts):
            yield

    def read_manifest(self, folder: Path) -> Manifest:
        """Read the manifest.

        Raises:
            UsageError: There is none, or it is damaged.
        """
        file = folder / self.manifest_name
        try:
            manifest: Manifest = parse_json(file.read_text(encoding="utf-8"))
            if not isinstance(manifest, dict) or manifest.get("program") != self.program:
                raise ValueError("it is of another program")
            if self.validate is not None:
                self.validate(manifest)
        except OSError as error:
            raise UsageError(
                f"{folder}: holds no {self.noun} ({self.manifest_name}: {error.strerror}); name the --out of one"
            ) from error
        except ValueError as error:
            raise UsageError(
                f"{file}: is not the manifest of a {self.noun} ({error}); name the --out of one"
            ) from error
        return manifest

    def write_manifest(self, folder: Path, manifest: Manifest) -> None:
        """Write the manifest atomically."""
        write_text(folder / self.manifest_name, json.dumps(manifest, indent=1) + "\n")

    def _continue(self, folder: Path, manifest: Manifest) -> Manifest:
        previous = self.read_manifest(folder)
        differences = find_differences(previous, manifest, self.identity_keys.split())
        if differences:
            listed, rest = differences[:_MAX_DIFFERENCES], len(differences) - _MAX_DIFFERENCES
            more = f"; and {rest} more" if rest > 0 else ""
            raise UsageError(f"{folder}: holds another {self.noun}: {'; '.join(listed)}{more}; give a new --out")
        manifest = manifest | {key: previous[key] for key in self.kept_keys if key in previous}
        if self.merge is not None:
            try:
                manifest = self.merge(previous, manifest)
            except ValueError as error:
                raise UsageError(f"{folder}: {error}; give a new --out") from error
            self.write_manifest(folder, manifest)
        return manifest
