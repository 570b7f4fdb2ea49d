"""Films and plates: what people look at."""
