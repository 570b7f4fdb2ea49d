"""Corrections of a policy: the agreement of a policy with the expert once they are applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce

from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError
from mygym_lite.harness.contract.action_corrections import list_action_corrections
from mygym_lite.harness.contract.agreement import Agreement, measure_agreement, pair_actions
from mygym_lite.harness.contract.correction import Correction, Part
from mygym_lite.harness.contract.expert_episodes import ActionSpace, Array, ExpertEpisode, describe_actions
from mygym_lite.harness.contract.mapping_corrections import list_mapping_corrections
from mygym_lite.harness.contract.observation_corrections import list_observation_corrections
from mygym_lite.harness.contract.predictions import ChangeObservation, Prediction, predict
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.remote.mapped_policy import MappedPolicy
from mygym_lite.policies.remote.mapping import ActionMapping


@dataclass(frozen=True)
class Subject:
    """Policy that is checked, its environment, and the episodes of the expert."""

    policy: Policy
    env: TaskEnv
    episodes: Sequence[ExpertEpisode]

    @cached_property
    def space(self) -> ActionSpace:
        """Meaning of its actions."""
        return describe_actions(self.env)

    def predict(
        self, corrections: Sequence[Correction] = (), change: ChangeObservation | None = None
    ) -> list[Prediction]:
        """Compute the actions with the mapping and the observations of these corrections, and one more change."""
        policy = self.policy
        mappings = [correction.mapping for correction in corrections if correction.mapping is not None]
        if isinstance(policy, MappedPolicy):
            mapping = reduce(lambda mapping, correct: correct(mapping), mappings, policy.mapping)
            unclipped = replace(mapping.action, clip=False)  # units show in what a mapping would clip
            policy = policy.with_mapping(replace(mapping, action=unclipped))
        changes = [correction.observation for correction in corrections if correction.observation is not None]
        changes += [] if change is None else [change]

        def apply(observation: Observation) -> Observation:
            return reduce(lambda changed, correct: correct(changed), changes, observation)

        return predict(policy, self.env, self.episodes, apply)


@dataclass(frozen=True)
class CorrectedPolicy:
    """Corrections, and the actions of the policy once their observations and mapping are applied."""

    subject: Subject
    corrections: tuple[Correction, ...]
    predictions: Sequence[Prediction]

    @classmethod
    def begin(cls, subject: Subject) -> CorrectedPolicy:
        """Begin without corrections."""
        return cls(subject, (), subject.predict())

    @property
    def action_mapping(self) -> ActionMapping:
        """Mapping of the actions with all corrections."""
        policy = self.subject.policy
        own = policy.mapping.action if isinstance(policy, MappedPolicy) else ActionMapping()
        changes = [correction.linear for correction in self.corrections if correction.linear is not None]
        return reduce(lambda mapping, change: change.compose(mapping), changes, own)

    @cached_property
    def agreement(self) -> Agreement:
        """Agreement with the expert after all corrections."""
        return measure_agreement(self.predictions, self.subject.space, self._correct_actions)

    def add(self, correction: Correction) -> CorrectedPolicy | None:
        """Apply one more correction; None if the policy rejects the changed observations."""
        corrections = (*self.corrections, correction)
        if not correction.needs_inference:
            return CorrectedPolicy(self.subject, corrections, self.predictions)
        try:
            return CorrectedPolicy(self.subject, corrections, self.subject.predict(corrections))
        except MyGymError:
            return None

    def list_aspects(self) -> dict[str, Part]:
        """List the aspects for which there are corrections, with the part of the action that they can improve."""
        return {correction.aspect: correction.part for correction in self._list_corrections()}

    def list_candidates(self) -> Iterator[Correction]:
        """List corrections that could be added, none of an aspect that has one."""
        used = {correction.aspect for correction in self.corrections}
        return (correction for correction in self._list_corrections() if correction.aspect not in used)

    def _list_corrections(self) -> list[Correction]:
        env = self.subject.env
        rows, expert = pair_actions(self.predictions, self._correct_actions)
        is_chunked = any(len(prediction.actions) > 1 for prediction in self.predictions)
        hz = env.task.episode.control_hz
        candidates = [*list_action_corrections(self.subject.space, rows, expert, hz, is_chunked)]
        candidates += list_observation_corrections(env, self.subject.episodes[0].observations[0])
        if isinstance(self.subject.policy, MappedPolicy):
            candidates += list_mapping_corrections(self.subject.policy.mapping)
        return candidates

    def _correct_actions(self, actions: Array, prediction: Prediction) -> Array:
        for correction in self.corrections:
            if correction.actions is not None:
                actions = correction.actions(actions, prediction)
        return actions
