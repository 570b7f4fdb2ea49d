"""Success of the scripted expert on every task, with several robots, in both engines.

Reading order:

- ``study.py``: run the missing episodes, and write a result for each robot and engine.
- ``table.py``: success by task, robot and engine, and time and force.
"""
