"""Numbered jobs in processes or on a Ray cluster, kept in a folder from which an interrupted command continues.

Reading order:
    run.py           ``run_jobs``: the one loop behind every long command
    queue.py         the jobs that are left: ``JobQueue``, ``FixedQueue``
    scheduler.py     protocols of workers and backends; assignment of jobs, and retries after a lost worker
    processes.py     backend: worker processes of this machine
    ray_cluster.py   backend: actors of a Ray cluster
    parent_death.py  worker processes end with their parent
    folder.py        ``JobFolder``: created, continued or refused; locked while it is written
    manifest.py      the parts that all manifests have in common
    parts.py         files of finished jobs, with a checksum
    progress.py      the ``Progress`` protocol
"""
