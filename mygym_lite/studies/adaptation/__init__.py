"""Adaptation of a policy to changed worlds: success after a few demonstrations there.

Reading order:

- ``plan.py``: the policy, the worlds, and the amounts of experience.
- ``training.py``: the policies: the given one, fine-tuned ones, and ones trained anew.
- ``study.py``: train and measure what is missing.
- ``table.py``: success, time and force after each amount of experience.
"""
