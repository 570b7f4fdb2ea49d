"""The command: what it prints, where it prints it, and how it ends."""

import json
import os
import signal
import subprocess
import sys

import cv2
import pytest
from command_line import COMMAND, ROOT

from mygym_lite import cli
from mygym_lite.bench import BenchmarkResult, Target, peers, serve, step
from mygym_lite.config.task import FAMILIES, list_tasks

SMALL = ("--set", "cameras.front.size=[64, 64]", "--set", "episode.seconds=0.5", "--set", "episode.hold_seconds=0.1")


@pytest.fixture
def started(monkeypatch):
    """Start the command in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    running = []

    def start(*words, **streams):
        process = subprocess.Popen([*COMMAND, *words], text=True, **{"stderr": subprocess.PIPE, **streams})
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kind", ["tasks", "robots", "objects", "terms"])
def test_list_prints_a_table_or_json(run, kind):
    code, printed, errors = run("list", kind)
    assert (code, errors) == (0, "")
    code, document, errors = run("list", kind, "--json")
    rows = json.loads(document)
    assert (code, errors) == (0, "")
    assert len(printed.splitlines()) == len(rows) + 1
    assert all(row["about"] for row in rows)


def test_list_names_every_task(run):
    rows = json.loads(run("list", "tasks", "--json")[1])
    assert sorted(row["task"] for row in rows) == list(list_tasks())
    assert [row["family"] for row in rows] == sorted((row["family"] for row in rows), key=FAMILIES.index)


@pytest.mark.parametrize("task", list_tasks())
def test_show_prints_ids_actions_and_observations(run, task):
    code, document, errors = run("show", task, "--json")
    shown = json.loads(document)
    assert (code, errors) == (0, "")
    assert shown["ids"]
    assert shown["action"]["size"] == len(shown["action"]["components"])
    assert all(field["about"] for field in shown["fields"])


def test_show_says_where_values_come_from(run):
    shown = json.loads(run("show", "grasp", "--json", "--set", "objects.target.friction=0.4")[1])
    fields = {field["path"]: field for field in shown["fields"]}
    assert fields["episode.seconds"]["source"] == "file"
    assert fields["episode.seconds"]["unit"] == "s"
    assert fields["physics.step_hz"]["source"] == "default"
    assert fields["objects.target.mass"]["source"] == "model"
    assert (fields["objects.target.friction"]["source"], fields["objects.target.friction"]["value"]) == (
        "command line",
        0.4,
    )
    assert (fields["robot.damping"]["low"], fields["robot.damping"]["high"]) == (0.01, 20)


@pytest.mark.parametrize(
    ("control", "size", "first"),
    [
        ("ee_delta", 7, ("palm x", "m")),
        ("ee_translation", 4, ("palm x", "m")),
        ("joint_delta", 8, ("right_shoulder_pitch", "rad")),
        ("joint_position", 8, ("right_shoulder_pitch", "rad")),
        ("joint_velocity", 8, ("right_shoulder_pitch", "rad/s")),
        ("joint_torque", 8, ("right_shoulder_pitch", "N m")),
    ],
)
def test_show_explains_actions(run, control, size, first):
    action = json.loads(run("show", "grasp", "--control", control, "--json")[1])["action"]
    assert action["size"] == size
    assert (action["components"][0]["name"], action["components"][0]["unit"]) == first
    assert action["components"][-1]["name"] == "hand"


def test_show_prints_readable_text(run):
    code, page, _ = run("show", "grasp")
    assert code == 0
    assert all(word in page for word in ("mygym_lite/Grasp-v0", "observation", "action", "reward", "success", "start"))


def test_watch_prints_each_episode(run):
    code, printed, errors = run("watch", "reach", "--episodes", 2, "--seed", 5)
    head, first, second, summary = printed.splitlines()
    assert (code, errors) == (0, "")
    assert head.split() == ["seed", "success", "time", "s", "hand", "peak", "N", "failure"]
    assert (first.split()[0], second.split()[0]) == ("5", "6")
    assert summary.startswith("expert on reach: 2 of 2 solved, 100.0% (95% interval 34.2%")


def test_watch_random_with_another_control(run):
    code, printed, _ = run("watch", "grasp", "--policy", "random", "--control", "ee_delta", "--episodes", 1, *SMALL)
    assert code == 0
    assert "never_reached" in printed


def test_watch_own_policy_from_the_working_folder(run, tmp_path, monkeypatch):
    (tmp_path / "my_policy.py").write_text(
        "def act(seen):\n    print('hello')\n    return [0.0] * 4\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code, printed, errors = run("watch", "reach", "--policy", "my_policy:act", "--episodes", 1, *SMALL)
    assert code == 0
    assert "my_policy:act on reach: 0 of 1 solved" in printed
    assert "hello" in errors  # what others print does not get between the lines of the table
    assert "hello" not in printed


def test_watch_writes_a_video(run, tmp_path):
    film = tmp_path / "reach.webm"
    code, _, errors = run("watch", "reach", "--policy", "random", "--episodes", 1, *SMALL, "--video", film)
    assert (code, errors) == (0, f"written: {film}\n")
    video = cv2.VideoCapture(str(film))
    assert int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little") == b"VP90"
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 1 + 10 + 16  # the beginning, ten actions, and the outcome
    assert video.read()[0]
    assert list(tmp_path.iterdir()) == [film]


def test_watch_through_several_cameras(run, tmp_path):
    film = tmp_path / "reach.webm"
    words = (
        "--policy",
        "random",
        "--episodes",
        1,
        *SMALL,
        "--cameras",
        "front",
        "head",
        "--size",
        "280x340",
        "--overlay",
    )
    assert run("watch", "reach", *words, "--video", film)[0] == 0
    video = cv2.VideoCapture(str(film))
    assert video.get(cv2.CAP_PROP_FRAME_WIDTH) == 2 * 280 + 2
    assert video.get(cv2.CAP_PROP_FRAME_HEIGHT) > 340


def test_watch_writes_a_contact_sheet(run, tmp_path):
    sheet = tmp_path / "reach.png"
    assert run("watch", "reach", "--policy", "random", "--episodes", 2, *SMALL, "--video", sheet)[0] == 0
    height, width, _ = cv2.imread(str(sheet)).shape
    assert width == 6 * 64
    assert height > 2 * 64


def test_picture_writes_an_image(run, tmp_path):
    picture = tmp_path / "start.png"
    code, printed, _ = run("picture", "grasp", *SMALL, "--out", picture)
    assert (code, printed) == (0, f"{picture}\n")
    height, width, _ = cv2.imread(str(picture)).shape
    assert width > 3 * 64
    assert height > 64
    assert list(tmp_path.iterdir()) == [picture]


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("", (64, 3 * 64)),
        ("--kind rgb", (64, 64)),
        ("--cameras front head wrist --size 40x30", (3 * 30, 3 * 40)),
        ("--kind rgb depth mask links normals --quality fast", (64, 5 * 64)),
        ("--renderer tiny --kind depth links", (64, 2 * 64)),
    ],
)
def test_picture_has_the_requested_shape(run, tmp_path, words, shape):
    picture = tmp_path / "start.png"
    assert run("picture", "grasp", *SMALL, "--no-labels", *words.split(), "--out", picture)[0] == 0
    assert cv2.imread(str(picture)).shape == (*shape, 3)


def test_picture_is_of_the_episode_of_the_seed(run, tmp_path):
    pictures = [tmp_path / f"{name}.png" for name in "abc"]
    for seed, picture in zip((1, 1, 2), pictures, strict=True):
        run("picture", "grasp", *SMALL, "--seed", seed, "--out", picture)
    first, same, other = (picture.read_bytes() for picture in pictures)
    assert first == same
    assert first != other


def test_doctor_reports_the_installation(run):
    code, document, errors = run("doctor", "--json")
    report = json.loads(document)
    names = {finding["name"] for finding in report["findings"]}
    assert errors == ""
    assert code == (0 if report["healthy"] else 1)
    assert {"python", "pybullet", "pybullet with numpy", "cores", "display", "rendering kernels"} <= names
    assert "remedy" in run("doctor")[1]


def test_doctor_names_the_remedy(run, monkeypatch):
    monkeypatch.setattr("mygym_lite.cli.doctor._PACKAGES", ("numpy", "no-such-package"))
    code, document, _ = run("doctor", "--json")
    faults = [finding for finding in json.loads(document)["findings"] if not finding["ok"]]
    assert (code, [fault["remedy"] for fault in faults]) == (1, ["pip install no-such-package"])


def test_bench_prints_both_sides(run, monkeypatch):
    figures = [
        BenchmarkResult("a", 1.1, 1.0, "ms", Target("at most", 1.15)),
        BenchmarkResult("b", 2.0, 8.0, "ms", Target("at most", 1.0, "ours")),
        BenchmarkResult("c", None, None, "1/s", Target("at least", 1.3), note="skipped"),
    ]
    monkeypatch.setattr("mygym_lite.bench.step.run_benchmark", lambda: figures)
    code, document, errors = run("bench", "step", "--json")
    rows = json.loads(document)
    assert (code, errors) == (0, "")
    assert [row["met"] for row in rows] == [True, False, None]
    assert [row["ratio"] for row in rows] == [1.1, 0.25, None]
    assert all(set(row) == {"name", "value", "reference", "ratio", "unit", "target", "met", "note"} for row in rows)
    assert "skipped" in run("bench", "step")[1]


@pytest.mark.slow
def test_bench_measurements_are_positive():
    stepping, reset = step.measure_step(episodes=1), step.measure_reset(resets=2)
    for figure in (stepping, reset):
        assert min(figure.ours, figure.theirs) > 0
    assert peers.measure_vector_env(rounds=1, steps=5).ours > 0
    assert min(figure.ours for figure in serve.run_benchmark()) > 0


def test_bench_without_panda_gym(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    figure = peers.measure_panda_gym()
    assert (figure.met, figure.note) == (None, "skipped: pip install --no-deps panda-gym")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("", "required: COMMAND"),
        ("wach grasp", "did you mean 'watch'?"),
        ("list tsks", "did you mean 'tasks'?"),
        ("list", "required"),
        ("show", "TASK"),
        ("show gras", "did you mean 'grasp'?"),
        ("show nowhere/grasp.toml", "no such file"),
        ("show grasp --control ee_delt", "did you mean 'ee_delta'?"),
        ("show grasp --robot humanoid_rigt", "did you mean 'humanoid_right'?"),
        ("show grasp --set objects.target.mas=1", "did you mean 'mass'?"),
        ("show grasp --set objects.target.mass=-1", "below the lowest"),
        ("show grasp --set objects.target.mass=heavy", "expected a number"),
        ("show grasp --set objects.target.mass", "no '='"),
        ("show grasp --set episode.control_hz=70", "does not divide"),
        ("show grasp --jsn", "unrecognized arguments: --jsn"),
        ("watch reach --policy exprt", "did you mean 'expert'?"),
        ("watch reach --policy nowhere:act", "cannot be imported"),
        ("watch reach --policy nowhere.sub:act", "write nowhere.py into this folder, or install its package"),
        ("watch reach --episodes 0", "at least 1"),
        ("watch reach --seed -1", "--seed"),
        ("watch reach --seed half", "must be an integer"),
        ("watch reach --video film.avi", ".webm"),
        ("watch reach --video nowhere/film.webm", "no folder"),
        ("watch reach --gui --video film.webm", "not allowed with"),
        ("watch reach --gui", "requires a display"),
        ("watch reach --overlay", "requires --video"),
        ("watch reach --cameras head", "requires --video"),
        ("watch reach --size 64x64", "requires --video"),
        ("watch reach --cameras hed --video film.webm", "did you mean 'head'?"),
        ("watch reach --size 64 --video film.webm", "640x480"),
        ("watch reach --size 0x64 --video film.webm", "use 1 to 4096 px"),
        ("watch reach --size 64x64 --overlay --video film.webm", "no room"),
        ("picture grasp", "--out"),
        ("picture grasp --out nowhere/start.png", "no folder"),
        ("picture grasp --size 5000x64 --out start.png", "use 1 to 4096 px"),
        ("picture grasp --kind dept --out start.png", "did you mean 'depth'?"),
        ("picture grasp --quality fien --out start.png", "did you mean 'fine'?"),
        ("picture grasp --renderer tinny --out start.png", "did you mean 'tiny'?"),
        ("picture grasp --renderer tiny --kind normals --out start.png", "knows no 'normals'"),
        ("picture grasp --out start.jpg", ".png"),
        ("picture grasp --cameras frnt --out start.png", "did you mean 'front'?"),
        ("bench stp", "did you mean 'step'?"),
    ],
)
def test_errors_are_one_line_with_a_remedy(run, monkeypatch, tmp_path, words, remedy):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    code, _, errors = run(*words.split())
    assert code == 2
    assert errors.startswith("mygym-lite: ")
    assert errors.count("\n") == 1
    assert remedy in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [(), *((name,) for name in cli.COMMANDS)])
def test_every_command_has_help(run, capfd, words):
    with pytest.raises(SystemExit) as ended:
        run(*words, "--help")
    assert ended.value.code == 0
    assert "usage: mygym-lite" in capfd.readouterr().out


def test_a_fresh_process_prints_nothing_else(started):
    process = started("show", "reach", "--json", stdout=subprocess.PIPE)
    printed, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert json.loads(printed)["task"] == "reach"


def test_an_error_in_a_fresh_process_is_one_line(started):
    process = started("watch", "reach", "--policy", "exprt", stdout=subprocess.PIPE)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.startswith("mygym-lite: no policy 'exprt'")
    assert errors.endswith("did you mean 'expert'?\n")
    assert errors.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupt_exits_with_code_130(started):
    process = started("watch", "reach", "--policy", "random", "--episodes", "1000", stdout=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_closed_pipe_exits_with_code_141(started):
    process = started("watch", "reach", "--policy", "random", "--episodes", "1000", stdout=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert process.stderr.read() == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_output_device_is_an_error(started):
    with open("/dev/full", "w") as full:
        process = started("list", "robots", stdout=full)
        _, errors = process.communicate()
    assert process.returncode == 1
    assert errors == "mygym-lite: output: No space left on device\n"


def test_show_takes_no_seed_since_it_draws_nothing(run):
    code, printed, errors = run("show", "reach", "--seed", "3")
    assert (code, printed) == (2, "")
    assert "unrecognized arguments: --seed 3" in errors


@pytest.mark.slow
def test_doctor_reports_compiled_kernels(started, tmp_path, monkeypatch):
    def read_findings():
        printed, _ = started("doctor", "--json", stdout=subprocess.PIPE).communicate()
        values = {finding["name"]: finding["value"] for finding in json.loads(printed)["findings"]}
        return values["physics kernels compiled"], values["rendering kernels compiled"]

    started("show", "reach", "--json", stdout=subprocess.DEVNULL).communicate()
    assert read_findings()[0] == "yes"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    assert read_findings() == ("no, the first episode compiles them", "no, the first image compiles them")


def test_doctor_reports_a_pybullet_with_other_episodes(run, monkeypatch):
    monkeypatch.setattr("mygym_lite.harness.known_episode.PHYSICS_DIGEST", "0123456789abcdef")
    code, document, _ = run("doctor", "--json")
    [fault] = [finding for finding in json.loads(document)["findings"] if not finding["ok"]]
    assert (code, fault["name"]) == (1, "known episode")
    assert fault["value"].endswith("published was 0123456789abcdef")
    assert fault["remedy"].startswith("pip install --force-reinstall --no-deps pybullet")


def test_doctor_names_two_builds_of_pybullet(run, monkeypatch):
    monkeypatch.setattr("mygym_lite.provenance._PYBULLET_BUILDS", {"numpy": "", "scipy": ""})
    _, document, _ = run("doctor", "--json")
    faults = {f["name"]: f["remedy"] for f in json.loads(document)["findings"] if not f["ok"]}
    assert faults["pybullet"].startswith("pip uninstall --yes numpy scipy; pip install")
