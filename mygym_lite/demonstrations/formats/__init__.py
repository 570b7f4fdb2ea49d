"""demonstrations/formats."""
