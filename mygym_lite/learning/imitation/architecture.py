"""Which network learns, and what it looks like before it has learned anything."""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.errors import UsageError, nearest
from mygym_lite.learning.imitation.data import Examples, Normal
from mygym_lite.learning.imitation.networks import Front, Looking, MlpNet, Net

HEADS = ("mlp", "recurrent", "chunks")
"""A multilayer perceptron; a gated recurrent network; a transformer that says several actions ahead."""


@dataclass(frozen=True)
class Head:
    """What turns what is seen into actions.

    Args:
        kind: One of ``HEADS``.
        history: Of an mlp: the observations and own actions that it sees; 1: the present observation alone.
        horizon: Of chunks: actions that it says ahead.
        decay: Of chunks: in the mean over all that was said of a moment, the i-th answer, the oldest first, counts
            ``exp(-decay i)``.
        execute: Of chunks: actions that are carried out before it looks again; 0: it looks at every moment.
        eyes: Of pictures: trained perception whose backbone it begins with; without it, with one that knows nothing.
    """

    kind: str = "mlp"
    history: int = 1
    horizon: int = 10
    decay: float = 0.01
    execute: int = 0
    eyes: str | None = None

    def __post_init__(self) -> None:
        """Refuse what does not belong together."""
        if self.kind not in HEADS:
            raise UsageError(f"imitation: no head '{self.kind}'{nearest(self.kind, HEADS)}")
        if self.history < 1 or (self.history > 1 and self.kind != "mlp"):
            raise UsageError(f"imitation: history {self.history} is not for head '{self.kind}'; only an mlp has one")

    def net(self, train: Examples, hidden: tuple[int, ...]) -> Net:
        """A network that has learned nothing but how numbers are spread.

        Args:
            train: What it will learn from.
            hidden: How wide its layers are.
        """
        inputs, outputs = Normal.of(train.seen), Normal.of(train.actions)
        front = self._front(train)
        if self.kind == "recurrent":
            from mygym_lite.learning.imitation.sequence_networks import RecurrentNet

            return RecurrentNet(hidden[0], hidden[-1], inputs, outputs, front)
        if self.kind == "chunks":
            from mygym_lite.learning.imitation.sequence_networks import ChunkNet
            from mygym_lite.policies.action_chunking import Network

            return ChunkNet(Network(hidden[0], self.horizon, self.decay, self.execute), inputs, outputs, front)
        return MlpNet(hidden, self.history, inputs, outputs, front)

    def _front(self, train: Examples) -> Front:
        """What it is given of a moment."""
        if not train.pictures:
            return Front(train.parts)
        from mygym_lite.perception.estimator import Eyes
        from mygym_lite.policies.vision_backbone import Trunk

        network = None if self.eyes is None else Eyes.load(self.eyes).network
        cameras, told = train.pictures[0].shape[1], train.told.shape[1]
        trunk = Trunk(cameras, sum(train.parts), told, network)
        return Looking(train.parts, trunk, Normal.of(train.told))


PLAIN = Head()
"""A multilayer perceptron from the present observation."""
