"""What finds things in pictures for a policy: the backbone of perception, and where in a picture each feature is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mygym_lite.perception.camera_encoding import EDGE
from mygym_lite.perception.network import WIDTHS, Network

_SPOTS, _THOUGHT = 32, 128
_SHARP = 4.0  # times the usual first weights, without which every spot would begin as the middle of the picture
_GAIN, _TINT, _GRAIN = 0.25, 0.06, 0.02  # of a picture, of each of its colours, of each pixel


class Trunk(nn.Module):
    """Looks through several cameras with the same weights, and says where things are.

    While it learns, pictures are a little brighter, darker, tinted and grainy, each in its own way. They are not
    shifted: one pixel is a centimetre for a camera that stands a metre away, and what is right is not the same there.

    Args:
        cameras: How many.
        numbers: That the robot knows of itself.
        told: Numbers that say where things are.
        network: Of trained perception, with which it begins; without one it knows nothing.
    """

    def __init__(self, cameras: int, numbers: int, told: int, network: Network | None = None) -> None:
        super().__init__()
        known = (network or Network(1, (EDGE, EDGE))).folded()
        self.fine, self.near, self.far, self.whole = known.fine, known.near, known.far, known.whole
        self.from_whole, self.from_far, self.up_far = known.from_whole, known.from_far, known.up_far
        self.up_near = known.up_near
        _unguided(self.up_near)
        self.spots = nn.Conv2d(self.up_near[1][0].out_channels, _SPOTS, 1)  # type: ignore[index]
        _begun(self.spots, known.classes)
        self.thought = nn.Linear(cameras * 2 * _SPOTS + numbers, _THOUGHT)
        self.where = nn.Linear(_THOUGHT, told)
        self.requires_grad_(True)
        self.parts = (cameras * 2 * _SPOTS, told)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def backbone(self) -> list[nn.Parameter]:
        """The weights that came from perception."""
        own = {id(weight) for part in (self.spots, self.thought, self.where) for weight in part.parameters()}
        return [weight for weight in self.parameters() if id(weight) not in own]

    def forward(self, pictures: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Where features are (n, parts[0]) and where things are (n, parts[1]).

        Args:
            pictures: (n, cameras, height, width, 3), 0 to 255.
            numbers: (n, numbers), normalised.
        """
        rgb = pictures.flatten(0, 1).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        rgb = _varied(rgb) if self.training else rgb
        spots = _places(self.spots(self._looked(rgb.contiguous(memory_format=torch.channels_last))))
        found = spots.reshape(len(pictures), -1)
        thought = torch.relu(self.thought(torch.cat([found, numbers], 1)))
        return found, self.where(thought)

    def _looked(self, rgb: Tensor) -> Tensor:
        near = self.near(self.fine(rgb))
        far = self.far(near)
        far = self.up_far(far + _doubled(self.from_whole(self.whole(far))))
        features: Tensor = self.up_near(near + _doubled(self.from_far(far)))
        return features


def _places(maps: Tensor) -> Tensor:
    """Where each map is high (n, maps, 2), from -1 to 1 across and down."""
    rows, columns = maps.shape[2:]
    likely = functional.softmax(maps.flatten(2), -1).reshape(maps.shape)
    down, across = (torch.linspace(-1.0, 1.0, edge) for edge in (rows, columns))
    return torch.stack([(likely.sum(2) * across).sum(-1), (likely.sum(3) * down).sum(-1)], -1)


def _varied(rgb: Tensor) -> Tensor:
    """Pictures as they might have been lit."""
    count = len(rgb)
    gain = 1.0 + _GAIN * (2.0 * torch.rand(count, 1, 1, 1) - 1.0) + _TINT * torch.randn(count, 3, 1, 1)
    return (rgb * gain + _GRAIN * torch.randn_like(rgb)).clamp(0.0, 1.0)


def _begun(spots: nn.Conv2d, classes: nn.Conv2d) -> None:
    """Look at first for what perception knows, and elsewhere for anything that stands out."""
    known = classes.out_channels
    with torch.no_grad():
        spots.weight.mul_(_SHARP)
        spots.weight[:known], spots.bias[:known] = classes.weight, classes.bias  # type: ignore[index,assignment]


def _unguided(layers: nn.Sequential) -> None:
    """Let it do without what tells perception how the camera stands."""
    first: nn.Conv2d = layers[0][0]  # type: ignore[index]
    first.weight = nn.Parameter(first.weight.detach()[:, : WIDTHS[1]].clone())
    first.in_channels = WIDTHS[1]


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
