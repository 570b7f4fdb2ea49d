"""Difficulty of tasks and of perturbations: scripted policies and clones of the expert on every task.

Reading order:

- ``policy_names.py``: names of the policies.
- ``panel.py``: the panel of policies, and the training of those that learn.
- ``study.py``: measure tasks that have no up-to-date result.
- ``table.py``: success, time and force on each task.
- ``drops.py``: the loss of success along each axis and severity, by family of tasks.
"""
