"""Checkpoints of LeRobot as policies: LeRobot runs in an environment of its own, and serves them.

Reading order:
    checkpoint: the folder of a checkpoint, and the features that its policy wants.
    feature_mapping: observations of a task under the names of these features.
    server: the script that LeRobot's interpreter runs; it imports nothing of this project.
    server_process: the process of this script.
    policy: the policy that asks it for actions.
"""
