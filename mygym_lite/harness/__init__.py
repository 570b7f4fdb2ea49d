"""Running policies on tasks, and measuring what comes of it."""
