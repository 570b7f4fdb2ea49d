"""Each row of the package imports only from its own row and the rows above it, and physics stays in sim."""

import ast
from functools import cache
from graphlib import TopologicalSorter

import pytest
from source_tree import FILES, ROOT, find_imports, get_row, keep_own, parse, resolve_imports

ROWS = [
    {"errors", "text", "stdio", "schema", "documents", "paths", "files", "jit", "rng", "summation"},
    {"fingerprint", "code_fingerprint", "provenance", "weights", "torch_threads"},
    *({name} for name in ["stats", "jobs", "reports", "config", "randomization", "terms", "sim", "render", "envs"]),
    *({name} for name in ["viz", "experts", "datasets", "perception", "policies", "rollout", "demonstrations"]),
    *({name} for name in ["learning", "harness", "studies", "bench", "interop"]),
    {"cli", "__init__", "__main__"},
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
AUTHORING = "authoring"  # generates assets: sees no more than config does, and only the last row sees it


def outside(*rows: str) -> list[str]:
    return [module for module in FILES if get_row(module) not in rows]


def test_every_module_has_a_row():
    assert {get_row(module) for module in FILES} <= {*RANK, AUTHORING}


@cache
def list_calls(module: str) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(parse(module)) if isinstance(node, ast.Call)}


def get_folder(module: str) -> str:
    return ".".join(module.split(".")[:3])


def test_imports_go_up():
    def find_rows_below(module: str) -> list[str]:
        here = RANK.get(get_row(module), RANK["config"])
        others = [name for name in keep_own(find_imports(module)) if get_row(name) != get_row(module)]
        return [name for name in others if RANK.get(get_row(name), len(ROWS) - 1) > here]

    assert {module: below for module in FILES if (below := find_rows_below(module))} == {}


def test_no_import_cycle():
    at_import = {
        module: keep_own({name for node in parse(module).body for name in resolve_imports(module, node)}) - {module}
        for module in FILES
    }
    assert set(TopologicalSorter(at_import).static_order()) >= set(at_import)


@pytest.mark.parametrize(("package", "folder"), [("pybullet", "bullet"), ("mujoco", "mujoco")])
def test_only_the_folder_of_an_engine_imports_it(package, folder):
    others = [module for module in FILES if get_folder(module) != f"mygym_lite.sim.{folder}"]
    assert [module for module in others if package in {name.split(".")[0] for name in find_imports(module)}] == []


ENGINE_CHOICE = "mygym_lite.sim.engines"


def test_no_engine_imports_another_and_the_world_imports_none():
    engines = {"mygym_lite.sim.bullet", "mygym_lite.sim.mujoco"}
    modules = [name for name in FILES if get_row(name) == "sim" and name != ENGINE_CHOICE]
    seen = {module: set(map(get_folder, find_imports(module))) & (engines - {get_folder(module)}) for module in modules}
    assert [module for module, others in seen.items() if others] == []


def test_only_paths_and_spec_name_the_data_of_pybullet():
    def list_texts(module: str) -> list[object]:
        return [node.value for node in ast.walk(parse(module)) if isinstance(node, ast.Constant)]

    assert [name for name in outside("sim", "config", "paths") if "pybullet_data" in list_texts(name)] == []


def test_render_knows_no_physics():
    modules = [module for module in FILES if get_row(module) == "render"]
    assert [name for name in modules if "sim" in map(get_row, keep_own(find_imports(name)))] == []


def test_library_neither_prints_nor_exits():
    refused = {"print", "input", "exit", "quit", "sys.exit", "os._exit", "breakpoint"}
    assert [module for module in outside("cli", "__main__") if list_calls(module) & refused] == []


SEEDING = "mygym_lite.policies.seeding"  # seeds the global generators for policies, and draws nothing itself


def test_no_global_randomness():
    modules = [module for module in FILES if module != SEEDING]
    assert [module for module in modules if "random" in find_imports(module)] == []
    assert [module for module in modules if list_calls(module) & {"np.random.seed", "numpy.random.seed"}] == []


def test_names_say_what_things_are():
    vague = {"util", "utils", "common", "helper", "helpers", "misc", "manager", "managers"}
    classes = [node.name for module in FILES for node in ast.walk(parse(module)) if isinstance(node, ast.ClassDef)]
    assert [module for module in FILES if vague & set(module.split("."))] == []
    assert [name for name in classes if name.endswith("Manager")] == []


@pytest.mark.parametrize("folder", ["assets", "tasks", "evaluation"])
def test_no_code_among_what_people_edit(folder):
    assert list((ROOT / folder).rglob("*.py")) == []
