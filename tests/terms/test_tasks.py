"""Task files: every shipped one loads, every mistake is refused in one line, and every number does something."""
# ruff: noqa: E501 (the table reads best with one mistake a line)

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mygym_lite.config import field_path as paths
from mygym_lite.config.faults import Schedule, Sensing
from mygym_lite.config.field_path import explain_no_effect
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.task import Task, list_tasks
from mygym_lite.config.task_objects import Distractors, Push
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_assets_folder, get_tasks_folder
from mygym_lite.schema import Location
from mygym_lite.terms import TaskTerms, bind_terms, load_task

# One textual edit of a good file, and what the line says: the key, then what is wrong or the remedy.
MISTAKES: list[tuple[str, str, str, str, str]] = [
    # form
    ("grasp", "schema  = 1", "", "schema", "missing; add schema = 1"),
    ("grasp", "schema  = 1", "schema = 2", "schema", "this release reads 1; write schema = 1"),
    ("grasp", 'name    = "grasp"', "", "name", "missing; add name"),
    ("grasp", 'name    = "grasp"', "name = 3", "name", 'expected a string, got 3; write for example "text"'),
    ("grasp", "[objects.target]", "[objects.target", "", "not valid TOML"),
    ("grasp", "[objects.target]", "[object.target]", "object", "did you mean 'objects'?"),
    ("grasp", "seconds = 8", "secs = 8", "episode.secs", "no field 'secs'"),
    ("grasp", "seconds = 8, ", "", "episode.seconds", "missing; add seconds, a number in s"),
    ("grasp", "seconds = 8", 'seconds = "8"', "episode.seconds", "expected a number"),
    ("grasp", "seconds = 8", "seconds = true", "episode.seconds", "expected a number"),
    ("grasp", "seconds = 8", "seconds = inf", "episode.seconds", "expected a finite number"),
    ("grasp", "seconds = 8", "seconds = nan", "episode.seconds", "expected a finite number"),
    ("grasp", '{ model = "humanoid_right", control = "joint_delta" }', "3", "robot", "expected a table"),
    ("grasp", 'model = "humanoid_right"', "modle = 3", "robot.modle", "did you mean 'model'?"),
    ("grasp", 'control = "joint_delta"', 'control = "joint_deltas"', "robot.control", "did you mean 'joint_delta'?"),
    ("grasp", "position = [0.45, 0.0, 0.0]", "position = [0.45, 0.0]", "objects.target.position", "write exactly 3"),
    ("grasp", "position = [0.45, 0.0, 0.0]", "position = 0.45", "objects.target.position", "expected an array"),
    ("grasp", "position = [0.45, 0.0, 0.0]", "", "objects.target.position", "missing; add position"),
    ("grasp", "fov = 50", "fov = 500", "cameras.front.fov", "use 120 or less"),
    ("grasp", "fov = 50", "fov = 50, size = [4, 4]", "cameras.front.size.0", "use 8 or more"),
    ("grasp", "fov = 50", "fov = 50, size = [80.5, 80]", "cameras.front.size.0", "expected an integer"),
    # clocks
    ("grasp", "control_hz = 20", "control_hz = 23", "episode.control_hz", "does not divide physics.step_hz, 240 Hz; use"),
    ("grasp", "control_hz = 20", "control_hz = 480", "episode.control_hz", "does not divide"),
    ("grasp", "control_hz = 20", "control_hz = 0", "episode.control_hz", "use 1 or more"),
    ("grasp", "hold_seconds = 1", "hold_seconds = 9", "episode.hold_seconds", "longer than the episode, 8 s"),
    ("grasp", "seconds = 8, control_hz = 20, hold_seconds = 1", "seconds = 0.3, control_hz = 1", "episode.seconds", "action"),
    ("grasp", "[objects.target]", "[physics]\nstep_hz = 10\n[objects.target]", "physics.step_hz", "use 60 or more"),
    ("grasp", "[objects.target]", "[physics]\nsolver_iterations = 0\n[objects.target]", "physics.solver_iterations", "use 1"),
    # bodies
    ("grasp", 'model    = "cube"', 'model = "cubes"', "objects.target.model", "did you mean 'cube'?"),
    ("grasp", 'model    = "cube"', 'model = "my/cube.toml"', "objects.target.model", "no such file"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nmass = -1', "objects.target.mass", "use 0.001 or more"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nfriction = -0.1', "objects.target.friction", "use 0 or more"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nrestitution = 1.5', "objects.target.restitution", "use 1 or less"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nsize = 0', "objects.target.size", "use 0.2 or more"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nsize = 2.5', "objects.target", "the hand opens 0.085 m; choose a smaller"),
    ("grasp", 'model    = "cube"', 'model = "tray"', "objects.target", "'tray' has 0 grasps, a target needs at least 1; choose"),
    ("grasp", 'model    = "cube"', 'model = "cube"\ncolor = [2, 0, 0]', "objects.target.color.0", "use 1 or less"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nfixed = 1', "objects.target.fixed", "expected true or false"),
    ("grasp", "[[0.38, -0.14, 0.0]", "[[0.38, -0.14, -0.02]", "objects.target.position", "below the surface of table"),
    ("grasp", "[cameras]", '[objects.other]\nmodel = "box"\nposition = [0.46, 0.01, 0]\n[cameras]', "objects.other.position",
     "overlaps 'target' at (0.450, 0.000); move one of them"),
    ("grasp", "[cameras]", '[objects.other]\nmodel = "box"\nposition = [0.9, 0.2, 0]\n[cameras]', "objects.other.position",
     "outside the area of table"),
    ("grasp", "[cameras]", '[objects.palm]\nmodel = "box"\nposition = [0.5, 0.2, 0]\n[cameras]', "objects.palm", "name"),
    ("grasp", "[cameras]", '[objects.table]\nmodel = "box"\nposition = [0.5, 0.2, 0]\n[cameras]', "objects.table", "name"),
    ("grasp", 'model = "humanoid_right"', 'model = "humanoid_rigth"', "robot.model", "did you mean 'humanoid_right'?"),
    ("grasp", 'control = "joint_delta"', 'control = "joint_delta", posture = [0, 0]', "robot.posture", "give 7 or none"),
    ("grasp", 'control = "joint_delta"', 'control = "joint_delta", torque_limit = 0', "robot.torque_limit", "0.05 or more"),
    ("grasp", "[cameras]", '[workspace]\nmodel = "tabel"\n[cameras]', "workspace.model", "did you mean 'table'?"),
    ("grasp", "[cameras]", "[workspace]\nheight = 1\n[cameras]", "workspace.height", "use 0.2 or less"),
    ("grasp", 'model    = "cube"', 'model = "cube"\nnudge = [0.2, 0.0]', "objects.target.position", "(0.720, -0.140) is outside the area"),
    ("grasp", 'mount = "head"', 'mount = "head", orbit = 0.1', "cameras.head.orbit", "has no 'orbit'; use position and turn"),
    ("grasp", 'mount = "palm"', 'mount = "palm", distance = 1.1', "cameras.wrist.distance", "has no 'distance'; use position"),
    ("reach", "[cameras]", '[distractors]\nmodels = ["cube"]\nregion = [[0.6, -0.3], [0.8, 0.3]]\ngap = 0.1\n[cameras]', "distractors.gap",
     "no loose object"),
    # sensing and actuation
    ("grasp", "[cameras]", "[sensing]\njoint_nois = 0.1\n[cameras]", "sensing.joint_nois", "did you mean 'joint_noise'?"),
    ("grasp", "[cameras]", "[sensing]\nlatency = -0.1\n[cameras]", "sensing.latency", "-0.1 s is below the lowest allowed"),
    ("grasp", "[cameras]", "[sensing]\ndrop = 1.5\n[cameras]", "sensing.drop", "use 1 or less"),
    ("grasp", "[cameras]", "[sensing]\ndrop_steps = 0.5\n[cameras]", "sensing.drop_steps", "expected an integer"),
    ("grasp", "[cameras]", "[actuation]\ngain = -1\n[cameras]", "actuation.gain", "use 0 or more"),
    ("grasp", "[cameras]", '[schedules."sensing.blurr"]\nkind = "drift"\n[cameras]', 'schedules."sensing.blurr"', "did you mean 'sensing.blur'?"),
    ("grasp", "[cameras]", '[schedules."sensing.drop_steps"]\nkind = "drift"\n[cameras]', 'schedules."sensing.drop_steps"', "no number"),
    ("grasp", "[cameras]", '[schedules."sensing.blur"]\nkind = "drfit"\n[cameras]', 'schedules."sensing.blur".kind', "did you mean 'drift'?"),
    ("reach", "uniform = [[0.36, -0.16, 0.08], [0.54, 0.16, 0.34]]", "value = [0.45, 0.0, 1.2]", "goal.position", "reaches"),
    ("reach", "[0.54, 0.16, 0.34]", "[1.54, 0.16, 0.34]", "goal.position", "bring it nearer"),
    ("reach", "position = [0.45, 0.0, 0.22]", "position = [0.45, 0.0, 0.22], period = 0", "goal.period", "use 0.2 or more"),
    ("grasp_hold", 'on      = "target"', 'on = "targt"', "pushes.shove.on", "target"),
    ("grasp_hold", "rate    = 1.5", "rate = -1", "pushes.shove.rate", "use 0 or more"),
    ("grasp_hold", 'when    = "lifted"', 'when = "lift"', "pushes.shove.when", "did you mean 'lifted'?"),
    ("grasp_clutter", 'models    = ["train"]', 'models = ["trian"]', "distractors.models", "trian"),
    ("grasp_clutter", 'models    = ["train"]', "models = []", "distractors.models", "is empty"),
    ("grasp_clutter", "[[0.34, -0.24], [0.58, 0.24]]", "[[0.58, -0.24], [0.34, 0.24]]", "distractors.region", "lower corner first"),
    ("grasp_clutter", "count     = 4", "count = -1", "distractors.count", "use 0 or more"),
    ("grasp_clutter", "count     = 4", "count = 2.5", "distractors.count", "expected an integer"),
    # terms
    ("grasp", 'term = "closure"', 'term = "closre"', "observe.proprio.closure.term", "did you mean 'closure'?"),
    ("grasp", 'term = "closure"', 'trm = "closure"', "observe.proprio.closure", "names no term"),
    ("grasp", '{ term = "closure" }', '"closure"', "observe.proprio.closure", "expected a table"),
    ("grasp", 'term = "closure"', 'term = "closure", of = "palm"', "observe.proprio.closure.of", "has no parameter 'of'"),
    ("grasp", 'term = "closure"', 'term = "grasped"', "observe.proprio.closure.term", "no observe term 'grasped'"),
    ("grasp", 'term = "closure"', 'term = "closure", scale = "x"', "observe.proprio.closure.scale", "expected a number"),
    ("grasp", '"position", of = "palm"', '"position"', "observe.proprio.palm.of", "'position' needs 'of'"),
    ("grasp", '"position", of = "palm"', '"position", of = "plam"', "observe.proprio.palm.of", "did you mean 'palm'?"),
    ("grasp", '"position", of = "palm"', '"position", of = "goal"', "observe.proprio.palm.of", "nothing is called 'goal' here"),
    ("grasp", 'a = "thumb", b = "target"', 'a = "tumb", b = "target"', "observe.touch.thumb.a", "did you mean 'thumb'?"),
    ("grasp", "metres = 0.10 }", 'metres = "high" }', "success.lifted.metres", "expected a number"),
    ("grasp", "weight = 5", 'weight = "5"', "reward.approach.weight", "expected a number"),
    ("grasp", "up_to = 0.10", "up_to = 0.0", "reward.lift.up_to", "above 0"),
    ("grasp", "folds = 4", "folds = 4.5", "observe.object.yaw.folds", "expected an integer"),
    ("grasp", "[observe.touch]", "[observe.nothing]\n[observe.touch]", "observe.nothing", "leave the group out"),
    ("grasp", 'term = "closure"', 'term = "my_package:f"', "observe.proprio.closure.term", "cannot be imported"),
    ("grasp", 'term = "closure"', 'term = "math:nothing"', "observe.proprio.closure.term", "cannot be imported"),
    ("grasp", 'term = "closure"', 'term = "math:pi"', "observe.proprio.closure.term", "not a function"),
    ("grasp", 'term = "closure"', 'term = ":f"', "observe.proprio.closure.term", "cannot be imported"),
    # where it starts
    ("grasp", "uniform = [-3.14, 3.14]", "unifrom = [-3.14, 3.14]", 'start."objects.target.yaw"', "did you mean 'uniform'?"),
    ("grasp", '"objects.target.yaw"', '"objects.target.yawn"', 'start."objects.target.yawn"', "did you mean 'yaw'?"),
    ("grasp", '"objects.target.yaw"', '"objects.taget.yaw"', 'start."objects.taget.yaw"', "did you mean 'target'?"),
    ("grasp", '"objects.target.yaw"', '"objects.target"', 'start."objects.target"', "is not a single value"),
    ("grasp", '"objects.target.yaw"', '"reward.lift"', 'start."reward.lift"', "no field 'reward'"),
    ("grasp", '"objects.target.yaw"', '"robot.control"', 'start."robot.control"', "the same in all episodes"),
    ("grasp", "uniform = [-3.14, 3.14]", "uniform = [3.14, -3.14]", 'start."objects.target.yaw".uniform', "exchange them"),
    ("grasp", "uniform = [-3.14, 3.14]", "uniform = [-9, 9]", 'start."objects.target.yaw"', "use -6.3 or more"),
    ("grasp", "uniform = [-3.14, 3.14]", "uniform = 3", 'start."objects.target.yaw".uniform', "wants [low, high]"),
    ("grasp", "uniform = [-3.14, 3.14]", "choice = []", 'start."objects.target.yaw".choice', "at least one value"),
    ("grasp", "uniform = [-3.14, 3.14]", 'choice = "train"', 'start."objects.target.yaw"', "expected a number"),
    ("grasp", "{ uniform = [-3.14, 3.14] }", "3", 'start."objects.target.yaw"', "expected a table"),
    ("grasp", "[[0.38, -0.14, 0.0], [0.52, 0.14, 0.0]]", "[[0.38, -0.14, 0.0], [0.92, 0.14, 0.0]]", "objects.target.position",
     "outside the area of table, (0.32, -0.3) to (0.62, 0.3); move it inside"),
    ("grasp_any", 'choice = "train"', 'choice = "trian"', 'start."objects.target.model".choice', "did you mean 'train'?"),
    ("grasp_any", 'choice = "train"', 'choice = ["cube", "cub"]', 'start."objects.target.model"', "did you mean 'cube'?"),
]  # fmt: skip

OBJECT_MISTAKES: list[tuple[str, str, str, str]] = [
    ("schema = 1", "schema = 7", "schema", "write schema = 1"),
    ("mass = 0.09", "mass = 0", "mass", "use 0.001 or more"),
    ("mass = 0.09", 'mass = "heavy"', "mass", "expected a number"),
    ("mass = 0.09", "", "mass", "missing; add mass, a number in kg"),
    ("friction = 0.8", "friction = inf", "friction", "expected a finite number"),
    ('bank = "train"', 'bank = "training"', "bank", "did you mean 'train'?"),
    ('kind = "box"', 'kind = "sphere"', "shapes.0", "1 size"),
    ("[[shapes]]", "[shapes]", "shapes", "expected an array"),
    ("[[shapes]]", "[[shape]]", "shape", "did you mean 'shapes'?"),
    ('close = "x"', 'close = "z"', "grasps.0.close", "'z' is not a choice"),
    ("width = 0.045", "width = -0.045", "grasps.0.width", "use 0.001 or more"),
]


def planted(source: Path, folder: Path, old: str, new: str) -> Path:
    """A copy of a good file with one mistake in it."""
    text = source.read_text(encoding="utf-8")
    assert old in text, f"{source.name} no longer says {old!r}"
    copy = folder / source.name
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy


def check_line(message: str, file: str, key: str, remedy: str) -> None:
    assert "\n" not in message
    assert message.startswith(f"{file}: {key}"), message
    assert remedy in message, message


@pytest.mark.parametrize("name", list_tasks())
def test_shipped_task_loads(name: str) -> None:
    task = load_task(name)
    assert task.name == name
    assert task.cameras
    assert task.reward
    assert load_task(task) == task


@pytest.mark.parametrize("name", list_tasks())
def test_no_start_is_solved(name: str) -> None:
    """Doing nothing may meet a moving goal, but not for as long as the task asks."""
    env = TaskEnv(name)
    still = np.zeros(env.action_space.shape, np.float32)
    for seed in range(60):
        env.reset(seed=seed)
        success, terminated = True, False
        while success and not terminated:
            *_, terminated, _, info = env.step(still)
            success = info["success"]
        assert not success, seed
    env.close()


@pytest.mark.parametrize(
    ("task", "old", "new", "key", "remedy"), MISTAKES, ids=[f"{m[0]}-{m[3]}-{i}" for i, m in enumerate(MISTAKES)]
)
def test_mistake_in_a_task_is_refused_in_one_line(
    task: str, old: str, new: str, key: str, remedy: str, tmp_path: Path
) -> None:
    file = planted(get_tasks_folder() / f"{task}.toml", tmp_path, old, new)
    with pytest.raises(ConfigError) as error:
        load_task(file)
    check_line(str(error.value), f"{task}.toml", key, remedy)


@pytest.mark.parametrize(("old", "new", "key", "remedy"), OBJECT_MISTAKES)
def test_mistake_in_an_object_is_told_with_task_and_file(
    old: str, new: str, key: str, remedy: str, tmp_path: Path
) -> None:
    (tmp_path / "meshes").symlink_to(get_assets_folder() / "objects" / "meshes")
    broken = planted(get_assets_folder() / "objects" / "cube.toml", tmp_path, old, new)
    file = planted(get_tasks_folder() / "grasp.toml", tmp_path, 'model    = "cube"', f"model = '{broken}'")
    with pytest.raises(ConfigError) as error:
        load_task(file)
    check_line(str(error.value), "grasp.toml", "objects.target.model", remedy)
    assert f"cube.toml: {key}" in str(error.value)


def test_there_are_enough_mistakes() -> None:
    assert len(MISTAKES) + len(OBJECT_MISTAKES) >= 60


def test_own_term_by_module_and_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_terms.py").write_text(
        "def tall(after, of, times=2.0):\n    return (times * after.position(of)[2],)\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    file = planted(
        get_tasks_folder() / "grasp.toml", tmp_path, 'term = "closure"', 'term = "my_terms:tall", of = "target"'
    )
    env = TaskEnv(file)
    observation, _ = env.reset(seed=0)
    where = env.observation_reader.layout["proprio"]["closure"]
    assert observation["proprio"][where] == pytest.approx([2 * env.state.position("target")[2]])
    env.close()


# --- every number does something


def busy() -> Task:
    """A task in which everything happens: contact, motion, pushes, a goal that moves, other objects."""
    task = load_task("grasp")
    ball = replace(task.objects["target"], model="ball", position=(0.45, 0.12, 0.12), yaw=0.3)
    brick = replace(task.objects["target"], model="cube", position=(0.45, 0.0, 0.005))
    use = replace(task.robot, palm=(0.45, 0.0, 0.06))
    shove = Push(on="target", newtons=2.0, seconds=0.1, rate=6.0)
    roll = Push(on="ball", newtons=0.5, seconds=0.1, rate=3.0)
    fill, rim = (replace(lamp, intensity=0.3) for lamp in (task.light.fill, task.light.rim))
    return replace(
        task,
        light=replace(task.light, fill=fill, rim=rim),
        episode=replace(task.episode, seconds=2.0, hold_seconds=1.95),
        robot=use, objects={"target": brick, "ball": ball},
        distractors=Distractors(models=("can",), region=((0.36, -0.28), (0.54, -0.06)), count=1, clearance=0.03),
        goal=replace(load_task("reach_moving").goal, rpy=(3.14, 0.0, 0.0)),  # type: ignore[type-var]
        pushes={"shove": shove, "roll": roll},
        success={"down": {"term": "lower_than", "of": "ball", "metres": 0.07}},  # the ball falls, and stays down
        sensing=Sensing(drop=0.1, stuck=0.1, motion_blur=4.0, motion_blur_spread=2.0, joint_noise=0.01),
        schedules={"sensing.joint_noise": Schedule("cyclic", 0.5, 1.0)},
        failure={}, start={},
        observe={**task.observe, "goal": {
            "where": {"term": "position", "of": "goal"}, "turned": {"term": "orientation", "of": "goal"}}},
    )  # fmt: skip


def numeric_paths(node: Any, at: tuple[str, ...] = ()) -> list[str]:
    """Every declared number in a task, by its path."""
    if is_dataclass(node):
        hidden = paths.get_defining_fields(type(node))
        children = {f.name: getattr(node, f.name) for f in fields(node) if f.name not in hidden}
    elif isinstance(node, dict):
        children = node
    else:
        numeric = isinstance(node, int | float) or (isinstance(node, tuple) and np.asarray(node).dtype.kind in "if")
        return [paths.join_keys(at)] if numeric and not isinstance(node, bool) else []
    meant = {key: child for key, child in children.items() if not explain_no_effect(node, key)}
    return [path for key, child in meant.items() for path in numeric_paths(child, (*at, key))]


BUSY = resolve(busy())
# The numbers that matter under one way of commanding only.
CONTROLS = {"robot.translation_step": "ee_delta", "robot.rotation_step": "ee_delta"}
# What has no occasion: the ball does not spin, and the hand hides the target. Both fields are tested on the other object.
UNSEEN = ("objects.ball.spinning_friction", "objects.target.color")
CHANGED = {
    "episode.control_hz": 30.0, "episode.hold_seconds": 0.7, "episode.seconds": 1.95, "objects.target.position": (0.44, 0.0, 0.01), "physics.step_hz": 480.0, "distractors.count": 2,
    "robot.gaze": (0.4, 0.2), "distractors.region": ((0.34, -0.28), (0.60, -0.20)), "distractors.clearance": 0.12, "physics.gravity": (0.5, 0.0, -9.0),
    "robot.palm": (0.44, -0.02, 0.16), "pushes.shove.seconds": 0.2, "pushes.roll.seconds": 0.2, "sensing.blur": 2.0, "sensing.drop_steps": 3, "sensing.stuck_steps": 3,
    'schedules."sensing.joint_noise".size': 0.9, "actuation.repeat": 0.3,
}  # fmt: skip


NEAR = {"front": 1.0, "side": 1.0, "head": 0.7, "wrist": 0.1}  # m; something stands nearer


def other_value(path: str) -> Any:
    if path in CHANGED:
        return CHANGED[path]
    kind, _, field = path.rpartition(".")
    if kind.startswith("cameras."):
        lens = {"size": (60, 60), "near": NEAR[kind.removeprefix("cameras.")], "far": 0.5}
        if field in lens:
            return lens[field]
    value = paths.get_value(BUSY, path)
    if isinstance(value, tuple):
        return tuple(0.9 * x + 0.02 for x in value)
    return type(value)(0.8 * value) if value else 0.05


def account(task: Task) -> list[bytes]:
    """All that can be told of an episode: observations, true state, the pictures at the end, and how long it lasted."""
    small = replace(
        task,
        cameras={name: replace(c, size=c.size if c.size == (60, 60) else (64, 64)) for name, c in task.cameras.items()},
    )
    env = TaskEnv(small, observe=[*task.observe, "rgb", "depth"], cameras=["front"])
    observation, _ = env.reset(seed=0)
    rng = np.random.default_rng(0)
    told, over, action = [], False, np.zeros(env.action_space.shape)
    while not over:
        if len(told) % 3 == 0:
            action = rng.uniform(-1, 1, env.action_space.shape)
        observation, reward, ended, late, _ = env.step(action)
        over = ended or late
        state = env.state
        told.append(
            b"".join(array.tobytes() for array in observation.values())
            + np.array([reward, state.seconds, *state.joints, *state.torques, *state.fingers]).tobytes()
            + np.array([x for pose in state.frames.values() for part in pose for x in part]).tobytes()
        )
    told.append(b"".join(env.render_images(camera, quality="fast")["rgb"].tobytes() for camera in env.cameras))
    env.close()
    return told


@pytest.fixture(scope="module")
def plain() -> dict[str, list[bytes]]:
    return {control: account(with_control(BUSY, control)) for control in ("joint_delta", "ee_delta")}


def with_control(task: Task, control: str) -> Task:
    return paths.set_value(task, "robot.control", control, Location("test"))


@pytest.mark.parametrize("path", [path for path in numeric_paths(BUSY) if path not in UNSEEN])
def test_every_declared_number_changes_something(path: str, plain: dict[str, list[bytes]]) -> None:
    control = CONTROLS.get(path, "joint_delta")
    changed = paths.set_value(with_control(BUSY, control), path, other_value(path), Location("test"))
    assert account(changed) != plain[control]


def test_numbers_that_are_open_have_their_place() -> None:
    """The test above sees every numeric field of the tree, those too that a file may leave open."""
    seen = {path.rpartition(".")[2] for path in numeric_paths(BUSY)}
    assert {"mass", "friction", "gaze", "rpy", "phase", "rate", "clearance", "look_at", "posture", "inertia"} <= seen
    assert {"marker", "near", "far", "direction", "intensity", "shadow", "top", "floor_color"} <= seen


def test_sample_keeps_what_is_declared() -> None:
    drawn = sample(BUSY, (), 0)
    assert drawn.objects["ball"] == BUSY.objects["ball"]
    assert isinstance(bind_terms(drawn), TaskTerms)
