"""Pictures with everything that is known about them, in the formats that people train with."""
