"""Looks in the physics engine: only where its own renderer or its window draws the scene."""

from __future__ import annotations

from collections.abc import Iterable

import pybullet as bullet

from mygym_lite.config.visuals import Material, Visual, VisualBody

_NO_TEXTURE = -1
_AWAY = (0.0, 0.0, 100.0)  # m; where a thing is until it is placed


class BodyAppearances:
    """Colours and textures of a client's bodies, each set anew only where it differs from what it was."""

    def __init__(self, client: int) -> None:
        self._client = client
        self._textures: dict[str, int] = {}
        self._worn: dict[int, Material] = {}

    def forget(self, bodies: Iterable[int] | None = None) -> None:
        """Bodies that were removed take their looks with them; without an argument everything was."""
        if bodies is None:
            self._textures.clear()
            self._worn.clear()
        for body in bodies or ():
            self._worn.pop(body, None)

    def apply(self, body: int, thing: VisualBody) -> None:
        """Give a body of one material the looks that are declared."""
        material = thing.visuals[0].material
        if self._worn.get(body) == material:
            return
        self._worn[body] = material
        bullet.changeVisualShape(
            body, -1, rgbaColor=(*material.color, 1.0), specularColor=[material.specular] * 3,
            textureUniqueId=self._texture(material.texture), physicsClientId=self._client,
        )  # fmt: skip

    def _texture(self, path: str) -> int:
        if not path:
            return _NO_TEXTURE
        if path not in self._textures:
            self._textures[path] = bullet.loadTexture(path, physicsClientId=self._client)
        return self._textures[path]


def make_marker(client: int, visuals: Iterable[Visual]) -> list[int]:
    """Bodies that are only seen, one for each visual."""
    return [_make_seen(client, visual) for visual in visuals]


def _make_seen(client: int, visual: Visual) -> int:
    color = (*visual.material.color, 1.0)
    if visual.kind == "sphere":
        shape = bullet.createVisualShape(
            bullet.GEOM_SPHERE, radius=visual.size[0], rgbaColor=color, physicsClientId=client
        )
    else:
        shape = bullet.createVisualShape(
            bullet.GEOM_BOX, halfExtents=[edge / 2 for edge in visual.size], rgbaColor=color,
            visualFramePosition=visual.position, physicsClientId=client,
        )  # fmt: skip
    return int(bullet.createMultiBody(0.0, -1, shape, _AWAY, physicsClientId=client))
