"""Scenes of a dataset, and the frames rendered from them.

Reading order:
    frames      The generator that renders and labels the frames of a scene.
    settled     Scenes of objects that were dropped and came to rest.
    episode     Scenes from the middle of expert episodes.
    appearance  Domain randomization of the appearance of a scene that stays as it is.
    surfaces    Colours, textures and highlights of all objects, from one distribution.
    exposure    Exposure of the cameras and darkness of the shadows.
    environment Lamps, colours of sky and ground, tint of the robot.
"""
