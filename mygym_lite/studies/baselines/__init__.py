"""Reference results of the shipped baselines, and the Markdown table made from them.

Reading order:

- ``declared.py``: baselines declared in ``assets/policies/baselines.toml``.
- ``training.py``: train baselines anew by their declared commands.
- ``measure.py``: nominal results and robustness from recorded episodes.
- ``study.py``: measure baselines that have no up-to-date result.
- ``table.py``: Markdown table of all results.
"""
