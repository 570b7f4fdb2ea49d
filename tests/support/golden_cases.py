"""Golden digests: sha256 of the bytes that short, varied episodes and their records consist of.

``python tests/support/golden_cases.py`` writes ``tests/golden/digests.json``. Run it only for a change that is meant to
change numbers, and look at which digests became others. Digests are of the numbers themselves, never of their text.

All names of the package that are used here, other than those of ``gymnasium.make`` and ``mygym_lite`` itself, stand in
the section "names".
"""

from __future__ import annotations

import json
import platform
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import gymnasium as gym
import h5py
import numpy as np

import mygym_lite as mg
from mygym_lite.provenance import read_version

FILE = Path(__file__).resolve().parents[1] / "golden" / "digests.json"
DECIDING = (
    "gymnasium",
    "mujoco-core",
    "numba",
    "llvmlite",
    "numpy",
    "opencv-python-headless",
    "pybullet",
    "scipy",
    "torch",
)
FLAGS = ("avx2", "fma", "avx512f")  # of the CPU: compiled sums and products round otherwise without them

# --- names

Eyes = mg.PoseEstimator
EstimatedPoses = mg.EstimatedPoses
RECORD = [
    *("success", "success_once", "steps", "duration", "time_to_success", "penetration", "path_length", "sparc"),
    *("peak_jerk", "energy", "joint_limit_hits", "reward", "clipped"),
]
FORCE = ("peak", "mean", "impulse", "seconds_above")
PAIRS = (("hand", "objects"), ("objects", "table"), ("robot", "table"), ("robot", "robot"))


def moment(env: Any) -> Iterator[float]:
    """Yield the true state: joints, links, objects and contacts."""
    state = env.unwrapped.state
    for values in (state.joints, state.speeds, state.torques, state.targets, state.fingers, state.closure):
        yield from values
    for poses in (state.frames, state.motions):
        for name in sorted(poses):
            for part in poses[name]:
                yield from part
    for pair in PAIRS:
        if state.object_shapes or "objects" not in pair:
            yield from state.touch(*pair)
    yield state.contacts.penetration


def observed(info: Mapping[str, Any]) -> Iterator[float]:
    """Yield the numbers of ``info``."""
    yield float(info["success"])
    for key in ("contact_force", "reward_terms"):
        table = info.get(key, {})
        yield from (float(table[name]) for name in sorted(table))


# --- episodes


