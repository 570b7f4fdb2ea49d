"""Object models: collision shapes, mass, surface, appearance, and the grasps from above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.cavity import Cavity, check_cavity
from mygym_lite.config.footprint import Footprint, build_footprint
from mygym_lite.config.inertia import MassProperties, compute_mass_properties
from mygym_lite.config.shape import Shape, Vector
from mygym_lite.config.textures import check_texture
from mygym_lite.documents import read_toml
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.paths import cache_shipped, find_file, get_assets_folder, list_names
from mygym_lite.schema import Location, build, quantity, require_schema

__all__ = [
    "BANKS",
    "Bank",
    "Cavity",
    "Grasp",
    "ObjectModel",
    "Shape",
    "Vector",
    "expand_banks",
    "list_objects",
    "load_object",
]

Bank = Literal["train", "near", "far", "special", "container", "furniture", "marker"]
BANKS: tuple[Bank, ...] = get_args(Bank)
Family = Literal["box", "cylinder", "sphere", "capsule", "compound"]
FAMILIES: tuple[Family, ...] = ("box", "cylinder", "sphere", "capsule", "compound")
_TOLERANCE = 5e-4  # m; rounding in hand-written files


@dataclass(frozen=True)
class Grasp:
    """A grasp of the object from above."""

    at: Vector = quantity(unit="m", low=-2.0, high=2.0, doc="grasp centre in the object frame")
    close: Literal["x", "y", "any"] = quantity(doc="closing direction: an object axis in either sense, or any if round")
    width: float = quantity(unit="m", low=1e-3, high=0.5, doc="distance between the closing surfaces")


@dataclass(frozen=True)
class ObjectModel:
    """An object as declared; its origin is the centre of its bounding box at rest, z up.

    Once loaded, `mesh` (here and in the shapes) does not depend on the working folder.
    """

    name: str = quantity(doc="name, as the file's")
    about: str = quantity(doc="one sentence")
    bank: Bank = quantity(
        doc="train, near (same families, other proportions), far (other shapes), special (made for certain tasks), "
        "container, furniture, or marker (not graspable)"
    )
    family: Family = quantity(doc="shape family, as observed")
    mass: float = quantity(unit="kg", low=1e-3, high=20.0, doc="mass")
    friction: float = quantity(low=0.0, high=5.0, doc="lateral; multiplied by that of the other body")
    shapes: tuple[Shape, ...] = quantity(doc="collision shapes of one density")
    grasps: tuple[Grasp, ...] = quantity((), doc="best first")
    rolling_friction: float = quantity(0.0, unit="m", low=0.0, high=0.1, doc="torque per newton against rolling")
    spinning_friction: float = quantity(0.0, unit="m", low=0.0, high=0.1, doc="torque per newton against spinning")
    restitution: float = quantity(0.0, low=0.0, high=1.0, doc="share of speed kept in a bounce")
    color: Vector = quantity((0.7, 0.7, 0.7), low=0.0, high=1.0, doc="red, green, blue")
    texture: str = quantity("", doc="texture, a name or a .png file; multiplied by the colour")
    specular: float = quantity(0.2, low=0.0, high=1.0, doc="strength of highlights")
    roughness: float = quantity(0.5, low=0.05, high=1.0, doc="width of highlights")
    metallic: float = quantity(0.0, low=0.0, high=1.0, doc="share of metal, which reflects in its own colour")
    mesh: str = quantity("", doc="visual OBJ file; the collision shapes are rendered if absent")
    noun: str = quantity("", doc="name of its kind in an instruction; the name with spaces if absent")
    cavity: Cavity | None = None

    def __post_init__(self) -> None:
        """Derive the noun from the name if it is absent."""
        if not self.noun:
            object.__setattr__(self, "noun", self.name.replace("_", " "))

    @cached_property
    def bounds(self) -> tuple[Vector, Vector]:
        """Lowest and highest corner of the bounding box of the collision shapes, m."""
        low = np.min([points.min(axis=0) - radius for points, radius in self._outlines], axis=0)
        high = np.max([points.max(axis=0) + radius for points, radius in self._outlines], axis=0)
        return _to_vector(low), _to_vector(high)

    @cached_property
    def extents(self) -> Vector:
        """Edge lengths of the bounding box of the collision shapes, m."""
        low, high = np.array(self.bounds)
        return _to_vector(high - low)

    @cached_property
    def mass_properties(self) -> MassProperties:
        """Centre of mass and principal moments of the shapes at one density, for 1 kg."""
        return compute_mass_properties(self.shapes)

    @property
    def has_hull(self) -> bool:
        """True if one of the shapes is a convex hull read from a mesh."""
        return any(shape.kind == "hull" for shape in self.shapes)

    @property
    def half_height(self) -> float:
        """Height of the origin above the supporting surface, m."""
        return self.extents[2] / 2

    @cached_property
    def footprint_radius(self) -> float:
        """Radius of the smallest circle around the z axis that contains the object at any yaw, m."""
        return max(float(np.hypot(*points[:, :2].T).max()) + radius for points, radius in self._outlines)

    @cached_property
    def footprint(self) -> Footprint:
        """Outline from above."""
        return build_footprint(self._outlines)

    @property
    def _outlines(self) -> list[tuple[NDArray[np.float64], float]]:
        return [shape.outline for shape in self.shapes]


def list_objects(bank: str | None = None) -> list[str]:
    """List the names of the shipped objects, of one bank or of all."""
    if bank is not None and bank not in BANKS:
        raise ConfigError(f"no bank of objects '{bank}'{suggest(bank, BANKS)}")
    return list(_list_names(bank))


def expand_banks(models: Iterable[str]) -> list[str]:
    """Replace each bank among names of object models by its models."""
    return [name for model in models for name in (list_objects(model) if model in BANKS else [model])]


@cache
def _list_names(bank: str | None) -> tuple[str, ...]:
    """List names, cached because every episode may draw from a bank."""
    names = list_names(get_assets_folder() / "objects")
    return tuple(name for name in names if bank is None or load_object(name).bank == bank)


@cache_shipped
def load_object(name_or_path: str | PathLike[str]) -> ObjectModel:
    """Load an object by its shipped name or by the path of its file.

    Raises:
        ConfigError: The file has an unknown field or a physically impossible value.
    """
    path = find_file(get_assets_folder() / "objects", name_or_path)
    return _load(path.absolute(), path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _load(path: Path, _modified: int) -> ObjectModel:
    """Load a file, cached until it changes, because every episode loads its objects again."""
    where = Location(path.name)
    table = require_schema(read_toml(path), where)
    model = build(ObjectModel, _resolve_files(table, path.parent), where)
    _check_model(model, path.stem, where)
    return model


def _resolve_files(value: Any, folder: Path) -> Any:
    """Return the table with its file names joined to a folder."""
    if isinstance(value, list):
        return [_resolve_files(item, folder) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: str(folder / item) if _is_file(key, item) else _resolve_files(item, folder) for key, item in value.items()
    }


def _is_file(key: str, item: Any) -> bool:
    """Return true if an item names a file; a texture without .png is the name of a shipped one."""
    return isinstance(item, str) and bool(item) and (key == "mesh" or (key == "texture" and item.endswith(".png")))


def _check_model(model: ObjectModel, stem: str, where: Location) -> None:
    """Check the consistency of shapes, family, origin, mesh and grasps."""
    if model.name != stem:
        raise where.at("name").error(f"is '{model.name}' in the file '{stem}.toml'; make them equal")
    if not model.shapes:
        raise where.at("shapes").error("has 0 shapes, at least 1 is needed; add [[shapes]]")
    kinds = {shape.kind for shape in model.shapes}
    if len(model.shapes) == 1 and kinds != {"hull"} and model.family not in kinds:
        raise where.at("family").error(f"is '{model.family}' but the only shape is a {min(kinds)}; make them equal")
    if model.mesh and not Path(model.mesh).is_file():
        raise where.at("mesh").error(f"{model.mesh} is missing; write the file or leave 'mesh' out")
    check_texture(model.texture, where.at("texture"))
    for axis, low, high in zip("xyz", *model.bounds, strict=True):
        if abs(low + high) / 2 > _TOLERANCE:
            shift = f"shift them by {-(low + high) / 2:g} m to centre the origin"
            raise where.at("shapes").error(f"along {axis} they span {low:g} to {high:g} m; {shift}")
    for index, grasp in enumerate(model.grasps):
        _check_grasp(model, grasp, where.at("grasps", str(index)))
    if model.cavity is not None:
        check_cavity(model.cavity, model.bounds, where.at("cavity"))


def _check_grasp(model: ObjectModel, grasp: Grasp, where: Location) -> None:
    """Reject a grasp outside the object, or of the wrong direction or width."""
    for axis, at, extent in zip("xyz", grasp.at, model.extents, strict=True):
        if abs(at) > extent / 2:
            raise where.at("at").error(f"{axis} = {at:g} m is outside the object, which ends at {extent / 2:g} m")
    x, y, _ = model.extents
    if grasp.close == "any" and abs(x - y) > 2 * _TOLERANCE:
        raise where.at("close").error(f"'any' needs a round object, this one is {x:g} by {y:g} m; use 'x' or 'y'")
    extent = y if grasp.close == "y" else x
    if grasp.width > extent + _TOLERANCE:
        raise where.at("width").error(f"{grasp.width:g} m is more than the object measures there, {extent:g} m")


def _to_vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z
