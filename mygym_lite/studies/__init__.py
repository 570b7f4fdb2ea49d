"""Studies: experiments that combine training and evaluation into one result.

Reading order:

- ``baselines/``: reference results of the shipped policies.
- ``randomization/``: effect of domain randomization during training.
"""
