"""Trained perception: pictures and where their cameras are believed to be, in; where objects are, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.perception.camera_encoding import STRIDE, Array, CameraBatch
from mygym_lite.perception.card import EstimatorMetadata, find_estimator, read_metadata, read_weights, write_estimator
from mygym_lite.perception.detection import CellOutputs, Detection, decode_outputs, extract_detections
from mygym_lite.perception.fusion import LOST, PoseEstimate, fuse_detections
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.perception.yaw import count_folds
from mygym_lite.render.camera import View

Images = Sequence[NDArray[np.uint8]]


class PoseEstimator:
    """Finds objects in pictures.

    Args:
        network: As it was trained.
        metadata: What it is for.
        name: What errors call it.
    """

    def __init__(self, network: PoseNetwork, metadata: EstimatorMetadata, name: str = "") -> None:
        self.metadata, self.name = metadata, name
        self.network, self._looking = network.eval(), network.fuse_batch_norm()

    @classmethod
    def load(cls, folder: str | Path) -> PoseEstimator:
        """Read what ``save`` has written, into a folder or into that of a shipped name."""
        folder = find_estimator(folder)
        card, tensors = read_metadata(folder), read_weights(folder)
        network = PoseNetwork(len(card.classes), card.size)
        state = {name: torch.from_numpy(tensor).to(torch.float32) for name, tensor in tensors.items()}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ConfigError(
                f"{folder}: its weights are of another network than its card says; train again, or copy it again"
            ) from error
        return cls(network, card, folder.name)

    def save(self, folder: Path) -> Path:
        """Write card and weights."""
        tensors = {name: tensor.detach().numpy() for name, tensor in self.network.state_dict().items()}
        return write_estimator(folder, self.metadata, tensors)

    def copy_with_metadata(self, metadata: EstimatorMetadata) -> PoseEstimator:
        """The same network with another card."""
        other = copy(self)
        other.metadata = metadata
        return other

    def predict(self, images: Images, camera_batch: CameraBatch) -> list[CellOutputs]:
        """What is said of each picture, cell by cell."""
        width, height = self.metadata.size
        for picture in images:
            if picture.shape != (height, width, 3):
                raise UsageError(
                    f"perception {self.name}: sees pictures of {width}x{height} px in colour, not of "
                    f"{'x'.join(map(str, (*picture.shape[1::-1], *picture.shape[2:])))}"
                )
        guides = camera_batch.compute_ray_channels(height // STRIDE, width // STRIDE)
        rgb = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        with torch.inference_mode():
            said = self._looking(
                rgb.contiguous(memory_format=torch.channels_last), torch.from_numpy(guides),
                torch.from_numpy(camera_batch.compute_camera_features()),
            )  # fmt: skip
        return [decode_outputs(*(x.numpy() for x in one)) for one in zip(*said, torch.from_numpy(guides), strict=True)]

    def detect(self, outputs: Sequence[CellOutputs], camera_batch: CameraBatch) -> list[Detection]:
        """The objects of all pictures."""
        return [
            one
            for picture, what in enumerate(outputs)
            for one in extract_detections(picture, what, camera_batch.take(np.array([picture])))
        ]

    def estimate_poses(
        self, images: Mapping[str, NDArray[np.uint8]], views: Mapping[str, View], targets: Mapping[str, str]
    ) -> dict[str, PoseEstimate]:
        """Where the objects of a task are.

        Args:
            images: What each camera sees.
            views: Where each is believed to be.
            targets: The model of each object that is looked for, by its name.
        """
        optics = CameraBatch.from_views([views[camera] for camera in images])
        found = self.detect(self.predict(list(images.values()), optics), optics)
        return self.assign_detections(found, targets, optics.headings)

    def assign_detections(
        self, detections: Sequence[Detection], targets: Mapping[str, str], camera_headings: Array
    ) -> dict[str, PoseEstimate]:
        """An estimate of each object that is looked for; no detection is used for two of them."""
        estimates, left = {}, list(detections)
        for name, model in targets.items():
            known = model in self.metadata.classes
            number = self.metadata.classes.index(model) if known else None
            estimate, used = fuse_detections(left, number, count_folds(model) if known else 0, camera_headings)
            estimates[name] = self._calibrated(estimate)
            left = [one for one in left if one not in used]
        return estimates

    def _calibrated(self, estimate: PoseEstimate) -> PoseEstimate:
        if estimate is LOST:
            return estimate
        scale = self.metadata.calibration
        return PoseEstimate(
            estimate.confidence, estimate.position, scale.position**2 * estimate.covariance, estimate.yaw,
            scale.yaw * estimate.yaw_deviation, estimate.images,
        )  # fmt: skip
