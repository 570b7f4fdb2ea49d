"""The tasks of this project inside the evaluation harnesses of other projects.

Reading order:
    vla_eval    Benchmark of vla-eval, named in its configuration files.
"""
