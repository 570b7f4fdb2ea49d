"""Studies: experiments that combine training and evaluation into one result.

Reading order:

- ``result_files.py``, ``markdown_table.py``: files and tables of reference results.
- ``baselines/``: reference results of the shipped policies.
- ``difficulty/``: success of a panel of policies on every task and along every axis.
- ``randomization/``: effect of domain randomization during training.
- ``fidelity/``: agreement of two engines, or of a simulation and a real robot, on the ranking of policies.
- ``identification/``: parameters fitted to recorded motions.
"""
