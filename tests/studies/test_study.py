"""The severity study: which levels bite, and how its curve is named; pictures of a suite."""

import json
import sys
from xml.etree import ElementTree

import cv2
import pytest

from mygym_lite import cli
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.studies.severity import SeverityCurve, SeverityResult, study_severity
from mygym_lite.studies.severity_chart import draw_severity_chart

SUITE = """
schema = 1
name   = "two"
about  = "A fault that stops the arm, and one that a task without objects does not have."

[axes.weak]
group   = "actuation"
about   = "The arm does less than it is told."
changes = { "actuation.gain" = { value = [1.0, 0.9, 0.8, 0.0, 0.0] } }

[axes.heavy]
group   = "dynamics"
about   = "Objects weigh more."
changes = { "objects.*.mass" = { scale = [1.1, 1.2, 1.3, 1.4, 1.5] } }
"""


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def curve(*rates: float) -> SeverityCurve:
    return SeverityCurve(
        "axis", "group", tuple(SeverityResult("axis", "group", i, 20, round(20 * r), 1.0) for i, r in enumerate(rates))
    )


@pytest.mark.parametrize(
    ("rates", "verdict"),
    [
        ((1.0, 1.0, 1.0, 0.95, 1.0, 1.0), "flat"),
        ((1.0, 0.9, 0.75, 0.6, 0.45, 0.3), "graded"),
        ((1.0, 1.0, 1.0, 0.4, 0.3, 0.3), "jumps at 3"),
        ((1.0, 0.0, 0.0, 0.0, 0.0, 0.0), "jumps at 1"),
        ((), "not applicable"),
    ],
)
def test_a_curve_is_called_what_it_is(rates, verdict):
    assert curve(*rates).shape == verdict


def test_an_arm_that_does_not_move_reaches_nothing(suite):
    weak, heavy = study_severity("reach", "expert", str(suite), episodes=2, seed=50_000)
    assert [cell.severity for cell in weak.points] == [0, 1, 2, 3, 4, 5]
    assert [cell.successes for cell in weak.points] == [2, 2, 2, 2, 0, 0]
    assert weak.points[0].median_time_to_success < weak.points[3].median_time_to_success
    assert weak.points[4].median_time_to_success is None
    assert heavy.shape == "not applicable"


def test_the_same_with_two_workers(suite):
    alone, together = (study_severity("reach", "expert", str(suite), episodes=1, workers=workers) for workers in (1, 2))
    assert alone == together


def test_the_chart_has_a_panel_for_each_axis():
    drawn = draw_severity_chart("expert <on> grasp", "a note", [curve(1.0, 0.5), curve()])
    root = ElementTree.fromstring(drawn)
    assert len(root.findall("{*}g")) == 2
    assert len(root.findall(".//{*}circle")) == 2
    assert "expert <on> grasp" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command in this process: exit code, standard output, standard error."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["mygym-lite", *map(str, words)])
        capfd.readouterr()
        return cli.main(), *capfd.readouterr()

    return command


def test_command_prints_a_line_an_axis_and_writes_both_files(run, suite, tmp_path):
    words = ("study", "severity", "reach", "--suite", suite, "--episodes", 1, "--workers", 1, "--out", tmp_path / "out")
    code, printed, errors = run(*words)
    assert (code, errors) == (0, f"written: {tmp_path}/out/severity.json, {tmp_path}/out/severity.svg\n")
    assert [line.split()[:2] for line in printed.splitlines()[1:]] == [["actuation", "weak"], ["dynamics", "heavy"]]
    rows = json.loads((tmp_path / "out" / "severity.json").read_text(encoding="utf-8"))
    assert [row["axis"] for row in rows] == ["weak", "heavy"]
    assert (tmp_path / "out" / "severity.svg").read_text(encoding="utf-8").startswith("<svg")


def test_plate_of_a_suite_shows_each_level_of_what_can_be_seen(run, tmp_path):
    file = tmp_path / "gap.png"
    words = ("picture", "reach", "--suite", "sim2real", "--group", "visual", "--size", "96x64", "--out", file)
    assert run(*words) == (0, f"{file}\n", "")
    plate = cv2.imread(str(file))
    axes = 7  # in the group
    assert plate.shape[0] > axes * 64
    assert plate.shape[1] > 4 * 96


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--suite", "sim2reel"), "sim2reel: no suite of that name is shipped; did you mean 'sim2real'?"),
        (("--group", "visual"), "--group requires a suite; add --suite sim2real"),
        (("--suite", "sim2real", "--group", "visul"), "--group: no 'visul' in suite sim2real; it has actuation, "
         "camera, disturbance, dynamics, object, sensing, visual"),
        (("--suite", "sim2real", "--group", "actuation"),
         "--suite sim2real: none of its axes in actuation changes this image"),
    ],
)  # fmt: skip
def test_bad_wishes_are_refused_in_one_line(run, tmp_path, words, message):
    code, printed, errors = run("picture", "reach", *words, "--size", "32x32", "--out", tmp_path / "gap.png")
    assert (code, printed) == (2, "")
    assert errors.strip().endswith(message)
    assert list(tmp_path.iterdir()) == []


def test_preset_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r"^ful: no randomization of that name is shipped; did you mean 'full'\?$"):
        TaskEnv("grasp", randomization="ful")
