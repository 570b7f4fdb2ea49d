"""Visualization: videos, overlays, contact sheets and false-colour images, drawn with OpenCV.

Read in this order:

- ``film``, ``video``: films of episodes from one or several cameras, and the files that they are written to.
- ``overlay``, ``panel``: forces, rewards and success on a film.
- ``colorize``, ``contact_sheet``: depth, masks and normals in colours, with legends.
- ``suite_sheet``: the start of an episode under each axis of a suite.
- ``text``, ``image_files``: text, PNG files.
"""
