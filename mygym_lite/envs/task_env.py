"""A task as a Gymnasium environment: robot, scene and terms put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.config.task import Control, Task
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.envs.cameras import IMAGE_KINDS, CameraRig, list_cameras
from mygym_lite.envs.display import has_display
from mygym_lite.envs.episode_state import EpisodeState
from mygym_lite.envs.faults.actuation import ActuationPipeline
from mygym_lite.envs.faults.sensing import SensorPipeline, StateEstimatorProtocol
from mygym_lite.envs.image_observations import ImageReader, ImageSize
from mygym_lite.envs.observations import Observation, ObservationReader, select_groups
from mygym_lite.envs.rendering_env import RenderingEnv
from mygym_lite.envs.scoring import Scorer
from mygym_lite.errors import ConfigError, PhysicsError, UsageError, suggest
from mygym_lite.randomization.preset import load_preset
from mygym_lite.schema import Location
from mygym_lite.sim.world import World
from mygym_lite.terms import bind_terms, load_task

Variations = Mapping[str, Mapping[str, Any]]
RewardKind = Literal["shaped", "sparse"]
_MODES = ("human", "rgb_array", "depth_array")
_OPTIONS = ("variations",)


class TaskEnv(RenderingEnv):
    """One robot, one scene, one task.

    Observations are a dictionary of arrays, one for each group that the task declares. Actions are numbers in [-1,
    1]; what they mean is the control mode's business. The episode that follows ``reset(seed=s)`` depends on the task,
    the variations and s alone, bit for bit.

    Args:
        task: A shipped task's name, the path of a task file, or a task.
        robot: Another robot than the task's.
        control: Another control mode than the task's.
        observe: Which observation groups, all that the task declares if left out; and kinds of images: ``rgb``,
            ``depth``, ``mask``, ``links``, ``normals``.
        cameras: Through which cameras images are observed, the first one if left out.
        size: Width and height of observed images, px; each camera's own if left out.
        renderer: ``raster`` is our own, ``tiny`` the engine's.
        quality: ``fine`` smooths the edges of observed images, at about four times the cost.
        reward: ``shaped`` sums the task's reward terms; ``sparse`` is 0 where the task is solved and -1 elsewhere.
        variations: What differs from episode to episode beyond the task's own start, path by path.
        randomization: A preset of variations for training, ``visual``, ``dynamics``, ``observation_reader``, ``full`` or the path
            of a file; of a path that ``variations`` names too, the latter holds.
        settings: Fixed changes to the task, each as ``path=value``.
        render_mode: ``human`` opens a window, ``rgb_array`` and ``depth_array`` draw the first camera, finely.
    """

    metadata: dict[str, Any] = {"render_modes": list(_MODES), "render_fps": 20}  # noqa: RUF012
    _spec: EnvSpec | None = None

    def __init__(
        self,
        task: str | Path | Task,
        *,
        robot: str | None = None,
        control: Control | None = None,
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
        self.task = _changed(task, robot, control, settings)
        if reward not in ("shaped", "sparse"):
            raise ConfigError(f"reward: '{reward}' is not a kind of reward{suggest(reward, ['shaped', 'sparse'])}")
        if render_mode is not None and render_mode not in _MODES:
            raise ConfigError(f"render_mode: '{render_mode}' is not a mode{suggest(render_mode, _MODES)}")
        if render_mode == "human" and not has_display():
            raise UsageError("render_mode: 'human' opens a window, and there is no display here; use 'rgb_array'")
        self.render_mode = render_mode
        self.reward_kind = reward
        self.metadata = {"render_modes": _modes_here(self.task), "render_fps": round(self.task.episode.control_hz)}
        self._variations = self._merge_preset(randomization, self._parse_variations(variations or {}))
        terms = bind_terms(self.task)
        groups, kinds = select_groups(terms, IMAGE_KINDS, observe)
        self.world = World(visuals=renderer == "tiny", gui=render_mode == "human")
        self._closed = False
        self.camera_rig = CameraRig(self.world, renderer, quality)
        self.sensor_pipeline, self.actuation_pipeline = SensorPipeline(self.task), ActuationPipeline(self.world)
        self.estimator: StateEstimatorProtocol | None = None
        self._prepare(sample(self.task, (), 0), 0)
        self.observation_reader = ObservationReader(terms, groups, self.state)
        self.image_reader = ImageReader(self.camera_rig, self.task, kinds, cameras, size)
        self.scorer = Scorer(terms, self.task)
        self.observation_space = spaces.Dict({**self.observation_reader.space, **self.image_reader.space})  # type: ignore[assignment]
        self.action_space = spaces.Box(-1.0, 1.0, (self.world.action_size,), np.float32)
        self.pairs = self.task.contact_pairs
        self.episode_state = EpisodeState()

    def _prepare(self, episode: Task, seed: int) -> None:
        """Put the world at the beginning of an episode."""
        self.require_open()
        self.episode_task = episode
        self.world.reset(episode, seed)
        self.camera_rig.reset(episode)
        self.sensor_pipeline.reset(episode, seed)
        self.actuation_pipeline.reset(episode, seed)
        if self.estimator is not None:
            self.estimator.reset(episode)

    @property
    def variations(self) -> tuple[Variation, ...]:
        """Variations of every episode whose ``reset`` names no others."""
        return self._variations

    @property
    def state(self) -> State:
        """The true state, for experts and metrics; policies see observations."""
        return self.world.state

    @property
    def estimated_state(self) -> State:
        """The state that experts act on: as it is measured and seen where there is ``estimator``, else the true one."""
        return self.state if self.estimator is None else self._estimated_state

    def attach_estimator(self, estimator: StateEstimatorProtocol) -> None:
        """Observe estimated instead of ground-truth poses, from the next reset on."""
        estimator.reset(self.episode_task)
        self.estimator, self._estimated_state = estimator, self.state
        observed = self.observation_space.spaces  # type: ignore[attr-defined]
        self.observation_space = spaces.Dict({**observed, **estimator.space})  # type: ignore[assignment]

    def _merge_preset(
        self, randomization: str | Path | None, variations: tuple[Variation, ...]
    ) -> tuple[Variation, ...]:
        """Return a preset's variations, replaced by ``variations`` where both name a path."""
        if randomization is None:
            return variations
        named = {variation.path for variation in variations}
        return (*(v for v in load_preset(randomization, self.task) if v.path not in named), *variations)

    def _parse_variations(self, variations: Variations | Sequence[Variation]) -> tuple[Variation, ...]:
        """Parse and check a table; parsed variations are trusted."""
        if not isinstance(variations, Mapping):
            return tuple(variations)
        location = Location("variations")
        parsed = parse_variations(variations, location)
        check_variations(self.task, parsed, location)
        return parsed

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Which episode; without it, the next one of the sequence that the last seed began.
            options: ``{"variations": {path: {verb: value}}}`` replaces the environment's variations for one episode;
                parsed ``Variation``s are accepted too, and not checked again.
        """
        super().reset(seed=seed)
        for key in options or {}:
            if key not in _OPTIONS:
                raise UsageError(f"reset: no option '{key}'{suggest(key, _OPTIONS)}")
        given = (options or {}).get("variations")
        variations = self._variations if given is None else self._parse_variations(given)
        episode = seed if seed is not None else int(self.np_random.integers(2**31))
        return self._begin(episode, variations)

    def _begin(self, seed: int, variations: tuple[Variation, ...]) -> tuple[Observation, dict[str, Any]]:
        self.episode_state = EpisodeState(seed, variations, dict(self.np_random.bit_generator.state))
        self._prepare(sample(self.task, variations, seed), seed)
        self.scorer.reset()
        info = {"seed": seed, "success": False, "is_success": False, "failure": None}
        return self._observation(self.state), info

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act for one control period.

        ``info`` holds ``success`` (the task is solved in this step; the episode ends when it has been for the declared
        time), ``failure`` (a code or None), ``reward_terms``, ``contact_force`` and ``clipped``, the number of action
        components so far that were out of range.
        """
        command = self._command(action)
        before = self.world.state
        try:
            after = self.world.step(self.actuation_pipeline.apply(command))
        except PhysicsError as error:
            return self._broken(str(error))
        score = self.scorer.score(before, command.tolist(), after)
        terminated = score.is_terminal(self.episode_task.episode.hold_seconds)
        truncated = not terminated and self.episode_state.steps >= self.episode_task.max_steps
        self.episode_state.done = terminated or truncated
        info = {
            "success": score.success,
            "is_success": score.success,
            "failure": score.failure or ("timeout" if truncated else None),
            "held_seconds": score.held_seconds,
            "reward_terms": score.terms,
            "contact_force": self._forces(after),
            "clipped": self.episode_state.clipped,
        }
        reward = score.shaped_reward if self.reward_kind == "shaped" else float(score.success) - 1.0
        if self.render_mode == "human":
            self.world.wait_for_real_time()
        return self._observation(after), reward, terminated, truncated, info

    def _command(self, action: NDArray[np.float32]) -> NDArray[np.float64]:
        """The action as numbers in [-1, 1]; nonsense is refused before it reaches the engine."""
        self.require_open()
        self.episode_state.require_running()
        array = np.asarray(action, dtype=np.float64)
        if array.shape != self.action_space.shape:
            raise UsageError(f"action has shape {array.shape}, this environment takes {self.action_space.shape}")
        low, high = array.min(), array.max()
        if not (low >= -1.0 and high <= 1.0):
            if not np.isfinite(array).all():
                raise UsageError(f"action holds {array[~np.isfinite(array)][0]}; every number must be finite")
            self.episode_state.clipped += int(np.count_nonzero(np.abs(array) > 1.0))
            array = np.clip(array, -1.0, 1.0)
        self.episode_state.actions.append(array.copy() if array is action else array)
        return array

    def _observation(self, state: State) -> Observation:
        """What the policy sees of the truth."""
        if self.estimator is None and not self.sensor_pipeline.active:
            return {**self._read_terms(state), **self.image_reader.read()}
        believed = self.sensor_pipeline.measure_state(state, self.estimator)
        seen = {**self._read_terms(believed), **self.sensor_pipeline.corrupt_images(self.image_reader.read())}
        if self.estimator is not None:
            self._estimated_state = believed
            seen.update(self.estimator.read_observation())
        return self.sensor_pipeline.deliver_observation(seen, self.episode_state.steps)

    def _read_terms(self, state: State) -> Observation:
        """The observation apart from images."""
        return self.observation_reader.read(state)

    def _forces(self, state: State) -> dict[str, float]:
        """Peak normal force of the last action by pair, N."""
        return {name: state.touch(*pair).peak for name, pair in self.pairs.items()}

    def _broken(self, message: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Physics broke: the episode fails with zeros to see, since what the engine holds is not to be trusted."""
        self.episode_state.done = True
        info = {
            "success": False, "is_success": False, "failure": "physics_error", "message": message, "held_seconds": 0.0,
            "reward_terms": {}, "contact_force": {}, "clipped": self.episode_state.clipped,
        }  # fmt: skip
        return self._zero_observation(), -1.0, True, False, info

    def _zero_observation(self) -> Observation:
        boxes = self.observation_space.spaces  # type: ignore[attr-defined]
        return {name: np.zeros(box.shape, box.dtype) for name, box in boxes.items()}

    def get_state(self) -> EpisodeState:
        """Everything that makes the present moment, as plain data: it can be stored, pickled and sent."""
        return self.episode_state.copy()

    def set_state(self, state: EpisodeState) -> Observation:
        """Return to a moment, exactly: the episode is played again from its seed up to there."""
        if state.seed is None:
            raise UsageError("this state was taken before the first reset; there is nothing to return to")
        self.np_random.bit_generator.state = state.rng_state
        observation, _ = self._begin(state.seed, state.variations)
        for action in state.actions:
            observation, *_ = self.step(action)  # type: ignore[arg-type]
        self.episode_state = state.copy()
        return observation

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of and where it is: a physics engine cannot be sent."""
        arguments = {
            "task": self.task,
            "observe": [*self.observation_reader.layout, *self.image_reader.kinds],
            "reward": self.reward_kind,
            "cameras": list(self.image_reader.cameras) or None,
            "size": self.image_reader.size,
            "renderer": self.camera_rig.renderer,
            "quality": self.camera_rig.quality,
            "variations": {v.path: v.to_dict() for v in self._variations},
            "render_mode": self.render_mode,
        }
        return _restored, (type(self), arguments, self.spec, self.get_state())

    def close(self) -> None:
        """Let the physics engine go."""
        self._closed = True
        self.world.close()

    def require_open(self) -> None:
        """Refuse what needs the physics engine once that is gone."""
        if self._closed:
            raise UsageError("this environment is closed; make a new one")

    @property
    def spec(self) -> EnvSpec | None:
        """How Gymnasium made it, with the task's own time limit.

        The limit is not registered, since ``gymnasium.make`` would add a second clock, which knows nothing of a task
        whose ``episode.seconds`` is changed, and calls a success in the last step truncated too.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:
        self._spec = None if spec is None else replace(spec, max_episode_steps=self.task.max_steps)


def _restored(kind: type[TaskEnv], arguments: dict[str, Any], spec: Any, memory: EpisodeState) -> TaskEnv:
    """An environment that was pickled, at the moment at which it was."""
    env = kind(**arguments)
    env.spec = spec
    if memory.seed is not None:
        env.set_state(memory)
    return env


def _modes_here(task: Task) -> list[str]:
    """The render modes that this machine and this task have: a window needs a display, an image a camera."""
    images = [mode for mode in _MODES if mode != "human"] if list_cameras(task) else []
    return [*(["human"] if has_display() else []), *images]


def _changed(
    task: str | Path | Task, robot: str | None, control: Control | None, settings: Sequence[str]
) -> Task:  # fmt: skip
    """The task with what the caller wants otherwise; robot and control mode are settings like any other."""
    named = {"robot.model": robot, "robot.control": control}
    chosen = [f"{path}={value}" for path, value in named.items() if value is not None]
    return load_task(task, [*chosen, *settings] if chosen else settings)
