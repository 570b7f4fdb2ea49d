"""Which network learns, and what it looks like before it has learned anything."""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.errors import UsageError, suggest
from mygym_lite.learning.imitation.data import Examples, Normalizer
from mygym_lite.learning.imitation.networks import ImitationNetwork, MlpNetwork, StateEncoder, VisionEncoder

NETWORK_KINDS = ("mlp", "recurrent", "action_chunking")
"""A multilayer perceptron; a gated recurrent network; a transformer that says several actions ahead."""


@dataclass(frozen=True)
class NetworkConfig:
    """What turns what is seen into actions.

    Args:
        kind: One of ``NETWORK_KINDS``.
        history: Of an mlp: the observations and own actions that it sees; 1: the present observation alone.
        horizon: Of chunks: actions that it says ahead.
        decay: Of chunks: in the mean over all that was said of a moment, the i-th answer, the oldest first, counts
            ``exp(-decay i)``.
        execute: Of chunks: actions that are carried out before it looks again; 0: it looks at every moment.
        perception: Of pictures: trained perception whose backbone it begins with; without it, with one that knows nothing.
    """

    kind: str = "mlp"
    history: int = 1
    horizon: int = 10
    decay: float = 0.01
    execute: int = 0
    perception: str | None = None

    def __post_init__(self) -> None:
        """Refuse what does not belong together."""
        if self.kind not in NETWORK_KINDS:
            raise UsageError(f"imitation: no head '{self.kind}'{suggest(self.kind, NETWORK_KINDS)}")
        if self.history < 1 or (self.history > 1 and self.kind != "mlp"):
            raise UsageError(f"imitation: history {self.history} is not for head '{self.kind}'; only an mlp has one")

    def make_network(self, train: Examples, hidden: tuple[int, ...]) -> ImitationNetwork:
        """A network that has learned nothing but how numbers are spread.

        Args:
            train: What it will learn from.
            hidden: How wide its layers are.
        """
        inputs, outputs = Normalizer.fit(train.observations), Normalizer.fit(train.actions)
        front = self._front(train)
        if self.kind == "recurrent":
            from mygym_lite.learning.imitation.sequence_networks import RecurrentNetwork

            return RecurrentNetwork(hidden[0], hidden[-1], inputs, outputs, front)
        if self.kind == "action_chunking":
            from mygym_lite.learning.imitation.sequence_networks import ActionChunkingNetwork
            from mygym_lite.policies.action_chunking import ActionChunkingPolicyConfig

            return ActionChunkingNetwork(
                ActionChunkingPolicyConfig(hidden[0], self.horizon, self.decay, self.execute), inputs, outputs, front
            )
        return MlpNetwork(hidden, self.history, inputs, outputs, front)

    def _front(self, train: Examples) -> StateEncoder:
        """What it is given of a moment."""
        if not train.images:
            return StateEncoder(train.group_sizes)
        from mygym_lite.perception.estimator import PoseEstimator
        from mygym_lite.policies.vision_backbone import VisionBackbone

        network = None if self.perception is None else PoseEstimator.load(self.perception).network
        cameras, told = train.images[0].shape[1], train.auxiliary_targets.shape[1]
        trunk = VisionBackbone(cameras, sum(train.group_sizes), told, network)
        return VisionEncoder(train.group_sizes, trunk, Normalizer.fit(train.auxiliary_targets))


DEFAULT_NETWORK = NetworkConfig()
"""A multilayer perceptron from the present observation."""
