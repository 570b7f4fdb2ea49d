"""Reinforcement: policies that learn from reward, by the algorithms of Stable-Baselines3 and sb3-contrib."""
