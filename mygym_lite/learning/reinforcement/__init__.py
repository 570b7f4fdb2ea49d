"""Reinforcement learning with the algorithms of Stable-Baselines3 and sb3-contrib.

Reading order:
    train: ``reinforce``, from a task to a saved policy; config, hyperparameters: its options.
    trainer: one training run; evaluation_callback, validation: learning curve, best policy and stopping.
    environments, env_wrappers: training and validation environments, rewards and discrete actions.
    algorithms, feature_extractors: construction of the models and their networks.
    demonstrations, replay_buffers, behaviour_cloning, warm_start: help from the expert and from imitation.
    checkpoints: resuming; export: the actor as a saved policy.
"""
