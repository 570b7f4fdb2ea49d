"""What tests of training share: a silent progress callback, and errors of one line."""

import pytest

from mygym_lite.errors import UsageError


def report_nothing(*_anything):
    """Ignore any progress."""


def catch_error_line(call, kind=UsageError):
    """Return the message of the error that a call raises; it has to be one line."""
    with pytest.raises(kind) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)
