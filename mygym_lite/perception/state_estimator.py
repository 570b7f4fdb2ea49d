"""Eyes that look through the cameras of an environment: what it shows is where they see things, not where these are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Motion, ObjectShape, Pose, State, Vec3
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.perception.compatibility import require_locatable, select_cameras
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.targets import find_nominal_pose, find_nominal_yaw, list_targets
from mygym_lite.perception.tracking import Track, YawTrack
from mygym_lite.perception.yaw import count_folds
from mygym_lite.render.camera import check_size

_QUALITY = "fast"  # of the pictures from which they learned
_TOUCH = 1.0  # N; less may be noise
_STILL = Motion((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


class StateEstimator:
    """Follows the loose objects and the goal of a task from step to step.

    What is lost is told to be where the task declares it, with confidence 0; something that was only put in the way,
    and is lost, is not told of at all. Cameras have their faults: the eyes' pictures are of other pixels than those
    that are observed, and draw noise of their own.

    Args:
        env: Whose cameras; it is only read.
        estimator: What finds things in pictures.
        cameras: Through which they look; all that both know if left out.
    """

    def __init__(self, env: TaskEnv, estimator: PoseEstimator, cameras: Sequence[str] | None = None) -> None:
        require_locatable(env.task)
        self.names = tuple(list_targets(env.task))
        self.cameras = select_cameras(env, estimator, cameras)
        self.space: Mapping[str, spaces.Box] = {CONFIDENCE: spaces.Box(0.0, 1.0, (len(self.names),), np.float32)}
        self._env, self._eyes = env, estimator
        self._size = check_size(estimator.metadata.size)
        self._grips = not env.world.robot_model.missing_for_grasp
        self._orbits = env.task.goal is not None and any(env.task.goal.orbit)
        self.reset()

    def reset(self) -> None:
        """An episode has begun, of which nothing has been seen."""
        task, episode = self._env.task, self._env.episode_task
        seconds = 1.0 / task.episode.control_hz
        self._wanted = list_targets(episode)
        self.tracks = {
            name: Track(YawTrack(count_folds(model), find_nominal_yaw(task, name)), seconds)
            for name, model in self._wanted.items()
        }
        self._lost = {name: find_nominal_pose(task, episode, name) for name in self._wanted}
        self._starts: dict[str, Vec3] = {}
        self._touched: set[str] = set()
        self._palm: Pose | None = None

    def estimate(self, measured: State) -> State:
        """The state with what is located by looking where it is seen to be."""
        estimates = self._look(measured)
        palm = measured.frames["palm"]
        for name, track in self.tracks.items():
            if name == "goal":
                track.update(estimates[name], self._orbits)
                continue
            touched = measured.touch("hand", name).mean > _TOUCH
            if touched:
                self._touched.add(name)
            carried = (self._palm, palm) if touched and self._palm and self._is_held(measured, name) else None
            track.update(estimates[name], touched, carried)
        self._palm = palm
        self._tell(measured)
        return measured

    def _is_held(self, state: State, name: str) -> bool:
        """Whether thumb and fingers both press on an object."""
        return self._grips and min(state.touch(part, name).mean for part in ("thumb", "fingers")) > _TOUCH

    def _look(self, measured: State) -> dict[str, PoseEstimate]:
        env, task = self._env, self._env.task
        names = {camera: f"eyes/{camera}_rgb" for camera in self.cameras}  # no camera's own name holds a slash
        drawn = {
            names[camera]: env.camera_rig.draw(camera, ("rgb",), self._size, _QUALITY)["rgb"].copy()
            for camera in self.cameras
        }
        delivered = env.sensor_pipeline.corrupt_images(drawn)
        images: dict[str, NDArray[np.uint8]] = {camera: delivered[name] for camera, name in names.items()}
        views = {
            camera: env.camera_rig.compute_nominal_view(camera, task, measured, self._size) for camera in self.cameras
        }
        with _one_thread():
            return self._eyes.estimate_poses(images, views, self._wanted)

    def _tell(self, state: State) -> None:
        """Write into a state what is known by now."""
        state.frames = {**state.frames, **{name: self._pose(name) for name in self.tracks}}
        state.motions = {**state.motions, **{name: self._motion(name) for name in self.tracks}}
        state.initial_positions, state.object_shapes = self._began(state), self._forms(state)

    def _began(self, state: State) -> dict[str, Vec3]:
        """Where objects were when the episode began: that is seen better and better until they are touched."""
        if not self._starts:
            self._starts = {**state.initial_positions, **{name: pose.position for name, pose in self._lost.items()}}
        found = {
            name: state.frames[name].position
            for name, track in self.tracks.items()
            if track.is_known and name not in self._touched
        }
        if found:
            self._starts = {**self._starts, **found}
        return self._starts

    def _forms(self, state: State) -> dict[str, ObjectShape]:
        """Without what was put in the way and is not seen."""
        lost = {name for name, track in self.tracks.items() if not track.is_known and name not in self.names}
        return {name: form for name, form in state.object_shapes.items() if name not in lost}

    def _pose(self, name: str) -> Pose:
        track = self.tracks[name]
        if not track.is_known:
            return self._lost[name]
        x, y, z = track.position.tolist()
        return Pose((x, y, z), quaternion_from_rpy((0.0, 0.0, track.heading.yaw)))

    def _motion(self, name: str) -> Motion:
        track = self.tracks[name]
        if not track.is_known:
            return _STILL
        x, y, z = track.velocity.tolist()
        return Motion((x, y, z), _STILL.angular)

    def read_observation(self) -> Observation:
        """How sure it is of each thing that the task declares, in the task's order."""
        return {CONFIDENCE: np.array([self.tracks[name].confidence for name in self.names], np.float32)}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums come out the same to the bit, whatever else this process is allowed to use."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
