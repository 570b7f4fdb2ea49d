"""A manipulation benchmark that runs anywhere Python runs."""
