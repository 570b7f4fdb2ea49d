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
from mygym_lite.config.variation import Variation, parse
from mygym_lite.envs.cameras import KINDS, Pictures, cameras_of
from mygym_lite.envs.display import has_display
from mygym_lite.envs.episode_state import EpisodeMemory
from mygym_lite.envs.faults.actuation import Actuator
from mygym_lite.envs.faults.sensing import Perception, Sight
from mygym_lite.envs.image_observations import Imaging, Size
from mygym_lite.envs.observations import Observation, Sensing, chosen
from mygym_lite.envs.rendering_env import PicturedEnv
from mygym_lite.envs.scoring import Scoring
from mygym_lite.errors import PhysicsError, SpecError, UsageError, nearest
from mygym_lite.randomization.preset import load_preset
from mygym_lite.schema import Where
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task, program

Variations = Mapping[str, Mapping[str, Any]]
RewardKind = Literal["shaped", "sparse"]
_MODES = ("human", "rgb_array", "depth_array")
_OPTIONS = ("variations",)


class TaskEnv(PicturedEnv):
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
        randomization: A preset of variations for training, ``visual``, ``dynamics``, ``sensing``, ``full`` or the path
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
        size: Size | None = None,
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
            raise SpecError(f"reward: '{reward}' is not a kind of reward{nearest(reward, ['shaped', 'sparse'])}")
        if render_mode is not None and render_mode not in _MODES:
            raise SpecError(f"render_mode: '{render_mode}' is not a mode{nearest(render_mode, _MODES)}")
        if render_mode == "human" and not has_display():
            raise UsageError("render_mode: 'human' opens a window, and there is no display here; use 'rgb_array'")
        self.render_mode = render_mode
        self.reward_kind = reward
        self.metadata = {"render_modes": _modes_here(self.task), "render_fps": round(self.task.episode.control_hz)}
        self.variations = self._drawn_from(randomization, self._parsed(variations or {}))
        terms = program(self.task)
        groups, kinds = chosen(terms, KINDS, observe)
        self.world = World(visuals=renderer == "tiny", gui=render_mode == "human")
        self._closed = False
        self.pictures = Pictures(self.world, renderer, quality)
        self.perception, self.actuator = Perception(self.task), Actuator(self.world)
        self.sight: Sight | None = None
        self._prepare(sample(self.task, (), 0), 0)
        self.sensing = Sensing(terms, groups, self.state)
        self.imaging = Imaging(self.pictures, self.task, kinds, cameras, size)
        self.scoring = Scoring(terms, self.task)
        self.observation_space = spaces.Dict({**self.sensing.space, **self.imaging.space})  # type: ignore[assignment]
        self.action_space = spaces.Box(-1.0, 1.0, (self.world.action_size,), np.float32)
        self.pairs = self.task.pairs
        self.memory = EpisodeMemory()

    def _prepare(self, episode: Task, seed: int) -> None:
        """Put the world at the beginning of an episode."""
        self.require_open()
        self.episode_task = episode
        self.world.reset(episode, seed)
        self.pictures.begin(episode)
        self.perception.reset(episode, seed)
        self.actuator.reset(episode, seed)
        if self.sight is not None:
            self.sight.begin()

    @property
    def state(self) -> State:
        """The true state, for experts and metrics; policies see observations."""
        return self.world.state

    @property
    def believed(self) -> State:
        """The state that experts act on: as it is measured and seen where there is ``sight``, else the true one."""
        return self.state if self.sight is None else self._believed

    def look_through(self, sight: Sight) -> None:
        """From the next reset on, show where things are seen instead of where they are."""
        self.sight, self._believed = sight, self.state
        shown = self.observation_space.spaces  # type: ignore[attr-defined]
        self.observation_space = spaces.Dict({**shown, **sight.space})  # type: ignore[assignment]

    def _drawn_from(self, randomization: str | Path | None, variations: tuple[Variation, ...]) -> tuple[Variation, ...]:
        """A preset's variations but for paths that are varied otherwise, and these."""
        if randomization is None:
            return variations
        named = {variation.path for variation in variations}
        return (*(v for v in load_preset(randomization, self.task) if v.path not in named), *variations)

    def _parsed(self, table: Variations) -> tuple[Variation, ...]:
        where = Where("variations")
        variations = parse(table, where)
        check_variations(self.task, variations, where)
        return variations

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Which episode; without it, the next one of the sequence that the last seed began.
            options: ``{"variations": {path: {verb: value}}}`` replaces this environment's variations for one episode.
        """
        super().reset(seed=seed)
        for key in options or {}:
            if key not in _OPTIONS:
                raise UsageError(f"reset: no option '{key}'{nearest(key, _OPTIONS)}")
        variations = self._parsed(options["variations"]) if options and "variations" in options else self.variations
        episode = seed if seed is not None else int(self.np_random.integers(2**31))
        return self._begin(episode, variations)

    def _begin(self, seed: int, variations: tuple[Variation, ...]) -> tuple[Observation, dict[str, Any]]:
        self.memory = EpisodeMemory(seed, variations, dict(self.np_random.bit_generator.state))
        self._prepare(sample(self.task, variations, seed), seed)
        self.scoring.begin()
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
            after = self.world.step(self.actuator.apply(command))
        except PhysicsError as error:
            return self._broken(str(error))
        score = self.scoring.judge(before, command.tolist(), after)
        terminated = score.terminated(self.episode_task.episode.hold_seconds)
        truncated = not terminated and self.memory.steps >= self.episode_task.max_steps
        self.memory.over = terminated or truncated
        info = {
            "success": score.success,
            "is_success": score.success,
            "failure": score.failure or ("timeout" if truncated else None),
            "held_seconds": score.held_seconds,
            "reward_terms": score.terms,
            "contact_force": self._forces(after),
            "clipped": self.memory.clipped,
        }
        reward = score.shaped if self.reward_kind == "shaped" else float(score.success) - 1.0
        if self.render_mode == "human":
            self.world.pace()
        return self._observation(after), reward, terminated, truncated, info

    def _command(self, action: NDArray[np.float32]) -> NDArray[np.float64]:
        """The action as numbers in [-1, 1]; nonsense is refused before it reaches the engine."""
        self.require_open()
        self.memory.require_running()
        array = np.asarray(action, dtype=np.float64)
        if array.shape != self.action_space.shape:
            raise UsageError(f"action has shape {array.shape}, this environment takes {self.action_space.shape}")
        low, high = array.min(), array.max()
        if not (low >= -1.0 and high <= 1.0):
            if not np.isfinite(array).all():
                raise UsageError(f"action holds {array[~np.isfinite(array)][0]}; every number must be finite")
            self.memory.clipped += int(np.count_nonzero(np.abs(array) > 1.0))
            array = np.clip(array, -1.0, 1.0)
        self.memory.actions.append(array.copy() if array is action else array)
        return array

    def _observation(self, state: State) -> Observation:
        """What the policy sees of the truth."""
        if self.sight is None and not self.perception.active:
            return {**self._told(state), **self.imaging.read()}
        believed = self.perception.state(state, self.sight)
        seen = {**self._told(believed), **self.perception.images(self.imaging.read())}
        if self.sight is not None:
            self._believed = believed
            seen.update(self.sight.observation())
        return self.perception.observation(seen, self.memory.steps)

    def _told(self, state: State) -> Observation:
        """The observation apart from images."""
        return self.sensing.read(state)

    def _forces(self, state: State) -> dict[str, float]:
        """Peak normal force of the last action by pair, N."""
        return {name: state.touch(*pair).peak for name, pair in self.pairs.items()}

    def _broken(self, message: str) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Physics broke: the episode fails with zeros to see, since what the engine holds is not to be trusted."""
        self.memory.over = True
        info = {
            "success": False, "is_success": False, "failure": "physics_error", "message": message, "held_seconds": 0.0,
            "reward_terms": {}, "contact_force": {}, "clipped": self.memory.clipped,
        }  # fmt: skip
        return self._nothing(), -1.0, True, False, info

    def _nothing(self) -> Observation:
        boxes = self.observation_space.spaces  # type: ignore[attr-defined]
        return {name: np.zeros(box.shape, box.dtype) for name, box in boxes.items()}

    def get_state(self) -> EpisodeMemory:
        """Everything that makes the present moment, as plain data: it can be stored, pickled and sent."""
        return self.memory.copy()

    def set_state(self, memory: EpisodeMemory) -> Observation:
        """Return to a moment, exactly: the episode is played again from its seed up to there."""
        if memory.seed is None:
            raise UsageError("this state was taken before the first reset; there is nothing to return to")
        self.np_random.bit_generator.state = memory.generator
        observation, _ = self._begin(memory.seed, memory.variations)
        for action in memory.actions:
            observation, *_ = self.step(action)  # type: ignore[arg-type]
        self.memory = memory.copy()
        return observation

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of and where it is: a physics engine cannot be sent."""
        arguments = {
            "task": self.task, "observe": [*self.sensing.layout, *self.imaging.kinds], "reward": self.reward_kind,
            "cameras": list(self.imaging.cameras) or None, "size": self.imaging.size,
            "renderer": self.pictures.renderer, "quality": self.pictures.quality,
            "variations": {v.path: v.written() for v in self.variations}, "render_mode": self.render_mode,
        }  # fmt: skip
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


def _restored(kind: type[TaskEnv], arguments: dict[str, Any], spec: Any, memory: EpisodeMemory) -> TaskEnv:
    """An environment that was pickled, at the moment at which it was."""
    env = kind(**arguments)
    env.spec = spec
    if memory.seed is not None:
        env.set_state(memory)
    return env


def _modes_here(task: Task) -> list[str]:
    """The render modes that this machine and this task have: a window needs a display, an image a camera."""
    images = [mode for mode in _MODES if mode != "human"] if cameras_of(task) else []
    return [*(["human"] if has_display() else []), *images]


def _changed(
    task: str | Path | Task, robot: str | None, control: Control | None, settings: Sequence[str]
) -> Task:  # fmt: skip
    """The task with what the caller wants otherwise; robot and control mode are settings like any other."""
    named = {"robot.model": robot, "robot.control": control}
    chosen = [f"{path}={value}" for path, value in named.items() if value is not None]
    return load_task(task, [*chosen, *settings] if chosen else settings)
