"""datasets/scenes."""
