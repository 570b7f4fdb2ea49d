"""Studies: experiments that combine training and evaluation into one result.

Reading order:

- ``severity.py``, ``severity_chart.py``: success of a policy over the severities of a suite.
- ``baselines/``: reference results of the shipped policies.
- ``randomization/``: effect of domain randomization during training.
- ``identification/``: parameters fitted to recorded motions.
"""
