"""Gymnasium environment of one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from mygym_lite.config.instructions.instruction import build_instruction, describe_task
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.config.task_physics import EngineName
from mygym_lite.config.task_robot import Control
from mygym_lite.config.variation import Variation
from mygym_lite.envs.actions import check_action
from mygym_lite.envs.cameras import IMAGE_KINDS, CameraRig
from mygym_lite.envs.episode_state import EpisodeState
from mygym_lite.envs.faults.actuation import ActuationPipeline
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.envs.image_observations import ImageSize
from mygym_lite.envs.instruction_observation import list_instruction_names
from mygym_lite.envs.observations import Observation, ObservationReader, select_groups
from mygym_lite.envs.observing_env import ObservingEnv
from mygym_lite.envs.rendering_env import RENDER_MODES, check_render_mode, list_render_modes
from mygym_lite.envs.scoring import Score
from mygym_lite.envs.stage_scoring import make_scorer
from mygym_lite.envs.variations import Variations, merge_variations, read_reset_options
from mygym_lite.errors import ConfigError, PhysicsError, UsageError, suggest
from mygym_lite.sim.world import World
from mygym_lite.terms import bind_terms, load_task

RewardKind = Literal["shaped", "sparse"]


class TaskEnv(ObservingEnv):
    """Environment of one task: one robot in one scene.

    Observations are a dictionary of arrays, one for each group that the task declares. Actions are numbers in [-1, 1],
    interpreted by the control mode. The episode that follows ``reset(seed=s)`` depends on the task, the variations and
    s alone, bit for bit.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        robot: Robot to use instead of the task's.
        control: Control mode to use instead of the task's.
        engine: Physics engine to use instead of the task's: ``bullet`` or ``mujoco``.
        observe: Observation groups, by default all that the task declares; and kinds of images: ``rgb``, ``depth``,
            ``mask``, ``links``, ``normals``; and ``instruction``, the tokens of the task's instruction. Single entries
            of groups are named ``GROUP:ENTRY[SIZE]``; with ``presence``, those that the task lacks are zeros.
        cameras: Cameras of the observed images; the task's first camera by default.
        size: Width and height of observed images, px; each camera's own by default.
        renderer: ``raster`` for our own renderer, ``tiny`` for that of the physics engine.
        quality: ``fine`` antialiases observed images, at about four times the cost.
        reward: ``shaped`` for the sum of the task's reward terms; ``sparse`` for 0 on success and -1 otherwise.
        variations: Variations from episode to episode, by path, beyond the task's own start.
        randomization: Domain randomization: a preset, ``visual``, ``dynamics``, ``sensing``, ``full``, or the path of
            a file; ``variations`` takes precedence for paths that both name.
        settings: Fixed changes to the task, each as ``path=value``.
        render_mode: ``human`` opens a window, ``rgb_array`` and ``depth_array`` render the first camera, antialiased.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 20}  # noqa: RUF012
    _spec: EnvSpec | None = None

    def __init__(
        self,
        task: str | Path | Task,
        *,
        robot: str | None = None,
        control: Control | None = None,
        engine: EngineName | None = None,
        observe: Sequence[str] | None = None,
        cameras: Sequence[str] | None = None,
        size: ImageSize | None = None,
        renderer: str = "raster",
        quality: str = "fast",
        reward: RewardKind = "shaped",
        variations: Variations | None = None,
        randomization: str | Path | None = None,
        settings: Sequence[str] = (),
        render_mode: str | None = None,
    ) -> None:
        self.task = _load_changed_task(
            task, {"robot.model": robot, "robot.control": control, "physics.engine": engine}, settings
        )
        if reward not in ("shaped", "sparse"):
            raise ConfigError(f"reward: '{reward}' is not a kind of reward{suggest(reward, ['shaped', 'sparse'])}")
        check_render_mode(render_mode)
        self.render_mode = render_mode
        self.reward_kind = reward
        self.metadata = {
            "render_modes": list_render_modes(self.task),
            "render_fps": round(self.task.episode.control_hz),
        }
        self._variations = merge_variations(self.task, variations, randomization)
        terms = bind_terms(self.task)
        groups, others = select_groups(terms, (*IMAGE_KINDS, *list_instruction_names(self.task)), observe)
        self.world = World(visuals=renderer == "tiny", gui=render_mode == "human")
        self.camera_rig = CameraRig(self.world, renderer, quality)
        self.sensor_pipeline, self.actuation_pipeline = SensorPipeline(self.task), ActuationPipeline(self.world)
        self.scorer = make_scorer(terms, self.task)
        self._prepare(sample(self.task, (), 0), 0)
        self._make_readers(ObservationReader(terms, groups, self.state), others, cameras, size)
        self.task_description = describe_task(self.task)
        """Instruction of the episode; before the first one, that of the declared task. Without language, ``about``."""
        self.action_space = spaces.Box(-1.0, 1.0, (self.world.action_size,), np.float32)
        self.pairs = self.task.contact_pairs
        self.episode_state = EpisodeState()

    def _prepare(self, episode: Task, seed: int) -> None:
        """Reset the world and the pipelines to the start of an episode."""
        self.require_open()
        self.episode_task = episode
        self.scorer.reset(self.world.reset(episode, seed))
        self.camera_rig.reset(episode)
        self.sensor_pipeline.reset(episode, seed)
        self.actuation_pipeline.reset(episode, seed)
        if self.estimator is not None:
            self.estimator.reset(episode)

    @property
    def variations(self) -> tuple[Variation, ...]:
        """Variations of every episode whose ``reset`` names no others."""
        return self._variations

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; ``info`` contains the ``instruction`` if the task has ``[language]``.

        Args:
            seed: Seed of the episode; by default the next one of the sequence that the last seed started.
            options: ``{"variations": {path: {verb: value}}}`` replaces the environment's variations for one episode;
                parsed ``Variation`` objects are accepted too, and not checked again.
        """
        super().reset(seed=seed)
        variations = read_reset_options(self.task, options)
        episode = seed if seed is not None else int(self.np_random.integers(2**31))
        return self._start_episode(episode, self._variations if variations is None else variations)

    def _start_episode(self, seed: int, variations: tuple[Variation, ...]) -> tuple[Observation, dict[str, Any]]:
        self.episode_state = EpisodeState(seed, variations, dict(self.np_random.bit_generator.state))
        self._prepare(sample(self.task, variations, seed), seed)
        self.task_description = build_instruction(self.episode_task, seed)
        self.instruction_reader.reset(self.task_description)
        info: dict[str, Any] = {"seed": seed, "success": False, "is_success": False, "failure": None}
        info |= self.scorer.describe_progress()
        if self.task.language is not None:
            info["instruction"] = self.task_description
        return self._observe(self.state), info

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act for one control period.

        ``info`` contains ``success`` (the task is solved in this step; the episode ends once that has been held for
        the declared time), ``failure`` (a code or None), ``reward_terms``, ``contact_force``, and ``clipped``, the
        number of action components so far that were out of range. For a task with stages it also contains ``stage``,
        the name of the current one or ``done``, ``stages_reached``, and ``progress``, their share from 0 to 1.
        """
        command = self._record_action(action)
        before = self.world.state
        try:
            after = self.world.step(self.actuation_pipeline.apply(command))
        except PhysicsError as error:
            return self._end_broken_episode(str(error))
        score = self.scorer.score(before, command.tolist(), after)
        terminated = score.is_terminal(self.episode_task.episode.hold_seconds)
        truncated = not terminated and self.episode_state.steps >= self.episode_task.max_steps
        self.episode_state.done = terminated or truncated
        info = self._make_info(score, score.failure or ("timeout" if truncated else None))
        info["contact_force"] = {name: after.touch(*pair).peak for name, pair in self.pairs.items()}  # N
        reward = score.shaped_reward if self.reward_kind == "shaped" else float(score.success) - 1.0
        if self.render_mode == "human":
            self.world.wait_for_real_time()
        return self._observe(after), reward, terminated, truncated, info

    def _make_info(self, score: Score, failure: str | None) -> dict[str, Any]:
        return {
            "success": score.success,
            "is_success": score.success,
            "failure": failure,
            "held_seconds": score.held_seconds,
            "reward_terms": score.terms,
            "contact_force": {},
            "clipped": self.episode_state.clipped,
            **self.scorer.describe_progress(),
        }

    def _record_action(self, action: NDArray[np.float32]) -> NDArray[np.float64]:
        """Check and clip an action, and record it in the state of the episode."""
        self.require_open()
        self.episode_state.require_running()
        array, clipped = check_action(action, self.action_space.shape)
        self.episode_state.clipped += clipped
        self.episode_state.actions.append(array.copy() if array is action else array)
        return array

    def _end_broken_episode(self, message: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """End an episode after a physics error, with an observation of zeros."""
        self.episode_state.done = True
        score = Score(0.0, {}, success=False, held_seconds=0.0, failure="physics_error")
        info = {**self._make_info(score, score.failure), "message": message}
        return self._zero_observation(), -1.0, True, False, info

    def get_state(self) -> EpisodeState:
        """Return the state of the episode as plain data, to be stored, pickled or sent."""
        return self.episode_state.copy()

    def set_state(self, state: EpisodeState) -> Observation:
        """Restore a state exactly, by replaying the episode's actions from its seed."""
        if state.seed is None:
            raise UsageError("this state was taken before the first reset; there is nothing to restore")
        self.np_random.bit_generator.state = state.rng_state
        observation, _ = self._start_episode(state.seed, state.variations)
        for action in state.actions:
            observation, *_ = self.step(action)  # type: ignore[arg-type]
        self.episode_state = state.copy()
        return observation

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments and the state of the episode; a physics engine cannot be pickled."""
        arguments = {
            "task": self.task,
            "observe": [*self.observation_reader.layout, *self.image_reader.kinds, *self.instruction_reader.names],
            "reward": self.reward_kind,
            "cameras": list(self.image_reader.cameras) or None,
            "size": self.image_reader.size,
            "renderer": self.camera_rig.renderer,
            "quality": self.camera_rig.quality,
            "variations": {v.path: v.to_dict() for v in self._variations},
            "render_mode": self.render_mode,
        }
        return _restore, (type(self), arguments, self.spec, self.get_state())

    @property
    def spec(self) -> EnvSpec | None:
        """Gymnasium's specification of the environment, with the time limit of the task.

        The limit is not registered: the wrapper that ``gymnasium.make`` would add ignores changes of
        ``episode.seconds``, and also truncates an episode that succeeds in its last step.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = None if spec is None else replace(spec, max_episode_steps=self.task.max_steps)


def _restore(env_class: type[TaskEnv], arguments: dict[str, Any], spec: Any, state: EpisodeState) -> TaskEnv:
    """Restore a pickled environment with the state of its episode."""
    env = env_class(**arguments)
    env.spec = spec
    if state.seed is not None:
        env.set_state(state)
    return env


def _load_changed_task(task: str | Path | Task, arguments: Mapping[str, str | None], settings: Sequence[str]) -> Task:
    """Load a task with other settings; robot, control mode and engine are settings like any other."""
    overrides = [f"{path}={value}" for path, value in arguments.items() if value is not None]
    return load_task(task, [*overrides, *settings] if overrides else settings)
