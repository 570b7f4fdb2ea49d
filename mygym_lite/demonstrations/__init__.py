"""Demonstrations: episodes of a policy, recorded to learn from, and read back.

Reading order:
    record.py                ``record``: from names to files
    plan.py, manifest.py     the episodes and what is saved of them; their description on disk
    block_queue.py, worker.py, block.py    which blocks are missing; recording them; their files
    recording_env.py         an environment that records
    demonstration.py, demonstrations.py    one episode, and a set of them
    instructed.py            episodes with the tokens of their instruction
    export.py, formats/      Minari's and LeRobot's layouts
    running_statistics.py    statistics of arrays that come episode by episode
"""
