"""Fingerprints of code: the same for another wording or place of the same program, another for another program."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mygym_lite as mg
from mygym_lite.code_fingerprint import EPISODE, EXPERT, PackageCode, compute_simulation_fingerprint
from mygym_lite.datasets.generate import manifest as dataset_card
from mygym_lite.demonstrations import manifest as recording_card
from mygym_lite.fingerprint import find_differences
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.policy_lookup import find_policy

PACKAGE = Path(mg.__file__).parent
CODE = PackageCode(PACKAGE)
ROOT = "toy.run"
TOY = {
    "__init__": "",
    "run": '''"""Run."""
from __future__ import annotations
from math import cos
from typing import TYPE_CHECKING
from toy import places
from toy.limits import LIMIT, Limits

if TYPE_CHECKING:
    from toy.page import Page


def run(speed: float = 2.0) -> float:
    """Move."""
    from toy.late import late

    fast: bool = speed > LIMIT
    return late(cos(speed)) + places.HOME if fast else speed
''',
    "limits": '''from dataclasses import dataclass
LIMIT = 1.5  # m/s
"""Largest speed."""


@dataclass
class Limits:
    """Limits."""

    low: float = quantity(0.0, unit="m", doc="smallest")
    high: float = field(default=1.0, metadata={"doc": "largest", "unit": "m"})
''',
    "places": "HOME = 3\n",
    "late": "def late(x):\n    return 2 * x\n",
    "page": "WIDTH = 100\n",
}


def fingerprint(folder: Path, files: dict[str, str], root: str = ROOT) -> str:
    """Write a package called toy, and take its fingerprint."""
    package = folder / f"{len(list(folder.iterdir()))}" / "toy"
    for name, text in files.items():
        file = package / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return PackageCode(package).fingerprint([root])


def changed(name: str, *replacements: tuple[str, str]) -> dict[str, str]:
    """The package with another text in one of its files."""
    text = TOY[name]
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return TOY | {name: text}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(changed("run", ('"""Move."""', '"""Move the arm."""')), id="docstring"),
        pytest.param(changed("run", ('    """Move."""\n', "")), id="no docstring"),
        pytest.param(changed("limits", ("# m/s", "# metres a second")), id="comment"),
        pytest.param(changed("limits", ('"""Largest speed."""', '"""Speed limit."""')), id="docstring of a constant"),
        pytest.param(changed("limits", ('doc="smallest"', 'doc="least"')), id="documentation of a field"),
        pytest.param(changed("limits", ('"doc": "largest"', '"doc": "most"')), id="documentation in metadata"),
        pytest.param(changed("run", ("2.0) -> float:", "2.0) -> object:")), id="type of a result"),
        pytest.param(changed("run", ("fast: bool =", "fast =")), id="type of a variable"),
        pytest.param(changed("run", ("if fast", "if (\n        fast\n    )")), id="line breaks"),
        pytest.param(changed("page", ("100", "200")), id="module that only type checkers import"),
        pytest.param(TOY | {"report": "import toy.run\n"}, id="module that nothing imports"),
        pytest.param(changed("run", ("import LIMIT, Limits", "import LIMIT")), id="name that is not imported any more"),
        pytest.param(changed("run", ("from toy.", "from .")), id="relative import"),
    ],
)
def test_another_wording_is_the_same_code(tmp_path: Path, files: dict[str, str]) -> None:
    assert fingerprint(tmp_path, files) == fingerprint(tmp_path, TOY)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(changed("limits", ("1.5", "1.6")), id="constant"),
        pytest.param(changed("places", ("3", "4")), id="constant of an imported module"),
        pytest.param(changed("run", ("speed >", "speed >=")), id="operator"),
        pytest.param(changed("run", ("2.0", "2")), id="default"),
        pytest.param(changed("limits", ('unit="m"', 'unit="mm"')), id="argument of a field"),
        pytest.param(changed("limits", ('"unit": "m"', '"unit": "mm"')), id="value of a dictionary"),
        pytest.param(changed("limits", ("high: float", "high: int")), id="type of a field"),
        pytest.param(changed("late", ("2 * x", "x * 2")), id="body of a function imported late"),
        pytest.param(changed("run", ("from math", "from numpy")), id="another library"),
        pytest.param(changed("run", ("import cos", "import sin as cos")), id="another function of a library"),
        pytest.param(changed("limits", ("@dataclass\n", "")), id="decorator"),
        pytest.param(changed("places", ("3\n", "3\nHOME += 1\n")), id="another statement"),
    ],
)
def test_another_program_is_other_code(tmp_path: Path, files: dict[str, str]) -> None:
    assert fingerprint(tmp_path, files) != fingerprint(tmp_path, TOY)


def test_a_module_may_be_moved(tmp_path: Path) -> None:
    moved = changed("run", ("toy.limits", "toy.spec.bounds"), ("from toy import places", "from toy.spec import sites"),
                    ("places.HOME", "sites.HOME"))  # fmt: skip
    moved |= {"spec/__init__": '"""Spec."""\n', "spec/bounds": moved.pop("limits"), "spec/sites": moved.pop("places")}
    moved["spec/run"] = moved.pop("run")
    assert fingerprint(tmp_path, moved, "toy.spec.run") == fingerprint(tmp_path, TOY)


def test_modules_may_be_merged(tmp_path: Path) -> None:
    merged = changed("run", ("from toy.limits import LIMIT, Limits\n", TOY["limits"]), ("from toy import places\n", ""),
                     ("    from toy.late import late\n", ""), ("places.HOME", "HOME"))  # fmt: skip
    merged["run"] += TOY["places"] + TOY["late"]
    for name in ("limits", "places", "late"):
        del merged[name]
    assert fingerprint(tmp_path, merged) == fingerprint(tmp_path, TOY)


def test_a_root_that_is_no_module(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"toy\.runn: no such module of toy"):
        fingerprint(tmp_path, TOY, "toy.runn")


def test_only_code_beyond_a_module_is_hashed(tmp_path: Path) -> None:
    fingerprint(tmp_path, TOY)
    fingerprint(tmp_path, changed("limits", ("1.5", "1.6")))
    a, b = (PackageCode(tmp_path / name / "toy") for name in "01")
    assert a.fingerprint([ROOT], ["toy.limits"]) == b.fingerprint([ROOT], ["toy.limits"])
    assert a.reachable("toy.limits") == {"toy.limits"}


def test_a_package_apart_counts_only_as_a_root(tmp_path: Path) -> None:
    fingerprint(tmp_path, TOY)
    code = PackageCode(tmp_path / "0" / "toy", apart="toy.limits")
    assert "toy.limits" not in code.reachable(ROOT)
    assert "toy.limits" in code.reachable(ROOT, "toy.limits")


# --- the package itself


def copied(folder: Path, more: str) -> PackageCode:
    """The code of this package, with something more at the end of every module but its public names."""
    package = folder / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in package.rglob("*.py"):
        file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return PackageCode(package)


def test_the_fingerprint_of_an_episode_knows_constants_and_not_sentences(tmp_path: Path) -> None:
    whole = CODE.fingerprint([EPISODE])
    assert copied(tmp_path / "same", '\n# A sentence.\n"""Another sentence."""\n').fingerprint([EPISODE]) == whole
    assert copied(tmp_path / "other", "\nCONSTANT = 1.5\n").fingerprint([EPISODE]) != whole


def test_the_expert_decides_its_own_results_alone() -> None:
    code = PackageCode(PACKAGE, apart=EXPERT.rpartition(".")[0])
    assert code.reachable(EXPERT) - code.reachable(EPISODE) >= {EXPERT, f"{PACKAGE.name}.experts.grip"}


def test_what_cannot_decide_an_episode_is_not_in_its_fingerprint() -> None:
    parts = {part for module in CODE.reachable(EPISODE) for part in module.split(".")}
    assert not parts & {"cli", "report", "reports", "viz", "bench", "studies", "authoring"}


IMPORTED_BUT_NOT_HASHED = {
    PACKAGE.name: "public names, which import nothing until they are used",
    f"{PACKAGE.name}.envs.registration": "tells Gymnasium the ids of environments",
    f"{PACKAGE.name}.code_fingerprint": "takes fingerprints, and decides no record",
    f"{PACKAGE.name}.fingerprint": "takes fingerprints, and decides no record",
}


def test_every_module_that_an_episode_imports_is_hashed() -> None:
    script = (
        "import json, sys, mygym_lite as mg; "
        "mg.run('reach', 'expert', 1, settings=['episode.seconds=0.4', 'episode.hold_seconds=0.1']); "
        "mg.run('reach', 'reach_pixels', 1, settings=['episode.seconds=0.4', 'episode.hold_seconds=0.1']); "
        f"print(json.dumps([name for name in sys.modules if name.split('.')[0] == '{PACKAGE.name}']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert imported - CODE.reachable(EPISODE) - set(IMPORTED_BUT_NOT_HASHED) == set()


def test_importing_the_package_takes_no_fingerprint() -> None:
    script = "import sys, mygym_lite; print('mygym_lite.fingerprint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_fingerprint_has_roots_that_exist(tmp_path: Path) -> None:
    cards = [
        dataset_card.build_manifest(dataset_plan(tmp_path))["labels"],
        recording_card.build_manifest(recording_plan(tmp_path))["recording"],
        EstimatorSpec.resolve("reach").describe()["code"],
        find_policy("expert").describe()["digest"],
        find_policy("random").describe()["digest"],
        compute_simulation_fingerprint(),
    ]
    assert len(set(cards)) == len(cards)
    assert {len(card) for card in cards} == {32}


def dataset_plan(folder: Path):
    from mygym_lite.datasets.generate.plan import plan_dataset

    return plan_dataset("reach", folder, 1)


def recording_plan(folder: Path):
    from mygym_lite.demonstrations.plan import plan_recording

    return plan_recording("reach", "expert", 1, folder=folder)


def test_differences_name_key_and_both_values() -> None:
    before, now = {"seed": 0, "tasks": {"reach": {"digest": "a"}}}, {"seed": 1, "tasks": {"reach": {"digest": "b"}}}
    assert find_differences(before, now, ["seed"]) == ["seed was 0, is 1"]
    assert find_differences(before, now) == ["seed was 0, is 1", "tasks.reach has another content (digest a, now b)"]
