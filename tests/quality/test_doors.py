"""The docstring of each package lists its modules, so that a reader knows where to begin."""

import ast
import re

import pytest
from source_tree import FILES, parse

PACKAGES = [module for module, file in FILES.items() if file.name == "__init__.py"]
COMMANDS = "mygym_lite.cli"  # has a module for each command, which its docstring says instead


def list_modules(package: str) -> list[str]:
    return [file.stem for file in FILES[package].parent.glob("*.py") if file.name != "__init__.py"]


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != COMMANDS])
def test_the_docstring_of_a_package_lists_its_modules(package):
    words = set(re.findall(r"\w+", ast.get_docstring(parse(package)) or ""))
    assert [module for module in list_modules(package) if module not in words] == []
