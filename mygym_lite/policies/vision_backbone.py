"""Vision backbone of policies: the feature pyramid network of perception, a spatial softmax and an auxiliary head."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mygym_lite.perception.camera_encoding import BACKBONE_STRIDE
from mygym_lite.perception.network import WIDTHS, PoseNetwork

_KEYPOINTS, _HIDDEN = 32, 128
_INIT_GAIN = 4.0  # of the first weights; with the usual ones, every keypoint would start at the image centre
_GAIN, _TINT, _NOISE = 0.25, 0.06, 0.02  # augmentation: of an image, of each colour channel, of each pixel


class VisionBackbone(nn.Module):
    """Shared feature pyramid over all cameras, keypoints by spatial softmax, and a head that predicts hidden state.

    In training mode, images are augmented in brightness, tint and noise, each image on its own. They are not shifted:
    for a camera at a distance of 1 m, a pixel is a centimetre, and a shifted image would need another action.

    Args:
        num_cameras: Number of cameras.
        vector_size: Size of the state vectors.
        auxiliary_size: Size of the predicted withheld state.
        pretrained: Network of trained perception that initialises the pyramid; random weights if None.
    """

    def __init__(
        self, num_cameras: int, vector_size: int, auxiliary_size: int, pretrained: PoseNetwork | None = None
    ) -> None:
        super().__init__()
        source = (pretrained or PoseNetwork(1, (BACKBONE_STRIDE, BACKBONE_STRIDE))).fuse_batch_norm()
        self.stage1, self.stage2, self.stage3, self.stage4 = source.stage1, source.stage2, source.stage3, source.stage4
        self.top_down4, self.top_down3, self.merge3 = source.top_down4, source.top_down3, source.merge3
        self.merge2 = source.merge2
        _drop_camera_inputs(self.merge2)
        self.keypoint_maps = nn.Conv2d(self.merge2[1][0].out_channels, _KEYPOINTS, 1)  # type: ignore[index]
        _initialize_keypoint_maps(self.keypoint_maps, source.class_head)
        self.hidden = nn.Linear(num_cameras * 2 * _KEYPOINTS + vector_size, _HIDDEN)
        self.auxiliary_head = nn.Linear(_HIDDEN, auxiliary_size)
        self.requires_grad_(True)
        self.feature_sizes = (num_cameras * 2 * _KEYPOINTS, auxiliary_size)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def get_pretrained_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that come from perception."""
        new_modules = (self.keypoint_maps, self.hidden, self.auxiliary_head)
        new = {id(parameter) for module in new_modules for parameter in module.parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in new]

    def forward(self, images: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the keypoints (n, feature_sizes[0]) and the predicted state (n, feature_sizes[1]).

        Args:
            images: Images (n, cameras, height, width, 3), 0 to 255.
            vectors: Normalised state vectors (n, vector_size).
        """
        rgb = images.flatten(0, 1).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        rgb = _augment(rgb) if self.training else rgb
        features = self._compute_features(rgb.contiguous(memory_format=torch.channels_last))
        keypoints = _apply_spatial_softmax(self.keypoint_maps(features)).reshape(len(images), -1)
        hidden = torch.relu(self.hidden(torch.cat([keypoints, vectors], 1)))
        return keypoints, self.auxiliary_head(hidden)

    def _compute_features(self, rgb: Tensor) -> Tensor:
        """Compute the finest level of the feature pyramid."""
        level2 = self.stage2(self.stage1(rgb))
        level3 = self.stage3(level2)
        level3 = self.merge3(level3 + _upsample(self.top_down4(self.stage4(level3))))
        features: Tensor = self.merge2(level2 + _upsample(self.top_down3(level3)))
        return features


def _apply_spatial_softmax(maps: Tensor) -> Tensor:
    """Compute the expected image position (n, maps, 2) of each map, from -1 to 1 across and down."""
    rows, columns = maps.shape[2:]
    weights = functional.softmax(maps.flatten(2), -1).reshape(maps.shape)
    down, across = (torch.linspace(-1.0, 1.0, edge) for edge in (rows, columns))
    return torch.stack([(weights.sum(2) * across).sum(-1), (weights.sum(3) * down).sum(-1)], -1)


def _augment(rgb: Tensor) -> Tensor:
    """Vary brightness and tint, and add noise."""
    count = len(rgb)
    gain = 1.0 + _GAIN * (2.0 * torch.rand(count, 1, 1, 1) - 1.0) + _TINT * torch.randn(count, 3, 1, 1)
    return (rgb * gain + _NOISE * torch.randn_like(rgb)).clamp(0.0, 1.0)


def _initialize_keypoint_maps(keypoint_maps: nn.Conv2d, class_head: nn.Conv2d) -> None:
    """Start the first maps as the object classes of perception, and the others at random."""
    num_classes = class_head.out_channels
    with torch.no_grad():
        keypoint_maps.weight.mul_(_INIT_GAIN)
        keypoint_maps.weight[:num_classes] = class_head.weight
        keypoint_maps.bias[:num_classes] = class_head.bias  # type: ignore[index,assignment]


def _drop_camera_inputs(layers: nn.Sequential) -> None:
    """Remove the input channels that hold the camera pose in perception."""
    first: nn.Conv2d = layers[0][0]  # type: ignore[index]
    first.weight = nn.Parameter(first.weight.detach()[:, : WIDTHS[1]].clone())
    first.in_channels = WIDTHS[1]


def _upsample(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
