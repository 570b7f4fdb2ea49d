"""Whether a window can be opened: the engine ends the whole process where it cannot, so this is asked before."""

from __future__ import annotations

import ctypes
import os
import sys


def has_display() -> bool:
    """Whether this machine shows windows: always on Windows and macOS, elsewhere where an X server answers."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY")) and _answers()


def _answers() -> bool:
    """Whether the X server that DISPLAY names lets us in; the engine reaches it through the same library."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(None)
    if display:
        x11.XCloseDisplay(display)
    return bool(display)
