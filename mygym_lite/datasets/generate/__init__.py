"""Generation of vision datasets: shard by shard, in several processes, continued after an interruption.

Reading order:
    generate.py        ``make_dataset``: from names to files
    plan.py, manifest.py   what is in a dataset; its description on disk
    worker.py, shard.py    the frames of one scene, and the file of their annotations
    preview.py         the contact sheet
    flow_preview.py    pairs of frames with their optical flow
"""
