"""How demonstrations are recorded: block by block, by several processes, and again where it was ended."""
