"""The gain from randomization during training: policies that differ only in it, tested along every axis of a suite."""
