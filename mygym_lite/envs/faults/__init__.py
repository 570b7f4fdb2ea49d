"""Faults of sensing and actuation between policy and world, each a declared field with a random stream of its own.

Read in this order:

- ``base``: the interface of a fault.
- ``sensing``, ``actuation``: the two pipelines, with all faults in the order in which they happen.
- ``proprioception``, ``calibration``, ``images``, ``timing``: faults of encoders and force sensors, hand-eye
  calibration, cameras, and time.
- ``schedule``: values that change over an episode.
"""
