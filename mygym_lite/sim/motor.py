"""Motor model of every joint: a first-order servo with limited speed and torque.

The servo drives its joint at the speed ``error / time_constant``, at most at its speed limit, with the torque that
this takes, at most its torque limit minus the dry friction of the joint. Every engine solves for that torque together
with the contacts, so that a blocked joint presses with its full torque.
"""

from __future__ import annotations

import math


def compute_gain_per_step(time_constant: float, step_seconds: float) -> float:
    """Compute the share of a position error that a servo removes in one physics step."""
    # rounded, since processors may disagree about the last digit of an exponential
    return round(-math.expm1(-step_seconds / time_constant), 12)
