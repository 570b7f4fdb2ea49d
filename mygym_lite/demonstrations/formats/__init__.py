"""Layouts of demonstrations on disk.

Reading order:
    minari_writer.py, minari_reader.py   Minari: one HDF5 file, lossless
    lerobot.py             LeRobot, version 3: the writer
    lerobot_keys.py        names of features
    lerobot_tables.py, lerobot_video.py, lerobot_statistics.py   its parts: parquet files, videos, statistics
    lerobot_reader.py      the reader
"""
