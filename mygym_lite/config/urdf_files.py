"""Search for URDF files, and for the meshes and textures that they refer to."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_DISTRIBUTION = {"pybullet_data": "pybullet", "jvrc_description": "'mygym_lite[robots]'"}
_SCHEMES = ("package://", "model://", "file://")
_IN_PACKAGE = re.compile(r"([^\W\d]\w+):(.+)")  # two letters or more, since C: is a drive
_NO_URDF = "there is no .urdf there either; put the file there, or correct the path"


def locate_urdf(urdf: str, base_folder: Path, location: Location) -> Path:
    """Find a URDF file beside another file, or in an installed package: `pybullet_data:franka_panda/panda.urdf`."""
    name, folder = urdf, base_folder
    if packaged := _IN_PACKAGE.fullmatch(urdf):
        package, name = packaged.groups()
        spec = importlib.util.find_spec(package)  # avoids importing it
        if spec is None or not spec.submodule_search_locations:
            raise location.error(
                f"'{urdf}' needs the package {package}; pip install {_DISTRIBUTION.get(package, package)}"
            )
        folder = Path(spec.submodule_search_locations[0])
    path = folder / name
    if not path.is_file():
        others = (file.name for file in path.parent.glob("*.urdf"))
        raise location.error(f"no such file as '{urdf}' in {folder}{suggest(path.name, others, _NO_URDF)}")
    return path


def find_mesh(urdf: Path, reference: str, where: Location) -> Path:
    """Find a mesh or texture that a URDF refers to, as PyBullet does: in its folder, then in the parent folders."""
    name = reference
    for scheme in _SCHEMES:
        name = name.removeprefix(scheme)
    for folder in urdf.parents:
        if name and (folder / name).is_file():
            return folder / name
    raise where.error(f"no such file as '{reference}' beside {urdf.name}; put it there, or name another")
