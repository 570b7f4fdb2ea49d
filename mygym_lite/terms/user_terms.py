"""User-defined terms, which a task file names as ``module:function``, and error handling around them."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mygym_lite.config.checks import iterate_term_calls
from mygym_lite.config.task import Task
from mygym_lite.errors import TermError
from mygym_lite.schema import Location


def list_modules(task: Task) -> list[str]:
    """List the modules of a task's user-defined terms; binding the terms runs these modules."""
    tables = [*task.observe.values(), task.reward, task.success, task.failure]
    tables += [table for stage in task.stages for table in (stage.checks, stage.reward)]
    names = [str(call["term"]) for table in tables for call in iterate_term_calls(table.values())]
    return list(dict.fromkeys(name.partition(":")[0] for name in names if ":" in name))


def make_modules_importable(file: Path, task: Task) -> None:
    """Add the folder of a task file to `sys.path` if modules of its terms lie there.

    Call it only for files that the user named, never for received ones: importing a module runs it. Processes started
    later inherit the path.

    Raises:
        ConfigError: Another module of the same name shadows one of them.
    """
    folder = file.absolute().parent
    for module in list_modules(task):
        top = module.partition(".")[0]
        if not top.isidentifier() or not ((folder / f"{top}.py").is_file() or (folder / top).is_dir()):
            continue
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
            importlib.invalidate_caches()
        _check_not_shadowed(top, folder, Location(file.name))


def _check_not_shadowed(module: str, folder: Path, where: Location) -> None:
    spec = sys.modules[module].__spec__ if module in sys.modules else importlib.util.find_spec(module)
    origins = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec is not None else []
    if not any(Path(origin).resolve().is_relative_to(folder.resolve()) for origin in origins if origin):
        other = origins[0] if origins and origins[0] else "elsewhere"
        raise where.error(f"the module '{module}' beside it is hidden by {other}; give it another name")


def import_function(name: str, location: Location) -> Callable[..., Any]:
    """Import the function that ``package.module:function`` names."""
    module, _, function = name.partition(":")
    try:
        imported = getattr(importlib.import_module(module), function)
    except Exception as error:  # a user's module may raise anything
        raise location.error(
            f"'{name}' cannot be imported ({error}); put its module beside the task file or into this folder, "
            "or install its package"
        ) from error
    if not callable(imported):
        raise location.error(f"'{name}' is not a function; name one that takes 'after' and its parameters")
    return imported  # type: ignore[no-any-return]


class UserTerm:
    """A user's function as a term; if it raises or returns an invalid value, the error names task, section and term."""

    def __init__(self, kind: str, function: Callable[..., Any], name: str, location: Location) -> None:
        self._kind, self._function, self._name, self._where = kind, function, name, location
        self._length: int | None = None

    def __call__(self, *moments: Any, **parameters: Any) -> Any:
        """Compute and validate the value of the term."""
        try:
            value = self._function(*moments, **parameters)
            return self._check_numbers(value) if self._kind == "observe" else self._check_number(value)
        except TermError:
            raise
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            text = f": {error}" if str(error) else ""
            line = f"({frame.filename}, line {frame.lineno})"
            raise self._make_error(f"raised {type(error).__name__}{text} {line}") from error

    def _check_number(self, value: Any) -> Any:
        """Require a finite number of a reward, and a bool of a predicate."""
        try:
            is_finite = math.isfinite(float(value))
        except (TypeError, ValueError):
            is_finite = False
        if not is_finite:
            expected = "a finite number" if self._kind == "reward" else "a bool"
            raise self._make_error(f"returned {_abbreviate(value)}; return {expected}")
        return value

    def _check_numbers(self, value: Any) -> list[float]:
        """Require numbers of an observation, the same count each time."""
        try:
            numbers = [float(number) for number in value]
        except (TypeError, ValueError):
            raise self._make_error(f"returned {_abbreviate(value)}; return a list of numbers") from None
        if self._length not in (None, len(numbers)):
            raise self._make_error(f"returned {len(numbers)} numbers after {self._length}; return as many each time")
        self._length = len(numbers)
        return numbers

    def _make_error(self, fault: str) -> TermError:
        return TermError(str(self._where.error(f"the term '{self._name}' {fault}")))


def _abbreviate(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
