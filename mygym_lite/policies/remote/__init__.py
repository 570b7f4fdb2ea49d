"""Policies in other processes and on other machines, over the websocket protocols of openpi and of other projects.

Reading order:
    protocol: msgpack messages that hold NumPy arrays.
    dialects: the messages of openpi, RoboArena and vla-eval.
    mapping: TOML files that map the observations and actions of a task to those of a policy; observation_sources,
        rotation_layouts: the inputs of the policy.
    mapped_policy: a policy behind such a mapping, which also executes chunks of actions.
    client, policy: the connection to a policy server, and the policy that uses it.
    server: any local policy, served to robots and simulators elsewhere.
"""
