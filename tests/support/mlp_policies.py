"""Small MLP policies with random weights for the reach task."""

from itertools import pairwise

import numpy as np

from mygym_lite.policies.mlp import MlpPolicy

OBSERVATION_SIZE, ACTION_SIZE = 30, 4  # of reach: goal and proprio; a translation and the hand


def make_mlp(env, hidden=(64, 64), seed=0, **settings):
    """Build an untrained policy; the same seed gives the same weights."""
    rng = np.random.default_rng(seed)
    widths = [OBSERVATION_SIZE, *hidden, ACTION_SIZE]
    layers = [(rng.normal(0, 0.3, (b, a)), rng.normal(0, 0.1, b)) for a, b in pairwise(widths)]
    mean, std = rng.normal(0, 0.1, OBSERVATION_SIZE), rng.uniform(0.5, 2, OBSERVATION_SIZE)
    return MlpPolicy.from_layers(env, layers, mean, std, **settings)
