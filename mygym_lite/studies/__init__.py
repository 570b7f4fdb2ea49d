"""Studies: experiments that combine training and evaluation into one result.

Reading order:

- ``baselines/``: reference results of the shipped policies.
- ``randomization/``: effect of domain randomization during training.
- ``fidelity/``: agreement of two engines, or of a simulation and a real robot, on the ranking of policies.
"""
