"""Each row of the package imports only from its own row and the rows above it, and physics stays in sim."""

import ast
from graphlib import TopologicalSorter

import pytest
from source_tree import FILES, ROOT, find_imports, get_row, keep_own, parse, resolve_imports

ROWS = [
    {"errors", "text", "stdio", "schema", "paths", "files", "jit", "rng", "summation"},
    {"fingerprint", "code_fingerprint", "provenance", "weights", "torch_threads"},
    *({name} for name in ["stats", "jobs", "reports", "config", "randomization", "terms", "sim", "render", "envs"]),
    *({name} for name in ["viz", "experts", "datasets", "perception", "policies", "rollout", "demonstrations"]),
    *({name} for name in ["learning", "harness", "studies", "bench"]),
    {"cli", "__init__", "__main__"},
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
AUTHORING = "authoring"  # generates assets: sees no more than config does, and only the last row sees it


def outside(*rows: str) -> list[str]:
    return [module for module in FILES if get_row(module) not in rows]


def test_every_module_has_a_row():
    assert {get_row(module) for module in FILES} <= {*RANK, AUTHORING}


@pytest.mark.parametrize("module", FILES)
def test_imports_go_up(module):
    here = RANK.get(get_row(module), RANK["config"])
    seen = {
        name: RANK.get(get_row(name), len(ROWS) - 1)
        for name in keep_own(find_imports(module))
        if get_row(name) != get_row(module)
    }
    assert [name for name, rank in seen.items() if rank > here] == []


def test_no_import_cycle():
    at_import = {
        module: keep_own({name for node in parse(module).body for name in resolve_imports(module, node)}) - {module}
        for module in FILES
    }
    assert set(TopologicalSorter(at_import).static_order()) >= set(at_import)


@pytest.mark.parametrize(("package", "folder"), [("pybullet", "bullet"), ("mujoco", "mujoco")])
@pytest.mark.parametrize("module", FILES)
def test_only_the_folder_of_an_engine_imports_it(module, package, folder):
    own = f"mygym_lite.sim.{folder}"
    if not f"{module}.".startswith(f"{own}."):
        assert not {name for name in find_imports(module) if name.split(".")[0] == package}


ENGINE_CHOICE = "mygym_lite.sim.engines"


@pytest.mark.parametrize("module", [name for name in FILES if get_row(name) == "sim" and name != ENGINE_CHOICE])
def test_no_engine_imports_another_and_the_world_imports_none(module):
    engines = {"mygym_lite.sim.bullet", "mygym_lite.sim.mujoco"}
    own = ".".join(module.split(".")[:3])
    assert not {name for name in find_imports(module) if ".".join(name.split(".")[:3]) in engines - {own}}


@pytest.mark.parametrize("module", outside("sim", "config", "paths"))
def test_only_paths_and_spec_name_the_data_of_pybullet(module):
    texts = {node.value for node in ast.walk(parse(module)) if isinstance(node, ast.Constant)}
    assert "pybullet_data" not in texts


@pytest.mark.parametrize("module", [module for module in FILES if get_row(module) == "render"])
def test_render_knows_no_physics(module):
    assert "sim" not in {get_row(name) for name in keep_own(find_imports(module))}


@pytest.mark.parametrize("module", outside("cli", "__main__"))
def test_library_neither_prints_nor_exits(module):
    called = {ast.unparse(node.func) for node in ast.walk(parse(module)) if isinstance(node, ast.Call)}
    assert not called & {"print", "input", "exit", "quit", "sys.exit", "os._exit", "breakpoint"}


SEEDING = "mygym_lite.policies.seeding"  # seeds the global generators for policies, and draws nothing itself


@pytest.mark.parametrize("module", [module for module in FILES if module != SEEDING])
def test_no_global_randomness(module):
    called = {ast.unparse(node.func) for node in ast.walk(parse(module)) if isinstance(node, ast.Call)}
    assert "random" not in find_imports(module)
    assert not called & {"np.random.seed", "numpy.random.seed"}


@pytest.mark.parametrize("module", FILES)
def test_names_say_what_things_are(module):
    vague = {"util", "utils", "common", "helper", "helpers", "misc", "manager", "managers"}
    classes = [node.name for node in ast.walk(parse(module)) if isinstance(node, ast.ClassDef)]
    assert not vague & set(module.split("."))
    assert [name for name in classes if name.endswith("Manager")] == []


@pytest.mark.parametrize("folder", ["assets", "tasks", "evaluation"])
def test_no_code_among_what_people_edit(folder):
    assert list((ROOT / folder).rglob("*.py")) == []
