"""Colours, textures and markers in PyBullet, needed only by its own renderer and its GUI."""

from __future__ import annotations

from collections.abc import Iterable

import pybullet as bullet

from mygym_lite.config.visuals import Material, Visual, VisualBody

_NO_TEXTURE = -1
_PARKED = (0.0, 0.0, 100.0)  # m; position of a marker before its first update


class BodyAppearances:
    """Materials of a client's bodies, updated only when they change."""

    def __init__(self, client: int) -> None:
        self._client = client
        self._textures: dict[str, int] = {}
        self._applied: dict[int, Material] = {}

    def forget(self, bodies: Iterable[int] | None = None) -> None:
        """Forget the materials of removed bodies, or all materials and textures after a reset of the simulation."""
        if bodies is None:
            self._textures.clear()
            self._applied.clear()
        for body in bodies or ():
            self._applied.pop(body, None)

    def apply(self, body: int, declared: VisualBody) -> None:
        """Apply the declared material to a body that has a single one."""
        material = declared.visuals[0].material
        if self._applied.get(body) == material:
            return
        self._applied[body] = material
        bullet.changeVisualShape(
            body,
            -1,
            rgbaColor=(*material.color, 1.0),
            specularColor=[material.specular] * 3,
            textureUniqueId=self._load_texture(material.texture),
            physicsClientId=self._client,
        )

    def _load_texture(self, path: str) -> int:
        if not path:
            return _NO_TEXTURE
        if path not in self._textures:
            self._textures[path] = bullet.loadTexture(path, physicsClientId=self._client)
        return self._textures[path]


def make_marker(client: int, visuals: Iterable[Visual]) -> list[int]:
    """Create one body without collision shape for each visual."""
    return [_make_marker_body(client, visual) for visual in visuals]


def _make_marker_body(client: int, visual: Visual) -> int:
    color = (*visual.material.color, 1.0)
    if visual.kind == "sphere":
        geometry = {"shapeType": bullet.GEOM_SPHERE, "radius": visual.size[0]}
    elif visual.kind == "cylinder":
        radius, length = visual.size
        geometry = {"shapeType": bullet.GEOM_CYLINDER, "radius": radius, "length": length}
    else:
        half_extents = [edge / 2 for edge in visual.size]
        geometry = {"shapeType": bullet.GEOM_BOX, "halfExtents": half_extents}
    frame = {"visualFramePosition": visual.position, "visualFrameOrientation": visual.rotation}
    shape = bullet.createVisualShape(**geometry, **frame, rgbaColor=color, physicsClientId=client)
    return int(bullet.createMultiBody(0.0, -1, shape, _PARKED, physicsClientId=client))
