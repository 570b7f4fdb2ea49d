"""perception/training."""
