"""Detection of a display: the engine ends the whole process if it cannot open a window."""

from __future__ import annotations

import ctypes
import os
import sys


def has_display() -> bool:
    """Return True on Windows and macOS, and elsewhere if an X server accepts connections."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY")) and _can_connect()


def _can_connect() -> bool:
    """Return True if the X server of DISPLAY accepts a connection, through the library that the engine uses."""
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
