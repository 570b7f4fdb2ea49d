"""datasets/checks."""
