"""Imitation: policies that learn from somebody who knows how."""
