"""The tasks of this project inside the evaluation harnesses of other projects.

Reading order:
    conditions      the conditions of a suite that such a harness evaluates.
    vla_eval        benchmark of vla-eval, named in its configuration files.
    eval_info       results of a run in the layout of LeRobot's evaluation.
    inspect_robots, inspect_robots_policy   tasks, simulated robots and policies for inspect-robots.
    lerobot_env     environment of LeRobot, which the distribution ``lerobot_env_mygym_lite`` registers there.
"""
