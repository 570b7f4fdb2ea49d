"""Names of the policies in the results of a task."""

EXPERT, ZERO, RANDOM, CLONE, RANDOMIZED_CLONE = "expert", "zero", "random", "bc", "bc_randomized"
SCRIPTED = (EXPERT, ZERO, RANDOM)
PERTURBED = (EXPERT, CLONE, RANDOMIZED_CLONE)
"""Policies that are measured along the axes of perturbation as well."""
MIN_SUCCESS = 0.2
"""Nominal success below which a policy is not measured along the axes: it has hardly any success to lose."""
