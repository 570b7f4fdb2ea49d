"""The wheel, built through the source distribution, works in a fresh environment far from the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("assets", "tasks", "evaluation")
WITHOUT_CHECKOUT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
USE = """
import gymnasium as gym
import mygym_lite
for name in ("mygym_lite/Grasp-v0", "mygym_lite:mygym_lite/Grasp-v0"):
    env = gym.make(name)
    env.action_space.seed(0)
    env.reset(seed=0)
    env.step(env.action_space.sample())
    env.close()
    print("stepped", name)
"""


class Installed(NamedTuple):
    """A fresh environment that holds the wheel."""

    wheel: Path
    bin: Path
    elsewhere: Path

    def run(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.bin / command, *arguments],
            cwd=self.elsewhere,
            env=WITHOUT_CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def call(*command: str | Path) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    call("build", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    call("venv", "--without-pip", folder / "venv")
    environment = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    python = Path(sysconfig.get_path("scripts", "venv", environment)) / "python"
    call("pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    # Heavy dependencies are borrowed from here; a .pth met on the way is not followed, so the checkout stays unseen.
    site = Path(sysconfig.get_path("purelib", "venv", environment))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (folder / "elsewhere").mkdir()
    return Installed(wheel, python.parent, folder / "elsewhere")


def test_wheel_holds_only_the_package(installed):
    names = zipfile.ZipFile(installed.wheel).namelist()
    version = installed.wheel.name.split("-")[1]
    assert {name.split("/")[0] for name in names} == {"mygym_lite", f"mygym_lite-{version}.dist-info"}
    assert "mygym_lite/py.typed" in names


@pytest.mark.parametrize("folder", SHIPPED)
def test_wheel_holds_what_people_edit(installed, folder):
    names = zipfile.ZipFile(installed.wheel).namelist()
    shipped = [path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.*") if path.is_file()]
    assert shipped
    assert [name for name in shipped if f"mygym_lite/_data/{name}" not in names] == []


def test_wheel_is_what_gets_imported(installed):
    where = installed.run("python", "-c", "import mygym_lite; print(mygym_lite.__file__)")
    assert Path(where.strip()).is_relative_to(installed.bin.parent)


def test_wheel_puts_nothing_else_in_the_way(installed):
    code = f"from importlib.util import find_spec; print([name for name in {SHIPPED!r} if find_spec(name)])"
    assert installed.run("python", "-c", code).strip() == "[]"


def test_wheel_makes_environments(installed):
    assert installed.run("python", "-c", USE).count("stepped") == 2


def test_wheel_lists_its_tasks(installed):
    assert "grasp" in installed.run("mygym-lite", "list", "tasks")
