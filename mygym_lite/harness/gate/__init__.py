"""The gate of continuous integration: is a policy better than, worse than, or the same as another?

Reading order:
    decision.py     Outcome on a series of paired differences.
    gate.py         Outcomes on all policies and tasks of two runs, and of the whole.
    formats.py      The result as text, Markdown and JUnit XML.
"""
