"""Records any block of a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mygym_lite.demonstrations.block import BLOCKS_FOLDER, Block, write_arrays
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.manifest import RECORDING_FOLDER
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.demonstrations.recording_env import RecordingEnv, RecordingGoalEnv
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.files import hold_shared_lock
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.policies.heartbeat import HeartbeatPolicy
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.watchdog import GuardedPolicy
from mygym_lite.rollout.action_noise import RECORDING_NOISE, NoisyPolicy
from mygym_lite.rollout.rollout import run_episode

if TYPE_CHECKING:
    from mygym_lite.rollout.record import EpisodeRecord


class RecordingWorker:
    """One process's share.

    Args:
        plan: Of the recording, whose folder has to be in sight.
        heartbeat: Is told when the policy begins to work, and for how long it may.
    """

    def __init__(self, plan: RecordingPlan, heartbeat: Heartbeat = no_heartbeat) -> None:
        kind = RecordingGoalEnv if issubclass(plan.policy.get_env_class(), GoalEnv) else RecordingEnv
        self._plan = plan
        self.env: RecordingEnv = make_env(kind, plan.task, plan.build_env_arguments(), plan.policy.label)  # type: ignore[assignment]
        if plan.estimator is not None:
            from mygym_lite.perception.state_estimator import attach_estimator

            attach_estimator(self.env, plan.estimator.load())
        space: Any = self.env.action_space
        self._guarded = GuardedPolicy(plan.policy.make(self.env), space, plan.action_timeout)
        timed = HeartbeatPolicy(self._guarded, heartbeat, plan.action_timeout)
        self._noisy = NoisyPolicy(timed, RECORDING_NOISE, plan.task, space.shape[0], plan.noise)

    def run_job(self, number: int) -> Block:
        """Record a block."""
        plan = self._plan
        if not RECORDING_FOLDER.exists(plan.folder):
            raise UsageError(f"{plan.folder}: is not seen by a worker; choose a folder that all nodes share")
        outcomes: list[bool] = []
        with hold_shared_lock(plan.folder / BLOCKS_FOLDER):
            digest = write_arrays(plan.folder, number, self._kept(number, outcomes))
            kept = [place for place, success in enumerate(outcomes) if success or not plan.only_successes]
            block = Block(number, outcomes, kept, digest)
            block.write(plan.folder)
        return block

    def _kept(self, block: int, outcomes: list[bool]) -> Iterator[Demonstration]:
        """Its episodes but for failures, where these are not wanted."""
        for number in self._plan.list_episodes(block):
            shown = self.record_episode(number)
            outcomes.append(shown.success)
            if shown.success or not self._plan.only_successes:
                yield shown

    def record_episode(self, number: int) -> Demonstration:
        """Play one episode."""
        with self._guarded:
            record = run_episode(self._plan.build_spec(number), self._noisy, self.env)
        if record.failure == "policy_error":
            raise PolicyError(f"policy {self._plan.policy.label}: {record.message} (episode of seed {record.seed})")
        return self.env.recorder.build_demonstration(self._noisy.labels, self.env.episode_state.actions, _told(record))

    def close(self) -> None:
        """Let the physics engine go."""
        self.env.close()


def _told(record: EpisodeRecord) -> dict[str, Any]:
    """Without what is not the same everywhere."""
    table: dict[str, Any] = json.loads(record.to_line())
    del table["wall"]
    return table
