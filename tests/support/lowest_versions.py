"""Print the oldest versions that pyproject.toml admits, as constraints for pip."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
BOUND = re.compile(r"(?P<name>[\w.-]+)(>=|==)(?P<version>[\w.]+)[^;]*(?P<marker>;.*)?")


def lowest_versions(project: dict) -> Iterator[str]:
    """Yield one constraint for each dependency and each extra that users install; tools of developers stay current."""
    extras = project["optional-dependencies"]
    for requirement in project["dependencies"] + [line for name in extras if name != "dev" for line in extras[name]]:
        bound = BOUND.fullmatch(requirement)
        if bound is None:
            raise SystemExit(f"pyproject.toml: {requirement!r} has no lower bound; write it as name>=version")
        yield f"{bound['name']}=={bound['version']}{bound['marker'] or ''}"


if __name__ == "__main__":
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    sys.stdout.writelines(f"{line}\n" for line in lowest_versions(project))
