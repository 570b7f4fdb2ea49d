"""The page that lists the fields of all files is up to date, complete, and its examples are files that work."""

import json
import re

import pytest
from command_line import ROOT

from mygym_lite.cli.fields import get_declarations, iterate_tables
from mygym_lite.cli.reference import EXAMPLES, VERBS, render_page
from mygym_lite.config.objects import load_object
from mygym_lite.config.robot import load_robot
from mygym_lite.config.verbs import VERBS as KNOWN_VERBS
from mygym_lite.config.workspace import load_workspace
from mygym_lite.policies.remote.mapping import MappingFile
from mygym_lite.randomization.preset import load_preset
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

LOADERS = {
    "task": load_task,
    "robot": load_robot,
    "object": load_object,
    "workspace": load_workspace,
    "suite": lambda file: load_suite(file).build_conditions(load_task("grasp")),
    "preset": lambda file: load_preset(file, load_task("grasp")),
    "mapping": lambda file: MappingFile.read(file).mapping,
}


def test_the_page_is_up_to_date(run):
    code, printed, _ = run("list", "fields", "--markdown")
    kept = (ROOT / "docs" / "reference" / "fields.md").read_text(encoding="utf-8")
    assert code == 0
    assert printed == kept, "mygym-lite list fields --markdown > docs/reference/fields.md"


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_example_is_a_valid_file(kind, tmp_path):
    name = re.match(r"# (\w+\.toml)", EXAMPLES[kind])[1]
    (tmp_path / name).write_text(EXAMPLES[kind], encoding="utf-8")
    assert LOADERS[kind](tmp_path / name)


def test_every_kind_of_file_has_an_example():
    assert set(EXAMPLES) == set(get_declarations()) == set(LOADERS)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_field_and_table_has_a_description(kind):
    tables = list(iterate_tables(get_declarations()[kind]))
    assert [table.heading for table in tables if table.heading and not table.about] == []
    assert [f"{table.heading} {field.name}" for table in tables for field in table.fields if not field.about] == []


def test_fields_are_described_as_declared():
    tables = {
        table.heading: {field.name: field for field in table.fields}
        for table in iterate_tables(get_declarations()["task"])
    }
    seconds, fingers = tables["[episode]"]["seconds"], tables["[robot]"]["fingers"]
    assert (seconds.type_text, seconds.unit, seconds.bounds, seconds.default) == (
        "number",
        "s",
        "0.05 to 3600",
        "required",
    )
    assert (fingers.type_text, fingers.default) == ('"grip" or "each"', '"grip"')
    assert tables["[objects.NAME]"]["mass"].default == "absent"


def test_all_verbs_are_listed():
    assert set(VERBS) == set(KNOWN_VERBS)
    assert "## Verbs" in render_page()


def test_fields_are_printed_as_json(run):
    rows = json.loads(run("list", "fields", "--json")[1])
    assert {"file": "task", "table": "[goal]", "field": "period"}.items() <= next(
        row.items() for row in rows if row["field"] == "period"
    )


def test_markdown_is_available_for_fields_only(run):
    code, _, errors = run("list", "tasks", "--markdown")
    assert (code, errors.count("\n")) == (2, 1)
    assert "remove --markdown" in errors
