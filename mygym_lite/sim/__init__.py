"""The physics: the only part that imports PyBullet."""

from mygym_lite.stdio import silence_stdio

with silence_stdio():  # PyBullet prints when it was built, in every process that imports it
    import pybullet as pybullet
