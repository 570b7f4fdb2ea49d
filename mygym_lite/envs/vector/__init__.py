"""Vector environments: many copies of one environment, several in each process.

Read in this order:

- ``env``: ``TaskVectorEnv``, and the vector entry points of the registered ids; ``arguments``: checks of
  its arguments.
- ``workers``: workers in this process or in processes of their own.
- ``shard``: one worker's environments, and the shared memory.
"""
