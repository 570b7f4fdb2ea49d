"""Another robot or control mode, from the command line to what is kept."""

import json

SHORT = ("--set", "episode.seconds=0.5", "--set", "episode.hold_seconds=0.1")
LEFT = ("--robot", "humanoid_left", "--control", "joint_delta")


def evaluated(*more):
    return ("evaluate", "reach", "--policy", "random", "--episodes", 1, "--workers", 1, "--clips", 0, *SHORT, *more)


def test_robot_and_control_apply_to_an_evaluation(run, tmp_path):
    assert run(*evaluated("--out", tmp_path / "run", *LEFT))[0] == 0
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    robot = manifest["tasks"]["reach"]["fields"]["robot"]
    assert (robot["model"], robot["control"]) == ("humanoid_left", "joint_delta")
    assert {"robot.model=humanoid_left", "robot.control=joint_delta"} < set(manifest["settings"])
    code, _, errors = run(*evaluated("--out", tmp_path / "run"))
    assert code == 2
    assert "humanoid_left" in errors


def test_robot_and_control_apply_to_a_recording(run, tmp_path):
    words = ("record", "reach", "--policy", "random", "--episodes", 1, "--workers", 1, "--out", tmp_path / "shown")
    assert run(*words, *SHORT, *LEFT)[0] == 0
    card = json.loads((tmp_path / "shown" / "demonstrations.json").read_text(encoding="utf-8"))
    assert (card["robot"], card["control"]) == ("humanoid_left", "joint_delta")


def test_robot_and_control_apply_to_a_dataset(run, tmp_path):
    words = ("dataset", "reach", "--images", 1, "--size", "32x32", "--workers", 1, "--out", tmp_path / "pictures")
    assert run(*words, *LEFT)[0] == 0
    card = json.loads((tmp_path / "pictures" / "dataset.json").read_text(encoding="utf-8"))
    assert card["task"]["fields"]["robot"]["model"] == "humanoid_left"
    assert "--set robot.model=humanoid_left" in card["command"]


def test_a_setting_and_a_robot_can_be_combined(run):
    shown = run("show", "reach", "--json", "--set", "robot.joint_step=0.05", *LEFT)[1]
    fields = {field["path"]: field["value"] for field in json.loads(shown)["fields"]}
    assert (fields["robot.model"], fields["robot.joint_step"]) == ("humanoid_left", 0.05)
