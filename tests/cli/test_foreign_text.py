"""Names, messages and files of unknown origin come out as text, or are refused in one line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from command_line import COMMAND, ROOT, make_environment
from runs import write_run

import mygym_lite as mg
from mygym_lite.config.field_path import apply_setting
from mygym_lite.demonstrations.formats.minari_reader import MinariEpisodes
from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError, MyGymError, PolicyError, TermError, UsageError
from mygym_lite.harness.report import write_report
from mygym_lite.harness.run_folder import EPISODES, MANIFEST, RunFolder
from mygym_lite.harness.summary import summarize_conditions, write_summary
from mygym_lite.render.image_file import read_image
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.terms import load_task
from mygym_lite.viz.image_files import write_png
from mygym_lite.viz.text import draw_text, truncate_text
from mygym_lite.viz.video import open_video
from mygym_lite.weights import lock_training_folder

SURROGATE = "elbow \udc80 \ud800"
REVERSED = "\u202egniht\u2066"
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def run_folder(tmp_path):
    return write_run(tmp_path / "run", suite="nominal", episodes=2)


def change_manifest(folder, **changes):
    file = folder / MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")


# text that cannot be encoded


def test_a_message_that_is_not_utf8_is_escaped(tmp_path):
    def policy(_observation):
        raise ValueError(SURROGATE)

    result = mg.evaluate(policy, "reach", "nominal", 1, out=tmp_path / "run", workers=1)
    write_report([result.run], result.folder)
    assert SURROGATE in result.records[0].message
    assert "\\udc80" in (result.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="paths are bytes on Linux")
def test_a_path_that_is_not_utf8_is_accepted(tmp_path):
    out = os.fsencode(tmp_path) + b"/run-\xff"
    words = ["evaluate", "reach", "--policy", "random", "--episodes", "1", "--workers", "1", "--clips", "0"]
    ended = subprocess.run(
        [*COMMAND, *words, "--set", "episode.seconds=0.5", "--out", out], capture_output=True, check=False,
        env=make_environment(),
    )  # fmt: skip
    assert (ended.returncode, b"Traceback" in ended.stderr) == (0, False)
    assert b"run-\\udcff" in ended.stdout
    assert os.path.exists(out + b"/report.html")


def test_invalid_text_in_images_and_image_paths_is_accepted(tmp_path):
    picture = np.zeros((40, 200, 3), np.uint8)
    draw_text(picture, truncate_text(SURROGATE, 13, 150.0), (5, 20), 13, (255, 255, 255))
    assert picture.any()
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/p-\xff.png"))
    write_png(file, picture)
    assert np.array_equal(read_image(file)[..., ::-1], picture)
    with pytest.raises(ConfigError, match="a film needs a path in UTF-8"), open_video(file.with_suffix(".webm")):
        pass


def test_a_message_of_megabytes_is_cut():
    message = str(PolicyError("x" * 5_000_000))
    assert len(message) < 2100
    assert "characters] ..." in message


# terminals and spreadsheets


def test_control_characters_are_escaped_in_output(run, tmp_path):
    task = (ROOT / "tasks" / "reach.toml").read_text(encoding="utf-8")
    text = task.replace("Bring the palm", "\\u001b[31mBring\\u202e the palm\\u0007\\r")
    (tmp_path / "red.toml").write_text(text, encoding="utf-8")
    code, printed, errors = run("show", tmp_path / "red.toml")
    assert code == 0
    assert "\\x1b[31mBring\\u202e the palm\\x07" in printed
    assert not {"\x1b", "\u202e", "\x07", "\r"}.intersection(printed + errors)


def test_control_characters_are_escaped_in_errors(run):
    code, _, errors = run("show", f"{REVERSED}\x1b[2J")
    assert (code, errors.count("\n")) == (2, 1)
    assert "\\u202egniht" in errors
    assert not {"\x1b", "\u202e"}.intersection(errors)


@pytest.mark.parametrize("label", ["=HYPERLINK(1)", "+cmd", "@SUM(1)", "-1"])
def test_labels_are_not_spreadsheet_formulas(tmp_path, label):
    folder = write_run(tmp_path / "run", policies=[label], suite="nominal", episodes=2)
    write_summary(summarize_conditions(RunFolder.open(folder).read_records()), folder)
    rows = (folder / "summary.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert all(row.startswith(f"'{label}") for row in rows)


# tasks


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name    = "reach"', 'name = "=cmd()"', r"name: '=cmd\(\)' is not a valid name"),
        ('name    = "reach"', 'name = "a\\u001b[31m"', "is not a valid name"),
        ('name    = "reach"', 'name = ""', "is not a valid name"),
        ("[success]\nat_goal", '[success]\n"at\\u202e"', "success: .* is not a valid name"),
        ("weight = 10 }", "weight = 1e308 }", r"reward.approach.weight: is 1e\+308; use a number from"),
        ("scale = 4 }", "scale = 0 }", "observe.goal.offset.scale: is 0, which hides the term"),
        (
            "[limits]",
            '[failure]\npolicy_error = { term = "near", of = "palm", to = "goal", within = 0.01 }\n[limits]',
            "failure.policy_error: is reserved for episodes that no term ended",
        ),
    ],
)
def test_invalid_names_and_numbers_of_a_task_are_refused(tmp_path, old, new, message):
    text = (ROOT / "tasks" / "reach.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_task(tmp_path / "mine.toml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "assignment", ["." * 50_000 + "=1", "a" + ".b" * 50_000 + "=1", "goal.marker={" + ".".join("b" * 2_000) + "=1}"]
)
def test_a_setting_with_many_dots_is_refused(assignment):
    with pytest.raises(ConfigError) as caught:
        apply_setting(load_task("reach"), assignment)
    assert len(str(caught.value)) < 2100


def test_a_task_nested_too_deeply_is_refused(tmp_path):
    (tmp_path / "deep.toml").write_text(f"schema = 1\n{'.'.join('a' * 2_000)} = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"nested more than|not valid TOML"):
        load_task(tmp_path / "deep.toml")


def reward_of_nothing(after):
    return float("nan")


def test_a_non_finite_reward_is_named(tmp_path):
    text = (ROOT / "tasks" / "reach.toml").read_text(encoding="utf-8")
    call = f'{{ term = "{__name__}:reward_of_nothing" }}'
    (tmp_path / "mine.toml").write_text(text.replace("[success]", f"mine = {call}\n[success]"), encoding="utf-8")
    with pytest.raises(TermError, match=r"reward\.mine: the term .* returned nan; return a finite number"):
        mg.run(tmp_path / "mine.toml", "random", 1)


# run folders


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 9}, "schema: is 9, this release reads 1"),
        ({"seed": None}, "seed: expected an integer"),
        ({"policies": None}, "policies: expected a table"),
        ({"policies": {"expert": 3}}, "policies.expert: expected a table"),
        ({"git": "x"}, "git: expected a table, got 'x'"),
        ({"git": {}}, "git.revision: expected a string"),
        ({"suite": {"name": "nominal"}}, "suite.severities: expected an array"),
        ({"tasks": {"grasp": {}}}, "tasks.grasp.about: expected a string"),
        ({"program": "other"}, "it is of another program"),
    ],
)
def test_an_edited_manifest_is_refused(run, run_folder, changes, message):
    change_manifest(run_folder, **changes)
    with pytest.raises(UsageError, match=message):
        RunFolder.open(run_folder)
    for words in (("report", run_folder), ("compare", run_folder), ("replay", run_folder, 0)):
        code, _, errors = run(*words)
        assert (code, errors.count("\n"), "Traceback" in errors) == (2, 1, False)


def test_a_manifest_nested_too_deeply_is_refused(run_folder):
    (run_folder / MANIFEST).write_text(DEEP, encoding="utf-8")
    with pytest.raises(UsageError, match="it is nested more than 100 deep"):
        RunFolder.open(run_folder)


@pytest.mark.parametrize("deep", [DEEP, "[" * 300 + "]" * 300])
def test_json_nested_too_deeply_is_refused(deep):
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        parse_json(deep)


def test_a_replay_refuses_an_incomplete_manifest(run_folder):
    shutil.copy(run_folder / MANIFEST, run_folder / "before.json")
    with pytest.raises(UsageError):
        mg.replay(run_folder, 0)  # of another simulation
    from mygym_lite.code_fingerprint import compute_simulation_fingerprint

    change_manifest(run_folder, simulation=compute_simulation_fingerprint())
    with pytest.raises(MyGymError) as caught:
        mg.replay(run_folder, 0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"grasp"', b'"gr\xff\xfep"', "line 1 episode 0 was changed"),
        (b'"reward":', b'"reward":NaN,"x":', "NaN is not a JSON number"),
        (b'"axes":[', b'"axes":' + b"[" * 50_000, "nested more than 100 deep|not a record"),
    ],
)
def test_an_invalid_record_is_refused(run_folder, old, new, message):
    file = run_folder / EPISODES
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    with pytest.raises(UsageError, match=message) as caught:
        RunFolder.open(run_folder).read_records()
    assert "\n" not in str(caught.value)


def test_a_record_survives_a_round_trip(run_folder):
    for line in (run_folder / EPISODES).read_text(encoding="utf-8").splitlines(keepends=True):
        assert EpisodeRecord.from_line(line).to_line() == line


# arrays and trainings


def test_an_array_larger_than_its_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "main_data.hdf5", "w") as data:
        group = data.create_group("episode_0")
        group.attrs["total_steps"] = 2**40
        for name in ("actions", "rewards", "terminations", "truncations"):
            group.create_dataset(name, (2**40,), np.float32, chunks=(1024,))
        group.create_group("observations")
    with pytest.raises(UsageError, match=r"claims .* bytes, more than its file can hold"):
        MinariEpisodes(tmp_path / "main_data.hdf5")[0]


def test_a_second_training_in_the_folder_is_refused(tmp_path):
    with lock_training_folder(tmp_path / "out"), pytest.raises(UsageError, match="another training is writing to it"):  # noqa: SIM117
        with lock_training_folder(tmp_path / "out"):
            pass
    assert not (tmp_path / "out").exists()  # nothing was written
