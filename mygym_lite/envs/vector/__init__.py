"""envs/vector."""
