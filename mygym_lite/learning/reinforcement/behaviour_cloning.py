"""Mixins of Stable-Baselines3 algorithms: a warm start, and behaviour cloning with a Q-filter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from torch import nn

from mygym_lite.learning.reinforcement.hyperparameters import ActorCritic
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer, MixedReplayBuffer


class WarmStart:
    """Mixin that records how the weights of an algorithm began."""

    is_initialized: bool = False
    """True if the actor began as a policy, from demonstrations or from a checkpoint, instead of at random."""


class BehaviourCloning(WarmStart, OffPolicyAlgorithm):
    """Mixin of actor-critic algorithms that also clones demonstrations into the actor.

    With the Q-filter (arXiv 1709.10089), the cloning loss counts only in states where the critics rate the expert's
    action above the actor's own: cloning leads at first, and ends where the actor has surpassed the demonstrations.
    An initialised actor acts from the first step on, and is frozen while the critics warm up.
    """

    hyperparameters: ActorCritic
    replay_buffer: MixedReplayBuffer
    actor: Any
    critic: Any

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Train actor and critics, then clone demonstrations."""
        super().train(gradient_steps, batch_size)
        demonstrations = self.replay_buffer.demonstrations
        if demonstrations is not None and not self._is_warming_up():
            for _ in range(self.hyperparameters.cloning_steps):
                self._clone(demonstrations, batch_size)

    def pretrain_offline(self) -> None:
        """Train on demonstrations alone, without the Q-filter."""
        buffer, hyperparameters = self.replay_buffer, self.hyperparameters
        fraction, buffer.demonstration_fraction = buffer.demonstration_fraction, 1.0
        self.hyperparameters = replace(hyperparameters, q_filter=False)
        for _ in range(hyperparameters.offline_steps):
            self.train(1, hyperparameters.batch_size)
        buffer.demonstration_fraction, self.hyperparameters = fraction, hyperparameters
        self.is_initialized = True

    def _is_warming_up(self) -> bool:
        return self.is_initialized and self._n_updates < self.hyperparameters.critic_warmup_steps

    def _clone(self, demonstrations: DemonstrationBuffer, batch_size: int) -> None:
        """Take a gradient step of the actor towards the expert's actions."""
        observations, expert_actions, _ = demonstrations.sample_labels(batch_size)
        arguments = {"deterministic": True} if hasattr(self.actor, "log_std") else {}
        actions = self.actor(observations, **arguments)
        loss = ((actions - expert_actions) ** 2).mean(dim=1)
        if self.hyperparameters.q_filter:
            with torch.no_grad():
                is_better = self._estimate_q(observations, expert_actions) > self._estimate_q(observations, actions)
            loss = loss * is_better
        self.actor.optimizer.zero_grad()
        loss.mean().backward()
        self.actor.optimizer.step()

    def _estimate_q(self, observations: Any, actions: torch.Tensor) -> torch.Tensor:
        """Estimate Q-values: the minimum over the critics, or the mean over quantiles."""
        values = self.critic(observations, actions)
        q: torch.Tensor = (
            torch.cat(values, dim=1).min(dim=1).values if isinstance(values, tuple) else values.mean(dim=(1, 2))
        )
        return q

    def _update_learning_rate(self, optimizers: Any) -> None:
        super()._update_learning_rate(optimizers)
        if self._is_warming_up():
            for group in self.actor.optimizer.param_groups:
                group["lr"] = 0.0

    def _sample_action(self, learning_starts: int, *others: Any, **named: Any) -> Any:
        return super()._sample_action(0 if self.is_initialized else learning_starts, *others, **named)


def add_layer_norm(policy_class: type[Any]) -> type[Any]:
    """Derive a policy class with layer normalization in the critics, which limits overestimated Q-values."""

    class LayerNormPolicy(policy_class):  # type: ignore[misc]
        def make_critic(self, *arguments: Any, **named: Any) -> Any:
            critic = super().make_critic(*arguments, **named)
            for network in critic.q_networks:
                for index, layer in reversed(list(enumerate(network))[:-1]):
                    if isinstance(layer, nn.Linear):
                        network.insert(index + 1, nn.LayerNorm(layer.out_features))
            return critic

    return LayerNormPolicy
