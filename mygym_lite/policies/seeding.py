"""Seeding of the global random generators, which policies written elsewhere may use."""

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
    """Seed ``random``, ``numpy.random`` and ``torch`` inside a ``with`` block, then restore their states.

    torch is not imported for this: if the policy imports it inside the block, it is seeded at that moment.
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

    stack.callback(_restore_torch, torch.get_rng_state(), _get_cuda_states(torch))
    torch.manual_seed(number)


def _get_cuda_states(torch: Any) -> Any:
    """Return the states of the CUDA generators, or None if CUDA is not initialised."""
    return torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None


def _restore_torch(state: Any, cuda: Any) -> None:
    import torch

    torch.set_rng_state(state)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    elif torch.version.cuda is not None:  # as if the program had seeded torch itself
        torch.cuda.manual_seed_all(torch.initial_seed())


class _TorchImport(MetaPathFinder):
    """Import hook that calls a function once torch has been imported."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Wrap the loader of torch; leave every other module alone."""
        if name != "torch":
            return None
        self.remove()  # or the next line would find this hook again
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader)
        return spec

    def _extend(self, loader: Any) -> None:
        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # restores the method of the class
            loader.exec_module(module)
            self._callback()

        loader.exec_module = exec_module

    def remove(self) -> None:
        """Remove the hook."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
