"""Search for the combination of perturbations with which a policy succeeds least.

Reading order:

- ``combinations.py``: combinations of axes, each as one axis of a suite.
- ``plan.py``: the policy, the combinations, and the episodes of each round.
- ``study.py``: successive halving, and the measurement of the finalists on other seeds.
- ``table.py``: the finalists.
"""
