"""Policies: everything that maps an observation to an action, how it is found, loaded, guarded and served.

Reading order:
    policy: the ``Policy`` protocol, ``PolicyLike``, random, zero and function policies.
    policy_lookup, policy_spec: from what a user names to a ``PolicySpec`` that every process can make.
    local: functions, objects and classes of the user; observation_request: the observations they ask for.
    metadata, inputs, saved_policy, saved: the folder format and its loader.
    mlp, gru, discrete, flow_matching, action_chunking, pixel_policy, visuomotor (with vision_backbone),
        language_conditioned (with instruction_encoder): the saved kinds; history, chunk_execution: their parts.
    sb3_policy, sb3_normalization: archives of Stable-Baselines3, and their VecNormalize.
    networks/: networks in ONNX's format and of torch.export.
    observed_fields: task fields that can affect a policy.
    latency: policies whose computation takes simulated time.
    seeding, time_limit, watchdog, heartbeat: reproducible and fault-tolerant execution.
    lerobot/: checkpoints of LeRobot.
    remote/: policies in other processes and on other machines, and the server.
"""
