"""Worker that records blocks of episodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mygym_lite.demonstrations.block import Block, write_arrays
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.manifest import RECORDING_FOLDER
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.demonstrations.recording_env import RecordingEnv, RecordingGoalEnv
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.errors import PolicyError
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.policies.heartbeat import HeartbeatPolicy
from mygym_lite.policies.metadata import make_env
from mygym_lite.policies.watchdog import GuardedPolicy
from mygym_lite.rollout.action_noise import RECORDING_NOISE, NoisyPolicy
from mygym_lite.rollout.rollout import run_episode


class RecordingWorker:
    """Records any block of a recording.

    Args:
        plan: Plan of the recording, whose folder has to be visible here.
        heartbeat: Callback around calls of the policy, with its time limit.
    """

    def __init__(self, plan: RecordingPlan, heartbeat: Heartbeat = no_heartbeat) -> None:
        env_class = RecordingGoalEnv if issubclass(plan.policy.get_env_class(), GoalEnv) else RecordingEnv
        self._plan = plan
        self.env: RecordingEnv = make_env(env_class, plan.task, plan.build_env_arguments(), plan.policy.label)  # type: ignore[assignment]
        if plan.estimator is not None:
            from mygym_lite.perception.state_estimator import attach_estimator

            attach_estimator(self.env, plan.estimator.load())
        space: Any = self.env.action_space
        self._guarded = GuardedPolicy(plan.policy.make(self.env), space, plan.action_timeout)
        timed = HeartbeatPolicy(self._guarded, heartbeat, plan.action_timeout)
        self._noisy = NoisyPolicy(timed, RECORDING_NOISE, plan.task, space.shape[0], plan.noise)

    def run_job(self, number: int) -> Block:
        """Record a block."""
        folder, outcomes = self._plan.folder, list[bool]()
        with RECORDING_FOLDER.hold(folder):
            digest = write_arrays(folder, number, self._record_block(number, outcomes))
            saved = [index for index, success in enumerate(outcomes) if success or not self._plan.only_successes]
            block = Block(number, outcomes, saved, digest)
            block.write(folder)
        return block

    def _record_block(self, block: int, outcomes: list[bool]) -> Iterator[Demonstration]:
        """Yield the episodes to save, and note all outcomes."""
        for number in self._plan.list_episodes(block):
            demonstration = self.record_episode(number)
            outcomes.append(demonstration.success)
            if demonstration.success or not self._plan.only_successes:
                yield demonstration

    def record_episode(self, number: int) -> Demonstration:
        """Record one episode."""
        with self._guarded:
            record = run_episode(self._plan.build_spec(number), self._noisy, self.env)
        if record.failure == "policy_error":
            raise PolicyError(f"policy {self._plan.policy.label}: {record.message} (episode of seed {record.seed})")
        table: dict[str, Any] = json.loads(record.to_line())
        del table["wall"]  # differs between machines
        return self.env.recorder.build_demonstration(self._noisy.labels, self.env.episode_state.actions, table)

    def close(self) -> None:
        """Close the physics engine."""
        self.env.close()
