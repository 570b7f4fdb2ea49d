"""Seeds of the global random generators, from which policies that were made elsewhere may draw."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

import numpy as np

from mygym_lite.rng import make_stream


@contextmanager
def seed_global_generators(seed: int) -> Iterator[None]:
    """Seed ``random``, ``numpy.random`` and ``torch`` for as long as this lasts, then put them back as they were.

    torch is not imported for it: if a policy imports it meanwhile, it is seeded at that moment.
    """
    number = int(make_stream(seed, "policy/global generators").integers(2**32))
    with ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        random.seed(number)
        np.random.seed(number)
        if "torch" in sys.modules:
            _seed_torch(number, stack)
        else:
            hook = _TorchImport(lambda: _seed_torch(number, stack))
            sys.meta_path.insert(0, hook)
            stack.callback(hook.remove)
        yield


def _seed_torch(number: int, stack: ExitStack) -> None:
    import torch

    stack.callback(_restore_torch, torch.get_rng_state(), _cuda_states(torch))
    torch.manual_seed(number)


def _cuda_states(torch: Any) -> Any:
    """The states of its generators, or None while CUDA has not been used."""
    return torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None


def _restore_torch(state: Any, cuda: Any) -> None:
    import torch

    torch.set_rng_state(state)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    elif torch.version.cuda is not None:  # as if the program itself had seeded torch last
        torch.cuda.manual_seed_all(torch.initial_seed())


class _TorchImport(MetaPathFinder):
    """Calls a function once torch has been imported.

    Args:
        then: The function.
    """

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Leave every other module alone, and have torch's loader call the function."""
        if name != "torch":
            return None
        self.remove()  # or it would find itself
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader)
        return spec

    def _extend(self, loader: Any) -> None:
        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # from here on it is the class's own again
            loader.exec_module(module)
            self._then()

        loader.exec_module = exec_module

    def remove(self) -> None:
        """Look at imports no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
