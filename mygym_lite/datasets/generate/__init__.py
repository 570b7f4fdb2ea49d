"""How a dataset is made: shard by shard, by several processes, and again where it was ended."""
