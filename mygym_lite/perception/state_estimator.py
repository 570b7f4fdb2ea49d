"""State estimator of an environment: its observations contain estimated instead of ground-truth poses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.region_shapes import compute_local_pose, compute_region_pose
from mygym_lite.config.robot import load_robot
from mygym_lite.config.state import Motion, ObjectShape, Pose, State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import CameraRig
from mygym_lite.envs.faults.sensing import CONFIDENCE, SensorPipeline
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.perception.association import PositionPrediction
from mygym_lite.perception.axis_tracking import AxisTrack
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.targets import (
    find_nominal_axis,
    find_nominal_pose,
    find_nominal_yaw,
    list_object_colors,
    list_targets,
    require_locatable,
)
from mygym_lite.perception.tracking import Track, YawTrack
from mygym_lite.perception.yaw import count_folds
from mygym_lite.render.camera import check_size
from mygym_lite.torch_threads import limit_torch_threads

_QUALITY = "fast"  # of rendering, as in training
_CONTACT_FORCE = 1.0  # N; smaller measurements may be noise
_AT_REST = Motion((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
_RENDERER = "raster"  # of the training images


class StateEstimator:
    """Tracks the loose objects and the goal of a task from step to step.

    A lost target falls back to its declared pose with confidence 0; a lost distractor is removed from the state. Camera
    faults apply to the images of the estimator, whose noise is independent of that in observed images.

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
        self._task, self._camera_rig, self._sensor_pipeline, self._pose_estimator = (
            task,
            camera_rig,
            sensor_pipeline,
            estimator,
        )
        self._size = check_size(estimator.metadata.size)
        self._can_grasp = not load_robot(task.robot.model).missing_for_grasp
        self._goal_moves = task.goal is not None and any(task.goal.orbit)

    def reset(self, episode: Task) -> None:
        """Begin an episode of a sampled task."""
        task = self._task
        seconds = 1.0 / task.episode.control_hz
        self._targets, self._colors = list_targets(episode), list_object_colors(episode)
        self._episode = episode
        self.tracks = {
            name: Track(
                YawTrack(count_folds(model), find_nominal_yaw(task, name)), seconds, self._make_tilt(name, model)
            )
            for name, model in self._targets.items()
        }
        self._nominal_poses = {name: find_nominal_pose(task, episode, name) for name in self._targets}
        self._initial_positions: dict[str, Vec3] = {}
        self._touched: set[str] = set()
        self._palm: Pose | None = None

    def _make_tilt(self, name: str, model: str) -> AxisTrack | None:
        """Make the filter of a target's z axis; None for an estimator that takes all objects to stand upright."""
        refines = self._pose_estimator.metadata.refines
        return AxisTrack(model, find_nominal_axis(self._task, name)) if refines and name != "goal" else None

    def estimate(self, measured: State) -> State:
        """Replace the poses of the targets in a measured state by their estimates, and return it."""
        self._advance_tracks(measured)
        estimates = self._estimate_poses(measured)
        for name, track in self.tracks.items():
            track.apply_measurement(estimates[name])
        self._write_estimates(measured)
        return measured

    def _advance_tracks(self, measured: State) -> None:
        """Predict the positions of all targets."""
        palm = measured.frames["palm"]
        for name, track in self.tracks.items():
            if name == "goal":
                track.advance(self._goal_moves)
                continue
            is_touched = measured.touch("hand", name).mean > _CONTACT_FORCE
            if is_touched:
                self._touched.add(name)
            palm_motion = (self._palm, palm) if is_touched and self._palm and self._is_held(measured, name) else None
            track.advance(is_touched, palm_motion)
        self._palm = palm

    def _predict_positions(self) -> dict[str, PositionPrediction]:
        """Return the predicted position of each target that is tracked."""
        return {
            name: PositionPrediction(track.position, track.position_covariance)
            for name, track in self.tracks.items()
            if track.is_known
        }

    def _is_held(self, state: State, name: str) -> bool:
        """Return True if thumb and fingers both press on an object."""
        return self._can_grasp and min(state.touch(part, name).mean for part in ("thumb", "fingers")) > _CONTACT_FORCE

    def _estimate_poses(self, measured: State) -> dict[str, PoseEstimate]:
        rig, task = self._camera_rig, self._task
        # a stream of noise of its own: no camera name contains a slash
        names = {camera: f"eyes/{camera}_rgb" for camera in self.cameras}
        rendered = {
            names[camera]: rig.draw(camera, ("rgb",), self._size, _QUALITY)["rgb"].copy() for camera in self.cameras
        }
        corrupted = self._sensor_pipeline.corrupt_images(rendered)
        images: dict[str, NDArray[np.uint8]] = {camera: corrupted[name] for camera, name in names.items()}
        views = {camera: rig.compute_nominal_view(camera, task, measured, self._size) for camera in self.cameras}
        with limit_torch_threads(1):  # sums are bit-identical only for equal numbers of threads
            return self._pose_estimator.estimate_poses(
                images, views, self._targets, self._colors, self._predict_positions()
            )

    def _write_estimates(self, state: State) -> None:
        """Write the current estimates into a state."""
        frames = {**state.frames, **{name: self._get_pose(name) for name in self.tracks}}
        for name, region in self._episode.regions.items():
            if region.of is not None:
                frames[name] = compute_region_pose(region, compute_local_pose(self._episode, region), frames)
        state.frames = frames
        state.motions = {**state.motions, **{name: self._get_motion(name) for name in self.tracks}}
        state.initial_positions, state.object_shapes = self._update_initial_positions(state), self._select_shapes(state)

    def _update_initial_positions(self, state: State) -> dict[str, Vec3]:
        """Update the estimated initial position of every object that has not been touched yet."""
        if not self._initial_positions:
            self._initial_positions = {
                **state.initial_positions,
                **{name: pose.position for name, pose in self._nominal_poses.items()},
            }
        untouched = [name for name, track in self.tracks.items() if track.is_known and name not in self._touched]
        if untouched:
            self._initial_positions = self._initial_positions | {
                name: state.frames[name].position for name in untouched
            }
        return self._initial_positions

    def _select_shapes(self, state: State) -> dict[str, ObjectShape]:
        """Leave out the shapes of lost distractors."""
        lost = {name for name, track in self.tracks.items() if not track.is_known and name not in self.names}
        return {name: shape for name, shape in state.object_shapes.items() if name not in lost}

    def _get_pose(self, name: str) -> Pose:
        track = self.tracks[name]
        if not track.is_known:
            return self._nominal_poses[name]
        x, y, z = track.position.tolist()
        return Pose((x, y, z), track.rotation)

    def _get_motion(self, name: str) -> Motion:
        track = self.tracks[name]
        if not track.is_known:
            return _AT_REST
        x, y, z = track.velocity.tolist()
        return Motion((x, y, z), _AT_REST.angular)

    def read_observation(self) -> Observation:
        """Return the confidence of each declared target, in the task's order."""
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
    loaded = estimator if isinstance(estimator, PoseEstimator) else PoseEstimator.load(estimator)
    require_locatable(env.task, estimates_tilt=loaded.metadata.refines)
    selected = select_cameras(env, loaded, cameras)
    attached = StateEstimator(env.task, env.camera_rig, env.sensor_pipeline, loaded, selected)
    env.attach_estimator(attached)
    return attached


def select_cameras(env: TaskEnv, estimator: PoseEstimator, cameras: Sequence[str] | None) -> tuple[str, ...]:
    """Select the cameras of an environment for an estimator; None selects all that both have."""
    metadata, renderer = estimator.metadata, env.camera_rig.renderer
    if renderer != _RENDERER:
        raise ConfigError(
            f"perception {estimator.name}: trained on images of renderer '{_RENDERER}', and this environment renders "
            f"with '{renderer}'; make it with '{_RENDERER}'"
        )
    if cameras is None:
        cameras = [name for name in metadata.cameras if name in env.cameras]
    elif isinstance(cameras, str):
        raise ConfigError(f"cameras: '{cameras}' is not a list of names; use ['{cameras}']")
    if not cameras:
        raise ConfigError(
            f"perception {estimator.name}: trained on cameras {', '.join(metadata.cameras)}; "
            f"{env.task.name} has {', '.join(env.cameras) or 'none'}"
        )
    metadata.require_compatible(env.task.name, list(list_targets(env.task).values()), cameras, estimator.name)
    return tuple(dict.fromkeys(env.camera_rig.require_camera(name) for name in cameras))
