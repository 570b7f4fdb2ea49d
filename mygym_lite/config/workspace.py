"""Workspaces: static furniture around the robot, made of boxes that collide or are only visual."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from mygym_lite.config.textures import check_texture
from mygym_lite.documents import read_toml
from mygym_lite.paths import cache_shipped, find_file, get_assets_folder, list_names
from mygym_lite.schema import Location, build, quantity, require_schema

Vector = tuple[float, float, float]
FLOOR_HEIGHT = -0.92  # m; height of the floor below the working surface
FLOOR_SIZE = (8.0, 8.0, 0.1)  # m


@dataclass(frozen=True)
class WorkspacePart:
    """One box of the furniture, in the world frame."""

    name: str = quantity(doc="name, unique in its workspace")
    size: Vector = quantity(unit="m", low=1e-3, high=10.0, doc="edges")
    position: Vector = quantity(unit="m", low=-10.0, high=10.0, doc="centre")
    color: Vector = quantity(low=0.0, high=1.0, doc="red, green, blue")
    rpy: Vector = quantity((0.0, 0.0, 0.0), unit="rad", low=-7.0, high=7.0, doc="roll, pitch, yaw about fixed axes")
    collides: bool = quantity(True, doc="false for purely visual parts")
    texture: str = quantity("", doc="texture, a name or a .png file; multiplied by the colour")
    specular: float = quantity(0.2, low=0.0, high=1.0, doc="strength of highlights")
    roughness: float = quantity(0.5, low=0.05, high=1.0, doc="width of highlights")


@dataclass(frozen=True)
class Workspace:
    """Furniture with a working surface at z = 0, and the area of the surface where objects may stand."""

    name: str = quantity(doc="name, as the file's")
    about: str = quantity(doc="one sentence")
    friction: float = quantity(low=0.0, high=5.0, doc="lateral; multiplied by that of the other body")
    area: tuple[tuple[float, float], tuple[float, float]] = quantity(
        unit="m", low=-10.0, high=10.0, doc="corners [x, y] of the area where objects may stand"
    )
    parts: tuple[WorkspacePart, ...] = quantity(doc="the boxes")
    floor: str = quantity("", doc="texture of the floor, a name or a .png file; multiplied by its colour")
    floor_color: Vector = quantity((0.78, 0.80, 0.82), low=0.0, high=1.0, doc="red, green, blue of the floor")

    @property
    def surface(self) -> WorkspacePart:
        """Part that objects stand on."""
        return next(part for part in self.parts if _supports(part, *self.area))


def list_workspaces() -> list[str]:
    """List the names of the shipped workspaces."""
    return list(list_names(get_assets_folder() / "workspaces"))


@cache_shipped
def load_workspace(name_or_path: str | PathLike[str]) -> Workspace:
    """Load a workspace by its shipped name or by the path of its file.

    Raises:
        ConfigError: The file has an unknown field or a physically impossible value.
    """
    path = find_file(get_assets_folder() / "workspaces", name_or_path)
    where = Location(path.name)
    workspace = build(Workspace, require_schema(read_toml(path), where), where)
    if workspace.name != path.stem:
        raise where.at("name").error(f"is '{workspace.name}' in the file '{path.name}'; make them equal")
    _check_area(workspace, where.at("area"))
    _check_names(workspace, where.at("parts"))
    check_texture(workspace.floor, where.at("floor"))
    for index, part in enumerate(workspace.parts):
        check_texture(part.texture, where.at("parts", str(index), "texture"))
    return workspace


def _check_area(workspace: Workspace, where: Location) -> None:
    """Reject an area with reversed corners, or without a solid surface at z = 0 under all of it."""
    low, high = workspace.area
    for axis, a, b in zip("xy", low, high, strict=True):
        if a >= b:
            raise where.error(f"along {axis} it goes from {a:g} to {b:g} m; put the lower corner first")
    if not any(_supports(part, low, high) for part in workspace.parts):
        raise where.error(
            f"[{low[0]:g}, {low[1]:g}] to [{high[0]:g}, {high[1]:g}] m is not on a part that has its top at 0 m"
        )


def _supports(part: WorkspacePart, low: tuple[float, float], high: tuple[float, float]) -> bool:
    if not part.collides or any(part.rpy) or abs(part.position[2] + part.size[2] / 2) > 1e-6:
        return False
    return all(
        centre - size / 2 <= a and b <= centre + size / 2
        for centre, size, a, b in zip(part.position[:2], part.size[:2], low, high, strict=True)
    )


def _check_names(workspace: Workspace, where: Location) -> None:
    seen: set[str] = set()
    for part in workspace.parts:
        if part.name in seen:
            raise where.error(f"has two parts named '{part.name}'; give each a name of its own")
        seen.add(part.name)
