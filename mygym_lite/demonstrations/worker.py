"""Records any block of a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mygym_lite.demonstrations.action_noise import Noisy
from mygym_lite.demonstrations.block import FOLDER, Block, write_arrays
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.manifest import RECORDING
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.demonstrations.recording_env import TapedEnv, TapedGoalEnv
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.files import present
from mygym_lite.jobs.scheduler import Tell, unattended
from mygym_lite.policies.heartbeat import Timed
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.watchdog import Guarded
from mygym_lite.rollout.rollout import run_episode

if TYPE_CHECKING:
    from mygym_lite.rollout.record import EpisodeRecord


class Recorder:
    """One process's share.

    Args:
        plan: Of the recording, whose folder has to be in sight.
        tell: Is told when the policy begins to work, and for how long it may.
    """

    def __init__(self, plan: RecordingPlan, tell: Tell = unattended) -> None:
        kind = TapedGoalEnv if issubclass(plan.policy.env_kind(), GoalEnv) else TapedEnv
        self._plan = plan
        self.env: TapedEnv = make_env(kind, plan.task, plan.env_arguments(), plan.policy.label)  # type: ignore[assignment]
        if plan.eyes is not None:
            self._open_eyes(plan)
        space: Any = self.env.action_space
        self._guarded = Guarded(plan.policy.make(self.env), space, plan.patience)
        episode = plan.task.episode
        timed = Timed(self._guarded, tell, plan.patience)
        self._noisy = Noisy(timed, plan.task.max_steps, space.shape[0], plan.noise, episode.control_hz)

    def _open_eyes(self, plan: RecordingPlan) -> None:
        from mygym_lite.perception.state_estimator import EyeSight

        assert plan.eyes is not None
        self.env.look_through(EyeSight(self.env, plan.eyes.load()))

    def play(self, number: int) -> Block:
        """Record a block."""
        plan = self._plan
        if not RECORDING.is_there(plan.folder):
            raise UsageError(f"{plan.folder}: is not seen by a worker; choose a folder that all nodes share")
        outcomes: list[bool] = []
        with present(plan.folder / FOLDER):
            digest = write_arrays(plan.folder, number, self._kept(number, outcomes))
            kept = [place for place, success in enumerate(outcomes) if success or not plan.only_successes]
            block = Block(number, outcomes, kept, digest)
            block.write(plan.folder)
        return block

    def _kept(self, block: int, outcomes: list[bool]) -> Iterator[Demonstration]:
        """Its episodes but for failures, where these are not wanted."""
        for number in self._plan.numbers(block):
            shown = self.episode(number)
            outcomes.append(shown.success)
            if shown.success or not self._plan.only_successes:
                yield shown

    def episode(self, number: int) -> Demonstration:
        """Play one episode."""
        with self._guarded:
            record = run_episode(self._plan.spec(number), self._noisy, self.env)
        if record.failure == "policy_error":
            raise PolicyError(f"policy {self._plan.policy.label}: {record.message} (episode of seed {record.seed})")
        return self.env.tape.demonstration(self._noisy.labels, self.env.memory.actions, _told(record))

    def close(self) -> None:
        """Let the physics engine go."""
        self.env.close()


def _told(record: EpisodeRecord) -> dict[str, Any]:
    """Without what is not the same everywhere."""
    table: dict[str, Any] = json.loads(record.to_line())
    del table["wall"]
    return table
