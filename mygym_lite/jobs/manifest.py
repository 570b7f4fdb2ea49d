"""Common parts of manifests: provenance, and declarations with their fingerprints."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from mygym_lite import provenance
from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.fingerprint import compute_fingerprint, to_plain_data

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Manifest = dict[str, Any]


def build_common_manifest(program: str, schema: int) -> Manifest:
    """Build the part of a manifest that tells which release made the results.

    Args:
        program: Name of the program that writes the folder.
        schema: Version of the manifest's format.
    """
    return {
        "schema": schema,
        "program": program,
        "version": provenance.read_version("mygym_lite"),
        "versions": provenance.read_versions(),
        "git": provenance.read_git_revision(),
        "simulation": compute_simulation_fingerprint(),
    }


def describe_declaration(declaration: DataclassInstance) -> Manifest:
    """Describe a declaration, such as a task, by its fields and their fingerprint.

    Empty optional fields are left out, so that one added in a later version changes no fingerprint of tasks without it.
    """
    values = to_plain_data(_describe_node(declaration))
    return {"digest": compute_fingerprint(values), "fields": values}


def _describe_node(node: Any) -> Any:
    if is_dataclass(node):
        values = {field.name: getattr(node, field.name) for field in fields(node) if not _is_empty(node, field)}
        return {name: _describe_node(value) for name, value in values.items()}
    if isinstance(node, dict):
        return {key: _describe_node(value) for key, value in node.items()}
    return [_describe_node(value) for value in node] if isinstance(node, list | tuple) else node


def _is_empty(node: Any, field: Field[Any]) -> bool:
    """Return true if an optional field is an empty table or list, as by default."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return default in ({}, ()) and getattr(node, field.name) == default
