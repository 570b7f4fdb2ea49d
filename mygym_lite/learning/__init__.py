"""Policies, and how they are learned."""
