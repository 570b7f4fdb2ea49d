"""Common parts of manifests: provenance, and declarations with their fingerprints."""

from __future__ import annotations

from dataclasses import asdict
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
    """Describe a declaration, such as a task, by its fields and their fingerprint."""
    fields = to_plain_data(asdict(declaration))
    return {"digest": compute_fingerprint(fields), "fields": fields}
