"""Trained perception: pictures and where their cameras are believed to be, in; where objects are, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.errors import SpecError, UsageError
from mygym_lite.perception.camera_encoding import STRIDE, Array, Optics
from mygym_lite.perception.card import Card, find_eyes, read_card, read_weights, write_card
from mygym_lite.perception.detection import Detection, Heard, detections, heard
from mygym_lite.perception.fusion import LOST, Estimate, fused
from mygym_lite.perception.network import Network
from mygym_lite.perception.yaw import folds_of
from mygym_lite.render.camera import View

Pictures = Sequence[NDArray[np.uint8]]


class Eyes:
    """Finds objects in pictures.

    Args:
        network: As it was trained.
        card: What it is for.
        name: What errors call it.
    """

    def __init__(self, network: Network, card: Card, name: str = "") -> None:
        self.card, self.name = card, name
        self.network, self._looking = network.eval(), network.folded()

    @classmethod
    def load(cls, folder: str | Path) -> Eyes:
        """Read what ``save`` has written, into a folder or into that of a shipped name."""
        folder = find_eyes(folder)
        card, tensors = read_card(folder), read_weights(folder)
        network = Network(len(card.classes), card.size)
        state = {name: torch.from_numpy(tensor).to(torch.float32) for name, tensor in tensors.items()}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise SpecError(
                f"{folder}: its weights are of another network than its card says; train again, or copy it again"
            ) from error
        return cls(network, card, folder.name)

    def save(self, folder: Path) -> Path:
        """Write card and weights."""
        tensors = {name: tensor.detach().numpy() for name, tensor in self.network.state_dict().items()}
        return write_card(folder, self.card, tensors)

    def with_card(self, card: Card) -> Eyes:
        """The same network with another card."""
        other = copy(self)
        other.card = card
        return other

    def look(self, pictures: Pictures, optics: Optics) -> list[Heard]:
        """What is said of each picture, cell by cell."""
        width, height = self.card.size
        for picture in pictures:
            if picture.shape != (height, width, 3):
                raise UsageError(
                    f"perception {self.name}: sees pictures of {width}x{height} px in colour, not of "
                    f"{'x'.join(map(str, (*picture.shape[1::-1], *picture.shape[2:])))}"
                )
        guides = optics.guides(height // STRIDE, width // STRIDE)
        rgb = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        with torch.inference_mode():
            said = self._looking(
                rgb.contiguous(memory_format=torch.channels_last), torch.from_numpy(guides),
                torch.from_numpy(optics.situations()),
            )  # fmt: skip
        return [heard(*(x.numpy() for x in one)) for one in zip(*said, torch.from_numpy(guides), strict=True)]

    def detect(self, said: Sequence[Heard], optics: Optics) -> list[Detection]:
        """The objects of all pictures."""
        return [
            one
            for picture, what in enumerate(said)
            for one in detections(picture, what, optics.take(np.array([picture])))
        ]

    def find(
        self, images: Mapping[str, NDArray[np.uint8]], views: Mapping[str, View], wanted: Mapping[str, str]
    ) -> dict[str, Estimate]:
        """Where the objects of a task are.

        Args:
            images: What each camera sees.
            views: Where each is believed to be.
            wanted: The model of each object that is looked for, by its name.
        """
        optics = Optics.of([views[camera] for camera in images])
        found = self.detect(self.look(list(images.values()), optics), optics)
        return self.assigned(found, wanted, optics.heading)

    def assigned(self, found: Sequence[Detection], wanted: Mapping[str, str], headings: Array) -> dict[str, Estimate]:
        """An estimate of each object that is looked for; no detection is used for two of them."""
        estimates, left = {}, list(found)
        for name, model in wanted.items():
            known = model in self.card.classes
            number = self.card.classes.index(model) if known else None
            estimate, used = fused(left, number, folds_of(model) if known else 0, headings)
            estimates[name] = self._calibrated(estimate)
            left = [one for one in left if one not in used]
        return estimates

    def _calibrated(self, estimate: Estimate) -> Estimate:
        if estimate is LOST:
            return estimate
        scale = self.card.calibration
        return Estimate(
            estimate.confidence, estimate.position, scale.position**2 * estimate.covariance, estimate.yaw,
            scale.yaw * estimate.yaw_deviation, estimate.pictures,
        )  # fmt: skip
