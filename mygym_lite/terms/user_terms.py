"""Terms of a user's own: functions that a task file names as ``module:function``, and what goes wrong in them."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import TermError
from mygym_lite.schema import Location


def list_modules(task: Task) -> list[str]:
    """The modules that a task names for its terms: whoever binds its terms runs them."""
    tables = [*task.observe.values(), task.reward, task.success, task.failure]
    names = [str(call.get("term")) for table in tables for call in table.values() if isinstance(call, dict)]
    return list(dict.fromkeys(name.partition(":")[0] for name in names if ":" in name))


def make_modules_importable(file: Path, task: Task) -> None:
    """Let Python find the modules of a task that lie beside its file, here and in the processes started from now on.

    To be called for a file that the user named, never for what was received: importing a module runs it.

    Raises:
        SpecError: Another module of that name is found first.
    """
    folder = file.absolute().parent
    for module in list_modules(task):
        top = module.partition(".")[0]
        if not top.isidentifier() or not ((folder / f"{top}.py").is_file() or (folder / top).is_dir()):
            continue
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
            importlib.invalidate_caches()
        _require_beside(top, folder, Location(file.name))


def _require_beside(module: str, folder: Path, where: Location) -> None:
    spec = sys.modules[module].__spec__ if module in sys.modules else importlib.util.find_spec(module)
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec is not None else []
    if not any(Path(place).resolve().is_relative_to(folder.resolve()) for place in places if place):
        found = places[0] if places and places[0] else "elsewhere"
        raise where.error(f"the module '{module}' beside it is hidden by {found}; give it another name")


def import_function(name: str, location: Location) -> Callable[..., Any]:
    """The function that ``package.module:function`` names."""
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as error:  # whatever a user's own module may raise
        raise location.error(
            f"'{name}' cannot be imported ({error}); put its module beside the task file or into this folder, "
            "or install its package"
        ) from error
    if not callable(found):
        raise location.error(f"'{name}' is not a function; name one that takes 'after' and its parameters")
    return found  # type: ignore[no-any-return]


class UserTerm:
    """A user's function as a term; what it raises, or returns without sense, names task, section and term."""

    def __init__(self, kind: str, function: Callable[..., Any], name: str, location: Location) -> None:
        self._kind, self._function, self._name, self._where = kind, function, name, location
        self._length: int | None = None

    def __call__(self, *moments: Any, **parameters: Any) -> Any:
        """The term's value."""
        try:
            value = self._function(*moments, **parameters)
            return self._numbers(value) if self._kind == "observe" else self._number(value)
        except TermError:
            raise
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            said = f": {error}" if str(error) else ""
            place = f"({frame.filename}, line {frame.lineno})"
            raise self._error(f"raised {type(error).__name__}{said} {place}") from error

    def _number(self, value: Any) -> Any:
        """A reward as a finite number, a check as yes or no."""
        try:
            fits = math.isfinite(float(value))
        except (TypeError, ValueError):
            fits = False
        if not fits:
            form = "a finite number" if self._kind == "reward" else "a bool"
            raise self._error(f"returned {_shown(value)}; return {form}")
        return value

    def _numbers(self, value: Any) -> list[float]:
        """An observation as numbers, as many each time."""
        try:
            numbers = [float(number) for number in value]
        except (TypeError, ValueError):
            raise self._error(f"returned {_shown(value)}; return a list of numbers") from None
        if self._length not in (None, len(numbers)):
            raise self._error(f"returned {len(numbers)} numbers after {self._length}; return as many each time")
        self._length = len(numbers)
        return numbers

    def _error(self, fault: str) -> TermError:
        return TermError(str(self._where.error(f"the term '{self._name}' {fault}")))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
