"""Rollouts: (task, condition, seed, policy) in, one episode record out.

Read in this order:

- ``rollout``: ``run``, ``run_seeds`` and ``run_episode``.
- ``episode``: the specification of an episode.
- ``record``: the record, as plain data and as a line of JSON.
- ``metrics``, ``motion``: force and motion metrics.
- ``failure_codes``: classification of failures.
- ``action_noise``: labels and action noise for demonstrations.

The generator of steps is ``mygym_lite.envs.steps``.
"""
