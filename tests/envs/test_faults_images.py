"""Faults of colour and depth images: blur, noise and holes."""

from __future__ import annotations

import numpy as np
import pytest
from fault_cases import EVERY_FAULT, make_sensor_pipeline, set_step
from scipy.stats import kstest

from mygym_lite.config.state import State
from mygym_lite.envs.faults.images import build_motion_kernel

# --- blur


def test_blur_spreads_an_edge_by_the_declared_deviation() -> None:
    edge = np.zeros((8, 120, 3), np.uint8)
    edge[:, 60:] = 250
    for deviation in (0.7, 1.0, 2.0, 4.0, 6.0):
        blurred = make_sensor_pipeline(blur=deviation).corrupt_images({"head_rgb": edge})["head_rgb"]
        weights = np.diff(blurred[4, :, 1].astype(float))  # the slope of a blurred edge is the blur kernel
        x = np.arange(119) + 1.0
        mean = weights @ x / weights.sum()
        assert mean == pytest.approx(60, abs=0.1)
        assert np.sqrt(weights @ (x - mean) ** 2 / weights.sum()) == pytest.approx(deviation, rel=0.03)


@pytest.mark.parametrize(("length", "spread"), [(5.0, 0.0), (15.0, 0.0), (15.0, 4.0), (35.0, 20.0)])
@pytest.mark.parametrize("angle", [0.0, 0.6, np.pi / 2, 2.5])
def test_a_motion_kernel_has_the_declared_length_direction_and_spread(
    length: float, spread: float, angle: float
) -> None:
    weights = build_motion_kernel(length, spread, angle).astype(float)
    half = weights.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights * along).sum() == pytest.approx(0.0, abs=0.01)  # OpenCV 4 turns images in steps of 1/32 px
    assert np.abs(across[weights > 0]).max() < 1.5
    assert 2 * np.abs(along[weights > 0]).max() == pytest.approx(length, abs=3.0)
    even = np.linspace(-0.5, 0.5, 1001) * length
    density = np.exp(-0.5 * (even / spread) ** 2) if spread else np.ones(1001)
    assert (weights * along**2).sum() == pytest.approx(density @ even**2 / density.sum(), rel=0.02, abs=0.3)


def test_motion_blur_has_a_random_direction_and_preserves_brightness(true_state: State) -> None:
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[19:22, 19:22] = 255
    perception, directions = make_sensor_pipeline(motion_blur=12.0), []
    for step in range(300):
        perception.measure_state(set_step(true_state, step))
        seen = perception.corrupt_images({"head_rgb": dot})["head_rgb"][..., 0].astype(float)
        assert seen.sum() == pytest.approx(9 * 255, rel=0.05)
        y, x = np.mgrid[-20:21, -20:21]
        directions.append(0.5 * np.arctan2(2 * (seen * x * y).sum(), (seen * (x**2 - y**2)).sum()) / np.pi + 0.5)
    assert kstest(directions, "uniform").pvalue > 1e-3


# --- noise and holes


@pytest.mark.parametrize("deviation", [0.02, 0.08, 0.18])
def test_image_noise_has_the_declared_deviation(deviation: float) -> None:
    grey = np.full((84, 84, 3), 127, np.uint8)
    seen = (
        make_sensor_pipeline(image_noise=deviation).corrupt_images({"head_rgb": grey})["head_rgb"].astype(float) - 127
    )
    if deviation < 0.1:
        assert seen.std() == pytest.approx(255 * deviation, rel=0.02)
        grain = np.random.default_rng(0).uniform(-0.5, 0.5, seen.shape)  # quantization to whole grey levels
        assert kstest((seen + grain).ravel(), "norm", (0.0, 255 * deviation)).pvalue > 1e-3
    else:  # clipped at black and white
        assert (np.abs(seen) < 255 * deviation).mean() == pytest.approx(0.6827, abs=0.02)
    assert abs(np.corrcoef(seen[..., 0].ravel(), seen[..., 1].ravel())[0, 1]) < 4 / 84


@pytest.mark.parametrize("metres", [0.3, 0.5, 1.5, 3.0])
@pytest.mark.parametrize("times", [1.0, 4.0])
def test_depth_noise_is_that_of_an_azure_kinect(metres: float, times: float) -> None:
    flat = np.full((100, 100), metres, np.float32)
    errors = (
        make_sensor_pipeline(depth_noise=times).corrupt_images({"head_depth": flat})["head_depth"].astype(float)
        - metres
    )
    expected = times * (0.5e-3 + 1e-3 * max(0.0, metres - 0.5))
    assert errors.std() == pytest.approx(expected, rel=0.03)
    assert abs(errors.mean()) < 4 * expected / 100
    assert kstest(errors.ravel(), "norm", (0.0, expected)).pvalue > 1e-3


def test_noisy_depth_stays_in_range_and_missing_depth_stays_zero() -> None:
    depth = np.full((84, 84), 20.0, np.float32)
    depth[:20], depth[20:40] = 0.0, 0.02
    seen = make_sensor_pipeline(depth_noise=100.0).corrupt_images({"head_depth": depth})["head_depth"]
    assert seen.dtype == np.float32
    assert (seen[:20] == 0.0).all()
    assert seen.min() >= 0.0
    assert seen.max() == 20.0


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 1.0])
@pytest.mark.parametrize("shape", [(84, 84), (48, 64), (240, 320)])
def test_depth_holes_cover_the_declared_share(share: float, shape: tuple[int, int]) -> None:
    perception, depth = make_sensor_pipeline(depth_holes=share), np.ones(shape, np.float32)
    lost = np.mean([perception.corrupt_images({"head_depth": depth})["head_depth"] == 0.0 for _ in range(100)], axis=0)
    assert lost.sum() == pytest.approx(round(share * depth.size), abs=0.2)  # two pixels may tie for the last place
    assert (depth == 1.0).all()
    assert lost.max() < 6 * share + 0.05  # evenly distributed over the image


def test_depth_holes_are_blobs_and_not_single_pixels() -> None:
    import cv2

    seen = make_sensor_pipeline(depth_holes=0.05).corrupt_images({"head_depth": np.ones((84, 84), np.float32)})[
        "head_depth"
    ]
    count, _, stats, _ = cv2.connectedComponentsWithStats((seen == 0.0).astype(np.uint8))
    sizes = stats[1:, cv2.CC_STAT_AREA]
    assert 3 < np.mean(sizes) < 50
    assert count > 10


def test_masks_links_and_normals_have_no_faults() -> None:
    images = {f"head_{kind}": np.ones((8, 8), np.int32) for kind in ("mask", "links", "normals")}
    seen = make_sensor_pipeline(
        **{name: getattr(EVERY_FAULT, name) for name in ("blur", "image_noise", "depth_holes")}
    ).corrupt_images(images)
    assert all(seen[name] is images[name] for name in images)
