"""The package and its command start fast: whatever is slow to import waits until it is used."""

import subprocess
import sys

import pytest

SLOW = ("torch", "stable_baselines3", "numba", "pybullet", "scipy", "cv2")
HELP = """
import contextlib, io, sys
from mygym_lite.cli import main
sys.argv = ["mygym-lite", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
    main()
assert "usage" in shown.getvalue()
"""


@pytest.mark.parametrize("code", ["import mygym_lite", HELP], ids=["import", "help"])
def test_nothing_slow_is_imported_at_the_start(code):
    listing = f"import sys; print(*(name for name in {SLOW!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
