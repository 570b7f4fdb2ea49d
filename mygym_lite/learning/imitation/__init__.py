"""Imitation learning from the scripted expert or from recordings: behaviour cloning, DAgger, ACT and flow matching.

Reading order:
    train: ``imitate``, from tasks to a saved policy; config, architecture, environment: its options.
    shared_observation, task_balance: the observation that several tasks share, and their equal weight.
    labelled_rollouts: episodes in which the privileged expert labels every state.
    demonstrations: collected or recorded demonstrations; data, tensors: their arrays and tensors.
    networks, sequence_networks, flow_network: the trainable networks; export: the policies that they become.
    start_policy, transfer: trainings that start from the weights of another policy.
    trainer: gradient descent with EMA weights and early stopping.
    dagger, curriculum: training loops around it.
"""
