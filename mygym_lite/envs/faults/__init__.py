"""envs/faults."""
