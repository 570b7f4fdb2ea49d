"""Everything declared: tasks, robots, objects and suites as frozen dataclasses read from TOML."""
