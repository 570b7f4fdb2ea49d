"""What episodes say and what they do not: intervals, paired comparisons, robustness, and how many it takes."""

from mygym_lite.harness.stats.interval import NOTHING, Estimate, mean_interval, share_interval, wilson
from mygym_lite.harness.stats.paired import holm, mcnemar, paired_difference, probability_of_improvement
from mygym_lite.harness.stats.planning import required_n, too_few, width
from mygym_lite.harness.stats.robust import iqm, stratified_bootstrap
from mygym_lite.harness.stats.seeds import seed_scores
from mygym_lite.harness.stats.severity import area_weights, retention, robustness_area

__all__ = [
    "NOTHING", "Estimate", "area_weights", "holm", "iqm", "mcnemar", "mean_interval", "paired_difference",
    "probability_of_improvement", "required_n", "retention", "robustness_area", "seed_scores", "share_interval",
    "stratified_bootstrap", "too_few", "width", "wilson",
]  # fmt: skip
