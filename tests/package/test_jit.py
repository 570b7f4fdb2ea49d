"""Compiled kernels are kept on disk, and compiled again when what was kept no longer fits the sources."""

import subprocess
import sys

SOURCE = """
from typing import NamedTuple
import numpy as np
from mygym_lite.jit import kernel

class {name}(NamedTuple):
    values: np.ndarray

@kernel
def add(pair):
    return pair.values.sum()

print(add({name}(np.ones(3))))
"""


def test_a_kernel_whose_argument_type_was_renamed_is_compiled_again(tmp_path):
    for name in ("Before", "After"):
        (tmp_path / "adding.py").write_text(SOURCE.format(name=name))
        done = subprocess.run([sys.executable, "-c", "import adding"], cwd=tmp_path, capture_output=True, text=True)
        assert (done.stdout, done.returncode) == ("3.0\n", 0), done.stderr
