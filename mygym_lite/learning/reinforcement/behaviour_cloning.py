"""What demonstrations and a policy to start from add to an actor-critic of Stable-Baselines3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from mygym_lite.learning.reinforcement.hyperparameters import ActorCritic
from mygym_lite.learning.reinforcement.replay_buffers import DemonstrationBuffer


class BehaviourCloning:
    """Mixed into an algorithm: between its own lessons the actor clones what was shown, where that is better.

    The critics' opinion decides, state by state, whether the action that was right in a demonstration is better than
    the actor's own. So cloning leads at first and ends by itself where the actor has outgrown what it was shown.
    """

    hyperparameters: ActorCritic
    is_initialized = False
    """Whether the actor began from a policy: it then acts from the first step on, and the critics learn first."""

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """The algorithm's own lesson, and cloning."""
        super().train(gradient_steps, batch_size)  # type: ignore[misc]
        if not self._waits() and isinstance(getattr(self.replay_buffer, "demonstrations", None), DemonstrationBuffer):  # type: ignore[attr-defined]
            for _ in range(self.hyperparameters.cloning_steps):
                self._clone(batch_size)

    def pretrain_offline(self) -> None:
        """Learn from what was shown alone, and clone all of it; then it acts from the first step on."""
        memory, table = self.replay_buffer, self.hyperparameters  # type: ignore[attr-defined]
        share, memory.demonstration_fraction = memory.demonstration_fraction, 1.0
        self.hyperparameters = replace(table, q_filter=False)
        for _ in range(table.offline_steps):
            self.train(1, table.batch_size)
        memory.demonstration_fraction, self.hyperparameters, self.is_initialized = share, table, True

    def _waits(self) -> bool:
        return self.is_initialized and self._n_updates < self.hyperparameters.critic_warmup_steps  # type: ignore[attr-defined]

    def _clone(self, batch_size: int) -> None:
        seen, right, _ = self.replay_buffer.demonstrations.sample_labels(batch_size)  # type: ignore[attr-defined]
        own = self.actor(seen, deterministic=True) if hasattr(self.actor, "log_std") else self.actor(seen)  # type: ignore[attr-defined]
        loss = ((own - right) ** 2).mean(dim=1)
        if self.hyperparameters.q_filter:
            with torch.no_grad():
                better = self._worth(seen, right) > self._worth(seen, own)
            loss = loss * better
        self.actor.optimizer.zero_grad()  # type: ignore[attr-defined]
        loss.mean().backward()
        self.actor.optimizer.step()  # type: ignore[attr-defined]

    def _worth(self, seen: Any, action: torch.Tensor) -> torch.Tensor:
        """What the critics expect: the least of several, or the mean of quantiles."""
        told = self.critic(seen, action)  # type: ignore[attr-defined]
        worth: torch.Tensor = (
            torch.cat(told, dim=1).min(dim=1).values if isinstance(told, tuple) else told.mean(dim=(1, 2))
        )
        return worth

    def _update_learning_rate(self, optimizers: Any) -> None:
        super()._update_learning_rate(optimizers)  # type: ignore[misc]
        if self._waits():
            for group in self.actor.optimizer.param_groups:  # type: ignore[attr-defined]
                group["lr"] = 0.0

    def _sample_action(self, learning_starts: int, *others: Any, **named: Any) -> Any:
        return super()._sample_action(0 if self.is_initialized else learning_starts, *others, **named)  # type: ignore[misc]


def add_layer_norm(policy_class: type[Any]) -> type[Any]:
    """The same policy with critics that normalise each hidden layer, which keeps them from imagining too much."""

    class Normalised(policy_class):  # type: ignore[misc]
        def make_critic(self, *arguments: Any, **named: Any) -> Any:
            critic = super().make_critic(*arguments, **named)
            for network in critic.q_networks:
                for place, layer in reversed(list(enumerate(network))[:-1]):
                    if isinstance(layer, nn.Linear):
                        network.insert(place + 1, nn.LayerNorm(layer.out_features))
            return critic

    return Normalised