@dataclass(frozen=True)
class Case:
    """One short episode.

    Args:
        task: A shipped task.
        seed: Seed of the episode.
        actor: ``expert`` or ``random``.
        steps: Number of actions.
        copies: Number of environments of a vector environment; 0 for a single environment.
        quick: Also compared by the ordinary tests.
        more: Further arguments of ``gymnasium.make``.
    """

    task: str
    seed: int = 0
    actor: str = "random"
    steps: int = 12
    copies: int = 0
    goal: bool = False
    estimated: str = ""
    quick: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id that Gymnasium knows the environment by."""
        words = "".join(word.capitalize() for word in self.task.split("_"))
        return f"mygym_lite/{words}{'Goal' if self.goal else ''}-v0"


def images(renderer: str, *kinds: str, cameras: Iterable[str] = ("front", "head"), **more: Any) -> dict[str, Any]:
    """Arguments of an environment that observes small images."""
    size = (64, 48)
    return {"observe": ["proprio", *kinds], "cameras": [*cameras], "size": size, "renderer": renderer, **more}


REACHES = ("reach", "reach_avoid", "reach_moving", "reach_pose")
GRASPS = ("grasp", "grasp_any", "grasp_clutter", "grasp_gentle", "grasp_hold")
ARMS = ("humanoid", "humanoid_left", "humanoid_right", "panda", "kuka")
CONTROLS = ("ee_delta", "ee_translation", "joint_delta", "joint_position", "joint_velocity", "joint_torque")
SHORT = ["episode.seconds=0.4", "episode.hold_seconds=0.1"]
ALL_IMAGES = ("rgb", "depth", "mask", "links", "normals")
VARIED = {
    "objects.target.size": {"uniform": [0.7, 1.2]}, "objects.target.mass": {"uniform": [0.03, 0.4]},
    "robot.friction": {"uniform": [0.5, 2.0]}, "pushes.target.newtons": {"uniform": [5, 20]},
    "pushes.target.rate": {"uniform": [2, 5]},
}  # fmt: skip
CASES = {
    **{
        f"{task}-{arm}": Case(task, seed, "expert" if seed % 3 else "random", more={"robot": arm})
        for seed, (task, arm) in enumerate((t, a) for t in (*REACHES, *GRASPS) for a in ARMS)
        if arm != "kuka" or task in REACHES
    },
    **{
        f"grasp-{control}": Case("grasp", 70 + seed, actor, 25, quick=seed in (0, 5), more={"control": control})
        for seed, (control, actor) in enumerate((c, "random" if c == "joint_torque" else "expert") for c in CONTROLS)
    },
    "reach-panda-torque": Case("reach", 3, more={"robot": "panda", "control": "joint_torque"}),
    "grasp-lifted": Case("grasp", 5, "expert", 90, quick=True),
    "grasp-varied": Case("grasp", 11, "expert", 25, quick=True, more={"variations": VARIED}),
    "grasp-full": Case("grasp", 12, "expert", 25, more={"randomization": "full"}),
    "clutter-full": Case("grasp_clutter", 13, "expert", 20, quick=True, more={"randomization": "full"}),
    "any-dynamics": Case("grasp_any", 14, "expert", 25, more={"randomization": "dynamics"}),
    "moving-sensing": Case("reach_moving", 15, "expert", 25, quick=True, more={"randomization": "sensing"}),
    "pose-goal": Case("reach_pose", 16, goal=True, quick=True),
    "reach-sparse": Case("reach", 17, "expert", 20, more={"reward": "sparse"}),
    "raster-all": Case("grasp_clutter", 20, "expert", 6, quick=True, more=images("raster", *ALL_IMAGES)),
    "raster-fine": Case("grasp", 21, "random", 4, more=images("raster", "rgb", quality="fine")),
    "raster-wrist": Case("grasp_any", 22, "expert", 10, more=images("raster", "rgb", "depth", cameras=["wrist"])),
    "raster-full": Case(
        "grasp_any", 23, "expert", 8, quick=True, more=images("raster", "rgb", "depth", randomization="full")
    ),
    "raster-visual": Case("reach", 24, "expert", 8, more=images("raster", "rgb", randomization="visual")),
    "tiny-all": Case("grasp", 25, "expert", 6, quick=True, more=images("tiny", "rgb", "depth", "mask", "links")),
    "tiny-full": Case("grasp_clutter", 26, "random", 6, more=images("tiny", "rgb", randomization="full")),
    "mujoco-grasp": Case("grasp", 50, "expert", 60, quick=True, more={"engine": "mujoco"}),
    "mujoco-clutter": Case("grasp_clutter", 51, "expert", 25, more={"engine": "mujoco", "randomization": "full"}),
    "mujoco-panda": Case("grasp_any", 52, "random", 25, more={"engine": "mujoco", "robot": "panda"}),
    "mujoco-humanoid": Case("reach_avoid", 53, "random", 25, more={"engine": "mujoco", "robot": "humanoid"}),
    "vector-grasp": Case("grasp", 30, copies=3, quick=True, more={"workers": 0, "settings": SHORT}),
    "vector-workers": Case("reach", 31, copies=3, more={"workers": 2, "randomization": "dynamics"}),
    "estimated-grasp": Case("grasp", 40, "expert", 4, estimated="grasp"),
    "estimated-reach": Case("reach", 41, "expert", 4, quick=True, estimated="reach"),
}  # fmt: skip


def digest_episode(case: Case) -> str:
    """Play an episode and hash everything that comes of it."""
    whole = sha256()
    if case.copies:
        for observation, numbers in _play_vector(case):
            _hash(whole, observation, numbers)
        return whole.hexdigest()
    with closing(gym.make(case.id, disable_env_checker=True, **case.more)) as env:
        if case.estimated:
            env = EstimatedPoses(env, Eyes.load(case.estimated))
        for observation, numbers in _play(case, env):
            _hash(whole, observation, numbers)
    return whole.hexdigest()


def _hash(whole: Any, observation: Mapping[str, Any], numbers: Iterable[float]) -> None:
    for name in sorted(observation):
        array = np.ascontiguousarray(observation[name])
        whole.update(array.dtype.str.encode())
        whole.update(array.tobytes())
    values = [float(number) for number in numbers]
    whole.update(struct.pack(f"<{len(values)}d", *values))


def _play(case: Case, env: Any) -> Iterator[tuple[Mapping[str, Any], list[float]]]:
    task_env = env.unwrapped
    actor = mg.make_policy("expert", task_env) if case.actor == "expert" else None
    rng = np.random.default_rng(case.seed)
    observation, _ = env.reset(seed=case.seed)
    yield observation, list(moment(env))
    if actor is not None:
        actor.reset(case.seed)
    for _ in range(case.steps):
        action = rng.uniform(-1.2, 1.2, env.action_space.shape) if actor is None else actor.act(observation)
        observation, reward, terminated, truncated, info = env.step(np.asarray(action, np.float32))
        yield observation, [reward, terminated, truncated, *observed(info), *moment(env)]
        if terminated or truncated:
            return


def _play_vector(case: Case) -> Iterator[tuple[Mapping[str, Any], list[float]]]:
    with closing(gym.make_vec(case.id, num_envs=case.copies, **case.more)) as envs:
        rng = np.random.default_rng(case.seed)
        observation, _ = envs.reset(seed=case.seed)
        yield observation, []
        for _ in range(case.steps):
            actions = rng.uniform(-1.0, 1.0, envs.action_space.shape).astype(np.float32)
            observation, rewards, terminations, truncations, _ = envs.step(actions)
            yield observation, [*rewards, *terminations, *truncations]


# --- what is made of episodes


def digest_records(policies: list[str], task: str, suite: str, **how: Any) -> str:
    """Evaluate and hash the numbers of every record, in the order of the episodes."""
    with tempfile.TemporaryDirectory() as folder:
        mg.evaluate(policies, task, suite, workers=1, out=Path(folder) / "run", **how)
        lines = (Path(folder) / "run" / "episodes.jsonl").read_text(encoding="utf-8").splitlines()
    whole = sha256()
    for record in sorted(map(json.loads, lines), key=lambda record: record["episode"]):
        _hash_record(whole, record)
    return whole.hexdigest()


def _hash_record(whole: Any, record: Mapping[str, Any]) -> None:
    forces = [record["forces"][pair].get(name) for pair in sorted(record["forces"]) for name in FORCE]
    terms = [record["reward_terms"][name] for name in sorted(record["reward_terms"])]
    numbers = [record[name] for name in RECORD] + forces + terms
    whole.update(f"{record['axis']} {record['severity']} {record['seed']} {record['failure']}".encode())
    _hash(whole, {}, [np.nan if number is None else number for number in numbers])


def digest_dataset() -> str:
    """Make a small dataset and hash its images, and its annotations without what tells of its making."""
    whole = sha256()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "dataset"
        mg.make_dataset("grasp_clutter", made, 8, ["coco", "bop"], size=(96, 64), seed=5, workers=1)
        for file in sorted(made.rglob("*")):
            if file.suffix in (".png", ".jpg") and file.parent != made:
                whole.update(file.relative_to(made).as_posix().encode() + file.read_bytes())
            elif file.suffix == ".json" and file.parent != made:
                table = json.loads(file.read_text(encoding="utf-8"))
                if isinstance(table, dict):
                    table = {key: value for key, value in table.items() if key not in ("info", "licenses")}
                whole.update(file.relative_to(made).as_posix().encode())
                whole.update(json.dumps(table, sort_keys=True).encode())
    return whole.hexdigest()


def digest_demonstration() -> str:
    """Record demonstrations and hash the arrays of their Minari file."""
    whole = sha256()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "demonstrations"
        mg.record("reach", "expert", 2, made, noise=0.3, cameras=["front"], size=(32, 32), workers=1,
                  settings=["episode.seconds=0.6"], randomization="full")  # fmt: skip
        with h5py.File(next(made.rglob("main_data.hdf5")), "r") as data:
            data.visititems(lambda name, item: _hash_item(whole, name, item))
    return whole.hexdigest()


def _hash_item(whole: Any, name: str, item: Any) -> None:
    if isinstance(item, h5py.Dataset):
        whole.update(name.encode() + np.asarray(item).tobytes())


MADE: dict[str, Callable[[], str]] = {
    "records-expert": lambda: digest_records(["expert", "reach_bc"], "reach", "sim2real", episodes=1, settings=SHORT),
    "records-grasp": lambda: digest_records(["expert", "grasp_bc"], "grasp", "quick", episodes=1, settings=SHORT),
    "records-pixels": lambda: digest_records(["reach_pixels"], "reach", "combined", episodes=1, settings=SHORT),
    "records-whole": lambda: digest_records(["expert", "grasp_bc"], "grasp", "nominal", episodes=1, seed=3),
    "dataset": digest_dataset,
    "demonstration": digest_demonstration,
}
QUICK = [name for name, case in CASES.items() if case.quick]
REST = [*(name for name in CASES if name not in QUICK), *MADE]


def digest(name: str) -> str:
    """Make one digest anew."""
    return digest_episode(CASES[name]) if name in CASES else MADE[name]()


# --- the machine


def here() -> dict[str, Any]:
    """Describe what the digests hold for."""
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "flags": [flag for flag in FLAGS if flag in _cpu_flags()],
        "versions": {name: read_version(name) for name in DECIDING},
    }


def _cpu_flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return set()
    return set(next((line for line in text.splitlines() if line.startswith("flags")), "").split())


def unlike(golden: Mapping[str, Any]) -> str | None:
    """Explain why the digests cannot hold here; None if they have to."""
    machine = here()
    for key in ("platform", "flags"):
        if golden[key] != machine[key]:
            return f"the golden digests hold for {key} {golden[key]}; here it is {machine[key]}"
    others = [
        f"{name} {was} (here {machine['versions'][name]})"
        for name, was in golden["versions"].items()
        if was != machine["versions"][name]
    ]
    return f"the golden digests hold for the versions of constraints.txt: {', '.join(others)}" if others else None


def main() -> None:
    """Write all digests, or those that are named."""
    old = json.loads(FILE.read_text(encoding="utf-8"))["digests"] if len(sys.argv) > 1 else {}
    digests = {name: digest(name) for name in sys.argv[1:] or (*QUICK, *REST)}
    table = {**here(), "digests": {**old, **digests}}
    FILE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
