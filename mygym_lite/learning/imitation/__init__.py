"""Imitation learning: behaviour cloning, DAgger and action chunking, from the scripted expert or from recordings.

Reading order:
    train: ``imitate``, from a task to a saved policy; config, architecture, environment: its options.
    labelled_rollouts: episodes in which the privileged expert labels every state.
    demonstrations: collected or recorded demonstrations; data, tensors: their arrays and tensors.
    networks, sequence_networks: the trainable networks; export: the policies that they become.
    trainer: gradient descent with EMA weights and early stopping.
    dagger, curriculum: training loops around it.
"""
