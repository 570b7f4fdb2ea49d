"""Statistics of evaluations: confidence intervals, paired comparisons, robustness, sample sizes.

Pure functions of arrays. Read in this order:

- ``distributions``: quantiles of the normal and of Student's t distribution.
- ``interval``: intervals of a rate and of a mean.
- ``paired``: differences on the same seeds, McNemar's and sign-flip tests, Holm's correction.
- ``factorial``: main effects and interactions of factors that are varied together.
- ``anytime``: intervals of paired differences that hold however often one looks.
- ``bootstrap``, ``quantiles``: interquartile mean, stratified bootstrap, quantiles over scenes.
- ``seed_means``: means over many conditions that share their seeds.
- ``nested_bootstrap``: intervals over training seeds and episode seeds together.
- ``rank_agreement``: correlations, rank violations and flips of two rankings.
- ``prediction_powered``: few real measurements and many simulated ones.
- ``robustness_curve``, ``sample_size``: area under success over severity; required number of episodes.
"""

from mygym_lite.stats.bootstrap import iqm, stratified_bootstrap
from mygym_lite.stats.factorial import compute_interaction, compute_main_effect
from mygym_lite.stats.interval import NO_ESTIMATE, Estimate, mean_interval, proportion_interval, wilson_interval
from mygym_lite.stats.paired import (
    adjust_p_values,
    mcnemar_p_value,
    paired_difference,
    probability_of_improvement,
    proportion_difference,
    sign_flip_p_value,
)
from mygym_lite.stats.prediction_powered import prediction_powered_mean
from mygym_lite.stats.rank_agreement import compute_kendall, compute_mmrv, compute_pearson, compute_spearman
from mygym_lite.stats.robustness_curve import compute_area_weights, compute_retention, compute_robustness_area
from mygym_lite.stats.sample_size import compute_interval_width, compute_required_episodes, warn_if_too_few
from mygym_lite.stats.seed_means import compute_seed_scores

__all__ = [
    "NO_ESTIMATE",
    "Estimate",
    "adjust_p_values",
    "compute_area_weights",
    "compute_interaction",
    "compute_interval_width",
    "compute_kendall",
    "compute_main_effect",
    "compute_mmrv",
    "compute_pearson",
    "compute_required_episodes",
    "compute_retention",
    "compute_robustness_area",
    "compute_seed_scores",
    "compute_spearman",
    "iqm",
    "mcnemar_p_value",
    "mean_interval",
    "paired_difference",
    "prediction_powered_mean",
    "probability_of_improvement",
    "proportion_difference",
    "proportion_interval",
    "sign_flip_p_value",
    "stratified_bootstrap",
    "warn_if_too_few",
    "wilson_interval",
]
