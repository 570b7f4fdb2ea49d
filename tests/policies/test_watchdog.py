"""Whatever a policy does, one line about one episode comes of it."""

import contextlib
import signal
import sys
import threading
import time

import numpy as np
import pytest
from gymnasium import spaces

from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.policies.policy import FunctionPolicy
from mygym_lite.policies.watchdog import TOLERANCE, GuardedPolicy

SPACE = spaces.Box(-1.0, 1.0, (4,), np.float32)


def guarded(function, seconds=None):
    return GuardedPolicy(FunctionPolicy(function, "mine"), SPACE, seconds)


class Plain:
    """A policy that does what it is told, in `act` or in `reset`."""

    def __init__(self, act=lambda _: np.zeros(4), reset=lambda _: None):
        self.act, self.reset = act, reset


def raises(error):
    def act(_):
        raise error

    return act


@pytest.mark.parametrize(
    "action",
    [
        np.zeros(4, np.float32), np.ones(4), [0.1, 0.2, 0.3, 0.4], (1, -1, 0, 0), np.full(4, -1),
        np.full(4, 1 + TOLERANCE / 2),
    ],
)  # fmt: skip
def test_valid_actions_pass_unchanged(action):
    assert np.array_equal(guarded(lambda _: action).act(None), action)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.array([0, np.nan, 0, 0]), "nan in its action"),
        ([0, float("inf"), 0, -float("inf")], "inf in its action"),
        (np.zeros(5), r"shape \(5,\), this task takes \(4,\)"),
        (np.zeros((1, 4)), r"shape \(1, 4\)"),
        ([], r"shape \(0,\)"),
        ([0, 0, 0, -1.5], r"-1.5 in its action; every number must be in \[-1, 1\]"),
        (np.full(4, 1 + 2 * TOLERANCE), "1 in its action"),
        (None, "None, which is not an array of numbers"),
        ("left", "'left'"),
        (np.array([True] * 4), "an array of bool"),
        (np.zeros(4, complex), "an array of complex128"),
        ({"a": 1}, "{'a': 1}"),
        ([[1, 2], [3]], "ValueError"),
    ],
)
def test_invalid_actions_are_policy_errors(action, message):
    with pytest.raises(PolicyError, match=message) as caught:
        guarded(lambda _: action).act(None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("elbow"), r"KeyError: 'elbow' \(.*test_watchdog.py, line \d+\)"),
        (ValueError("two\nlines"), "two lines"),
        (SystemExit(3), "SystemExit: 3"),
        (AssertionError(), r"AssertionError \("),
        (UsageError("the arm is gone"), "^the arm is gone$"),
        (RecursionError(), "RecursionError"),
    ],
)
@pytest.mark.parametrize("method", ["act", "reset"])
def test_exceptions_become_policy_errors_of_one_line(error, message, method):
    with pytest.raises(PolicyError, match=message) as caught:
        getattr(GuardedPolicy(Plain(**{method: raises(error)}), SPACE, 5.0), method)(0)
    assert "\n" not in str(caught.value)


class UnspeakableError(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class UnspeakableUsageError(UsageError):
    __str__ = UnspeakableError.__str__


class Silent(BaseException):
    """Is no Exception."""


class Hidden:
    def __repr__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [UnspeakableError(), UnspeakableUsageError("x"), Silent()])
@pytest.mark.parametrize("method", ["act", "reset"])
def test_an_exception_without_text_is_one_line(error, method):
    with pytest.raises(PolicyError, match=r"cannot be shown|Silent \(") as caught:
        getattr(GuardedPolicy(Plain(**{method: raises(error)}), SPACE, 5.0), method)(0)
    assert "\n" not in str(caught.value)


def test_an_object_without_text_is_one_line():
    with pytest.raises(PolicyError, match="an object that cannot be shown, which is not an array of numbers"):
        guarded(lambda _: Hidden()).act(None)


def test_keyboard_interrupts_pass_through():
    with pytest.raises(KeyboardInterrupt):
        GuardedPolicy(Plain(raises(KeyboardInterrupt())), SPACE, 5.0).act(0)


def forever(_):
    while True:
        try:
            time.sleep(0.001)
        except Exception:  # a policy that means well, and hangs
            continue


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="time limits need POSIX signals")
class TestTimeLimit:
    def test_interrupts_a_hang_and_allows_the_next_call(self):
        calls = iter([forever, np.zeros_like])
        policy = guarded(lambda seen: next(calls)(seen), seconds=0.05)
        began = time.monotonic()
        with policy:
            with pytest.raises(PolicyError, match=r"took longer than 0.05 s"):
                policy.act(np.zeros(4))
            assert time.monotonic() - began < 5.0
            assert policy.act(np.ones(4)).sum() == 0.0

    def test_covers_the_text_of_errors_and_objects(self):
        class EndlessError(Exception):
            __str__ = __repr__ = forever

        with pytest.raises(PolicyError, match="cannot be shown"):
            GuardedPolicy(Plain(raises(EndlessError())), SPACE, 0.05).act(0)
        with pytest.raises(PolicyError, match="took longer"):
            guarded(lambda _: EndlessError(), seconds=0.05).act(0)

    def test_covers_reset_outside_a_with_block(self):
        with pytest.raises(PolicyError, match="took longer"):
            GuardedPolicy(Plain(reset=forever), SPACE, 0.05).reset(0)

    @pytest.mark.parametrize("act", [np.zeros_like, raises(ValueError()), forever])
    def test_restores_the_previous_alarm(self, act):
        def handler(number, frame):
            pass

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 60.0)
        try:
            with guarded(act, seconds=0.05) as policy, contextlib.suppress(PolicyError):
                policy.act(np.zeros(4))
            assert signal.getsignal(signal.SIGALRM) is handler
            assert 1.0 < signal.setitimer(signal.ITIMER_REAL, 0.0)[0] <= 60.0
        finally:
            signal.signal(signal.SIGALRM, before)

    def test_an_alarm_between_calls_reaches_its_handler(self):
        rung = []
        before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
        try:
            with guarded(np.zeros_like, seconds=5.0) as policy:
                policy.act(np.zeros(4))
                signal.raise_signal(signal.SIGALRM)
                policy.act(np.zeros(4))
        finally:
            signal.signal(signal.SIGALRM, before)
        assert rung == [signal.SIGALRM]

    def test_is_not_enforced_in_other_threads(self):
        actions = []
        thread = threading.Thread(target=lambda: actions.append(guarded(np.zeros_like, seconds=5.0).act(np.zeros(4))))
        thread.start()
        thread.join()
        assert len(actions) == 1


def test_overhead_is_microseconds():
    policy, calls = guarded(np.positive, seconds=5.0), 2000
    action = np.zeros(4, np.float32)
    with policy:
        best = sys.maxsize
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(calls):
                policy.act(action)
            best = min(best, (time.perf_counter() - began) / calls)
    assert best < 50e-6  # about 3e-6 on an idle machine
