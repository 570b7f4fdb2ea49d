"""What episodes say and what they do not: intervals, paired comparisons, robustness, and how many it takes."""

from mygym_lite.stats.bootstrap import iqm, stratified_bootstrap
from mygym_lite.stats.interval import NOTHING, Estimate, mean_interval, share_interval, wilson
from mygym_lite.stats.paired import holm, mcnemar, paired_difference, probability_of_improvement
from mygym_lite.stats.robustness_curve import area_weights, retention, robustness_area
from mygym_lite.stats.sample_size import required_n, too_few, width
from mygym_lite.stats.seed_means import seed_scores

__all__ = [
    "NOTHING", "Estimate", "area_weights", "holm", "iqm", "mcnemar", "mean_interval", "paired_difference",
    "probability_of_improvement", "required_n", "retention", "robustness_area", "seed_scores", "share_interval",
    "stratified_bootstrap", "too_few", "width", "wilson",
]  # fmt: skip
