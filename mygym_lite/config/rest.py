"""Speeds below which an object is at rest, unless a task declares others."""

REST_SPEED = 0.02
"""Linear speed, m/s."""
REST_TURN_RATE = 0.3
"""Angular speed, rad/s."""
