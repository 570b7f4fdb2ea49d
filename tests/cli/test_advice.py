"""Advice that can be followed: each message names something that exists and helps."""

import codecs
import re
from pathlib import Path

import pytest

import mygym_lite
from mygym_lite.cli import doctor
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.paths import get_tasks_folder
from mygym_lite.terms import load_task


def own_task(folder: Path, *changes: tuple[str, str], shipped: str = "reach", file: str = "mine.toml") -> Path:
    """A shipped task's file under another name, with some texts replaced."""
    text = (get_tasks_folder() / f"{shipped}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / file
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["evaluate", "record"])
@pytest.mark.parametrize("patience", ["-1", "0", "nan", "inf"])
def test_an_invalid_action_timeout_is_refused(run, command, patience):
    code, _, errors = run(command, "reach", "--action-timeout", patience)
    assert code == 2
    assert "--action-timeout" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("patience", [-1.0, 0.0, float("nan"), float("inf"), 1e300])
def test_an_invalid_action_timeout_is_refused_in_python(patience, tmp_path):
    with pytest.raises(UsageError, match="patience"):
        mygym_lite.evaluate("random", "reach", "nominal", 1, out=tmp_path / "run", action_timeout=patience)
    with pytest.raises(UsageError, match="patience"):
        mygym_lite.record("reach", "random", 1, tmp_path / "demonstrations", action_timeout=patience)


def test_allow_pickle_is_suggested_for_archives(run, tmp_path):
    archive = tmp_path / "model.zip"
    archive.write_bytes(b"no archive")
    assert "add --allow-pickle" in run("watch", "reach", "--policy", archive)[2]
    assert "not an archive" in run("watch", "reach", "--policy", archive, "--allow-pickle")[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("watch reach --vido film.webm", "did you mean '--video'?; see mygym-lite watch --help"),
        ("train imitate reach --out x --noize 1", "did you mean '--noise'?; see mygym-lite train imitate --help"),
        ("show reach grasp", "unrecognized arguments: grasp; see mygym-lite show --help"),
    ],
)
def test_an_unknown_option_refers_to_the_help_of_its_command(run, words, told):
    code, _, errors = run(*words.split())
    assert code == 2
    assert errors.endswith(f"{told}\n")


@pytest.mark.parametrize("rate", [7, 11, 19.9, 100])
def test_the_suggested_control_rate_is_accepted(run, rate):
    _, _, errors = run("show", "reach", "--set", f"episode.control_hz={rate}")
    suggested = re.search(r"use for example ([\d.]+)$", errors)[1]
    assert load_task("reach", [f"episode.control_hz={suggested}"]).substeps == 240 / float(suggested)


def test_a_missing_urdf_is_reported_with_a_remedy(tmp_path):
    (tmp_path / "robot.toml").write_text(
        'schema = 1\nname = "robot"\nabout = "A robot."\nurdf = "robot.urdf"\n[arms.right]\n'
        'joints = ["a"]\nhome = [0.0]\ntip = "hand"\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="put the file there, or correct the path"):
        load_task("reach", [f"robot.model={tmp_path / 'robot.toml'}"])


@pytest.mark.parametrize("settings", [{"objects.target.mass": 0.2}, "objects.target.mass=0.2"])
def test_invalid_settings_in_python_show_an_example(settings):
    with pytest.raises(ConfigError, match=re.escape("give a list of 'path=value', for example")):
        mygym_lite.make("grasp", settings=settings)


def test_a_wrong_setting_in_python_names_no_option():
    with pytest.raises(ConfigError, match=r"^setting: \"objects\.target\.mas\": .*did you mean 'mass'"):
        mygym_lite.make("grasp", settings=["objects.target.mas=1"])


def test_the_remedy_for_pybullet_without_numpy_keeps_numpy(monkeypatch):
    monkeypatch.setattr("pybullet.isNumpyEnabled", lambda: 0)
    monkeypatch.setattr("mygym_lite.provenance.list_pybullet_builds", lambda: ["pybullet"])
    finding = doctor._check_numpy_in_bullet()
    assert not finding.ok
    assert "--no-build-isolation" in finding.remedy


def test_an_error_in_the_start_names_the_file(tmp_path):
    file = own_task(tmp_path, ("{ uniform =", "{ unifrm ="))
    with pytest.raises(ConfigError, match=r"^mine\.toml: start\..*did you mean 'uniform'"):
        load_task(file)


def test_a_start_out_of_bounds_names_the_file(tmp_path):
    file = own_task(tmp_path, ("[start]", '[start]\n"physics.gravity" = { value = [0, 0, -99] }'))
    with pytest.raises(ConfigError, match=r"^mine\.toml: start\..*-99"):
        load_task(file)


def test_a_setting_that_conflicts_with_the_file_names_the_file(tmp_path):
    with pytest.raises(ConfigError, match=r"^mine\.toml: episode\.control_hz"):
        load_task(own_task(tmp_path), ["episode.control_hz=7"])


def test_distractors_without_room_name_the_file(tmp_path):
    file = own_task(tmp_path, shipped="grasp_clutter")
    with pytest.raises(ConfigError, match=r"^mine\.toml: .*distractors\.count: no free place for 20 objects"):
        load_task(file, ["distractors.count=20", "distractors.clearance=0.5"])


def test_a_byte_order_mark_is_accepted(tmp_path):
    file = own_task(tmp_path)
    file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    assert load_task(file) == load_task("reach")


def test_a_file_in_the_working_folder_is_found(run, tmp_path, monkeypatch):
    own_task(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run("show", "mine")[2].endswith("for the file that is here write mine.toml\n")
    assert run("show", "mine.toml")[0] == 0


@pytest.mark.parametrize("words", ["help", "wach reach"])
def test_an_unknown_command_refers_to_the_help(run, words):
    code, _, errors = run(*words.split())
    assert code == 2
    assert errors.endswith("; see mygym-lite --help\n")


def test_the_success_to_stop_at_is_a_fraction(run, tmp_path):
    code, _, errors = run(
        "train", "reinforce", "reach", "--algo", "sac", "--out", tmp_path / "policy", "--until-success", 95
    )
    assert (code, "must be a number between 0 and 1" in errors) == (2, True)


def test_the_version_is_printed(run, capfd):
    with pytest.raises(SystemExit) as ended:
        run("--version")
    assert ended.value.code == 0
    assert re.fullmatch(r"mygym-lite \S.*\n", capfd.readouterr().out)
