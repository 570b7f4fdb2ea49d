"""Training of policies, by imitation and by reinforcement learning, with domain randomization.

Reading order:
    randomization_config: presets, automatic domain randomization (ADR) and curricula as options of a training.
    instruction_network: trainable encoder of the instruction of an episode.
    adr_env, adr_chart: ADR inside a Stable-Baselines3 training, and the chart of its ranges.
    imitation/: behaviour cloning, DAgger and action chunking (ACT).
    onnx_export: saved policies and models as networks in ONNX's format.
    reinforcement/: the algorithms of Stable-Baselines3 and sb3-contrib.
"""
