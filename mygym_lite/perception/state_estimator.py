"""Eyes that look through the cameras of an environment: what it shows is where they see things, not where these are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Motion, ObjectShape, Pose, State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import CameraRig
from mygym_lite.envs.faults.sensing import CONFIDENCE, SensorPipeline
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
        task: Task as declared.
        camera_rig: Renderer of the cameras.
        sensor_pipeline: Sensor faults, which the rendered images pass through.
        estimator: Pose estimator.
        cameras: Names of the cameras that it observes.
    """

    def __init__(
        self,
        task: Task,
        camera_rig: CameraRig,
        sensor_pipeline: SensorPipeline,
        estimator: PoseEstimator,
        cameras: Sequence[str],
    ) -> None:
        self.names = tuple(list_targets(task))
        self.cameras = tuple(cameras)
        self.space: Mapping[str, spaces.Box] = {CONFIDENCE: spaces.Box(0.0, 1.0, (len(self.names),), np.float32)}
        self._task, self._camera_rig, self._sensor_pipeline, self._eyes = task, camera_rig, sensor_pipeline, estimator
        self._size = check_size(estimator.metadata.size)
        self._grips = not load_robot(task.robot.model).missing_for_grasp
        self._orbits = task.goal is not None and any(task.goal.orbit)

    def reset(self, episode: Task) -> None:
        """Begin an episode of a sampled task."""
        task = self._task
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
        rig, task = self._camera_rig, self._task
        names = {camera: f"eyes/{camera}_rgb" for camera in self.cameras}  # no camera's own name holds a slash
        drawn = {
            names[camera]: rig.draw(camera, ("rgb",), self._size, _QUALITY)["rgb"].copy() for camera in self.cameras
        }
        delivered = self._sensor_pipeline.corrupt_images(drawn)
        images: dict[str, NDArray[np.uint8]] = {camera: delivered[name] for camera, name in names.items()}
        views = {camera: rig.compute_nominal_view(camera, task, measured, self._size) for camera in self.cameras}
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


def attach_estimator(
    env: TaskEnv, estimator: PoseEstimator | str | Path, cameras: Sequence[str] | None = None
) -> StateEstimator:
    """Make an environment observe estimated instead of ground-truth poses, from the next reset on.

    Args:
        env: Environment whose cameras the estimator observes.
        estimator: Pose estimator, the name of a shipped one, or the folder of a saved one.
        cameras: Names of the cameras to use; by default all that both the estimator and the task have.
    """
    require_locatable(env.task)
    loaded = estimator if isinstance(estimator, PoseEstimator) else PoseEstimator.load(estimator)
    selected = select_cameras(env, loaded, cameras)
    attached = StateEstimator(env.task, env.camera_rig, env.sensor_pipeline, loaded, selected)
    env.attach_estimator(attached)
    return attached


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums come out the same to the bit, whatever else this process is allowed to use."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
