"""Each row of the package imports only from its own row and the rows above it, and physics stays in sim."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mygym_lite"
ROWS = (
    (
        "errors",
        "text",
        "stdio",
        "schema",
        "paths",
        "files",
        "jit",
        "rng",
        "provenance",
        "fingerprint",
        "weights",
        "torch_threads",
    ),
    ("stats",),
    ("jobs",),
    ("reports",),
    ("config",),
    ("randomization",),
    ("terms",),
    ("sim",),
    ("render",),
    ("envs",),
    ("viz",),
    ("experts",),
    ("datasets",),
    ("perception",),
    ("policies",),
    ("rollout",),
    ("demonstrations",),
    ("learning",),
    ("harness",),
    ("studies",),
    ("bench",),
    ("cli", "__init__", "__main__"),
)
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
AUTHORING = "authoring"  # generates assets: sees no more than spec does, and only the last row sees it
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def row(module: str) -> str:
    """The part directly under the package: "sim" of mygym_lite.sim.world."""
    return [*module.split("."), "__init__"][1]


def imported(module: str, node: ast.AST) -> Iterator[str]:
    """Absolute names of what one statement imports; a name that is no module stands for the module that holds it."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
        parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*parents, *filter(None, [node.module])])
        for alias in node.names:
            yield f"{source}.{alias.name}" if f"{source}.{alias.name}" in FILES else source


def all_imports(module: str) -> set[str]:
    """Everything a module imports, inside functions too."""
    return {name for node in ast.walk(tree(module)) for name in imported(module, node)}


def own(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == PACKAGE.name}


def outside(*rows: str) -> list[str]:
    return [module for module in FILES if row(module) not in rows]


def test_every_module_has_a_row():
    assert {row(module) for module in FILES} <= {*RANK, AUTHORING}


@pytest.mark.parametrize("module", FILES)
def test_imports_go_up(module):
    here = RANK.get(row(module), RANK["config"])
    seen = {name: RANK.get(row(name), len(ROWS) - 1) for name in own(all_imports(module)) if row(name) != row(module)}
    assert [name for name, rank in seen.items() if rank > here] == []


def test_no_import_cycle():
    at_import = {
        module: own({name for node in tree(module).body for name in imported(module, node)}) - {module}
        for module in FILES
    }
    assert set(TopologicalSorter(at_import).static_order()) >= set(at_import)


@pytest.mark.parametrize("module", outside("sim"))
def test_only_sim_imports_pybullet(module):
    assert not {name for name in all_imports(module) if name.startswith("pybullet")}


@pytest.mark.parametrize("module", outside("sim", "config", "paths"))
def test_only_paths_and_spec_name_the_data_of_pybullet(module):
    texts = {node.value for node in ast.walk(tree(module)) if isinstance(node, ast.Constant)}
    assert "pybullet_data" not in texts


@pytest.mark.parametrize("module", [module for module in FILES if row(module) == "render"])
def test_render_knows_no_physics(module):
    assert "sim" not in {row(name) for name in own(all_imports(module))}


@pytest.mark.parametrize("module", outside("cli"))
def test_library_neither_prints_nor_exits(module):
    called = {ast.unparse(node.func) for node in ast.walk(tree(module)) if isinstance(node, ast.Call)}
    assert not called & {"print", "input", "exit", "quit", "sys.exit", "os._exit", "breakpoint"}


SEEDING = "mygym_lite.policies.seeding"  # seeds the global generators for policies, and draws nothing itself


@pytest.mark.parametrize("module", [module for module in FILES if module != SEEDING])
def test_no_global_randomness(module):
    called = {ast.unparse(node.func) for node in ast.walk(tree(module)) if isinstance(node, ast.Call)}
    assert "random" not in all_imports(module)
    assert not called & {"np.random.seed", "numpy.random.seed"}


@pytest.mark.parametrize("module", FILES)
def test_names_say_what_things_are(module):
    vague = {"util", "utils", "common", "helper", "helpers", "misc", "manager", "managers"}
    classes = [node.name for node in ast.walk(tree(module)) if isinstance(node, ast.ClassDef)]
    assert not vague & set(module.split("."))
    assert [name for name in classes if name.endswith("Manager")] == []


@pytest.mark.parametrize("folder", ["assets", "tasks", "evaluation"])
def test_no_code_among_what_people_edit(folder):
    assert list((ROOT / folder).rglob("*.py")) == []
