"""What finds things in pictures for a policy: the backbone of perception, and where in a picture each feature is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mygym_lite.perception.camera_encoding import BACKBONE_STRIDE
from mygym_lite.perception.network import WIDTHS, PoseNetwork

_SPOTS, _THOUGHT = 32, 128
_SHARP = 4.0  # times the usual first weights, without which every spot would begin as the middle of the picture
_GAIN, _TINT, _GRAIN = 0.25, 0.06, 0.02  # of a picture, of each of its colours, of each pixel


class VisionBackbone(nn.Module):
    """Looks through several cameras with the same weights, and says where things are.

    While it learns, pictures are a little brighter, darker, tinted and grainy, each in its own way. They are not
    shifted: one pixel is a centimetre for a camera that stands a metre away, and what is right is not the same there.

    Args:
        num_cameras: How many.
        vector_size: That the robot knows of itself.
        auxiliary_size: Numbers that say where things are.
        pretrained: Of trained perception, with which it begins; without one it knows nothing.
    """

    def __init__(
        self, num_cameras: int, vector_size: int, auxiliary_size: int, pretrained: PoseNetwork | None = None
    ) -> None:
        super().__init__()
        known = (pretrained or PoseNetwork(1, (BACKBONE_STRIDE, BACKBONE_STRIDE))).fuse_batch_norm()
        self.stage1, self.stage2, self.stage3, self.stage4 = known.stage1, known.stage2, known.stage3, known.stage4
        self.top_down4, self.top_down3, self.merge3 = known.top_down4, known.top_down3, known.merge3
        self.merge2 = known.merge2
        _unguided(self.merge2)
        self.keypoint_maps = nn.Conv2d(self.merge2[1][0].out_channels, _SPOTS, 1)  # type: ignore[index]
        _begun(self.keypoint_maps, known.class_head)
        self.hidden = nn.Linear(num_cameras * 2 * _SPOTS + vector_size, _THOUGHT)
        self.auxiliary_head = nn.Linear(_THOUGHT, auxiliary_size)
        self.requires_grad_(True)
        self.feature_sizes = (num_cameras * 2 * _SPOTS, auxiliary_size)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def get_pretrained_parameters(self) -> list[nn.Parameter]:
        """The weights that came from perception."""
        own = {
            id(weight)
            for part in (self.keypoint_maps, self.hidden, self.auxiliary_head)
            for weight in part.parameters()
        }
        return [weight for weight in self.parameters() if id(weight) not in own]

    def forward(self, images: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Where features are (n, parts[0]) and where things are (n, parts[1]).

        Args:
            images: (n, cameras, height, width, 3), 0 to 255.
            vectors: (n, numbers), normalised.
        """
        rgb = images.flatten(0, 1).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        rgb = _varied(rgb) if self.training else rgb
        spots = _places(self.keypoint_maps(self._looked(rgb.contiguous(memory_format=torch.channels_last))))
        found = spots.reshape(len(images), -1)
        thought = torch.relu(self.hidden(torch.cat([found, vectors], 1)))
        return found, self.auxiliary_head(thought)

    def _looked(self, rgb: Tensor) -> Tensor:
        near = self.stage2(self.stage1(rgb))
        far = self.stage3(near)
        far = self.merge3(far + _doubled(self.top_down4(self.stage4(far))))
        features: Tensor = self.merge2(near + _doubled(self.top_down3(far)))
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
