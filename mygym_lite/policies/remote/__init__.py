"""policies/remote."""
