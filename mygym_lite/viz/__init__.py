"""Visualization: videos, overlays, contact sheets and false-colour images, drawn with OpenCV.

Read in this order:

- ``film``, ``video``: films of episodes, and the files that they are written to.
- ``overlay``, ``panel``, ``traces``: forces, rewards and success on a film.
- ``colorize``, ``contact_sheet``: depth, masks and normals in colours, with legends.
- ``suite_sheet``: the start of an episode under each axis of a suite.
- ``tiles``, ``text``, ``image_files``: layout of several cameras, text, PNG files.
"""
