"""Data association: objects keep their identities by class, colour and motion."""

from contextlib import closing

import numpy as np
import pytest
from blind_estimators import make_blind_estimator
from hypothesis import given
from hypothesis import strategies as st

import mygym_lite as mg
from mygym_lite.bench.actions import record_expert_actions
from mygym_lite.perception.association import PositionPrediction, TargetDescription, assign_groups, group_detections
from mygym_lite.perception.color import compute_mean_color
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.metadata import find_estimator
from mygym_lite.perception.targets import list_object_colors
from mygym_lite.perception.tracking import Track, YawTrack

RED, GREEN, BLUE = (0.80, 0.15, 0.15), (0.15, 0.60, 0.25), (0.15, 0.35, 0.80)
LEFT, RIGHT = (0.45, 0.1, 0.02), (0.45, -0.1, 0.02)
CUBE, BALL = 0, 1
SHARP = PositionPrediction(np.array(LEFT), 1e-6 * np.eye(3))


def make_detection(position, color=RED, *, image=0, cube=0.9, confidence=0.95, deviation=0.004):
    """Build a detection of a network that knows cubes and balls."""
    return Detection(
        image,
        confidence,
        np.array([cube, 1.0 - cube], np.float32),
        np.array(position, float),
        deviation**2 * np.eye(3),
        np.array([1.0, 0.0]),
        1.0,
        np.ones((4, 4), np.bool_),
        color=None if color is None else np.array(color),
    )


def assign(detections, *targets):
    """Return the positions that are assigned to targets, None for one that is not detected."""
    assigned = assign_groups(group_detections(detections), targets)
    return [None if group is None else tuple(group[0].position) for group in assigned]


def test_detections_of_an_object_form_a_group_across_images():
    near = np.add(LEFT, (0.005, 0.0, 0.0))
    seen = [make_detection(LEFT), make_detection(RIGHT), make_detection(near, image=1), make_detection(near, image=2)]
    groups = group_detections(seen)
    assert [[detection.image for detection in group] for group in groups] == [[0, 1, 2], [0]]
    assert group_detections([]) == []


def test_two_detections_in_one_image_are_two_objects():
    assert len(group_detections([make_detection(LEFT), make_detection(LEFT)])) == 2


def test_colors_separate_objects_whose_positions_are_uncertain():
    above = np.add(LEFT, (0.0, 0.0, 0.045))
    seen = [
        make_detection(position, color, image=image, deviation=0.03)
        for image, color, position in ((0, RED, LEFT), (0, BLUE, above), (1, BLUE, LEFT), (1, RED, above))
    ]
    colors = [{tuple(detection.color) for detection in group} for group in group_detections(seen)]
    assert colors == [{RED}, {BLUE}]


def test_joint_assignment_prefers_the_consistent_pairing():
    seen = [make_detection(LEFT, cube=0.95), make_detection(RIGHT, cube=0.999)]
    assert assign(seen, TargetDescription(CUBE), TargetDescription(BALL)) == [RIGHT, LEFT]
    worse_first = [make_detection(LEFT, cube=0.6), make_detection(RIGHT, cube=0.95)]
    assert assign(worse_first, TargetDescription(BALL), TargetDescription(CUBE)) == [LEFT, RIGHT]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_three_objects_the_two_of_the_described_colors_are_assigned(order):
    seen = [make_detection(LEFT, RED), make_detection(RIGHT, BLUE), make_detection((0.6, 0.0, 0.02), GREEN)]
    targets = TargetDescription(CUBE, BLUE), TargetDescription(CUBE, RED)
    assert assign([seen[index] for index in order], *targets) == [RIGHT, LEFT]


def test_a_hidden_object_does_not_take_the_place_of_another():
    targets = TargetDescription(CUBE, RED), TargetDescription(CUBE, BLUE)
    assert assign([make_detection(LEFT, BLUE)], *targets) == [None, LEFT]
    assert assign([], *targets) == [None, None]


def test_an_object_of_an_unknown_class_is_found_by_its_color():
    seen = [make_detection(LEFT, RED), make_detection(RIGHT, BLUE)]
    assert assign(seen, TargetDescription(None, BLUE)) == [RIGHT]
    assert assign(seen[:1], TargetDescription(None), TargetDescription(CUBE)) == [None, LEFT]
    assert assign(seen[:1], TargetDescription(None)) == [LEFT]


def test_an_object_of_another_class_and_color_is_no_target():
    seen = [make_detection(LEFT, RED), make_detection(RIGHT, BLUE, cube=0.001)]
    assert assign(seen, TargetDescription(CUBE, RED), TargetDescription(CUBE, GREEN)) == [LEFT, None]


def test_the_motion_of_a_tracked_target_dominates_over_its_appearance():
    swapped = [make_detection(LEFT, BLUE), make_detection(RIGHT, RED)]
    right = SHARP._replace(position=np.array(RIGHT))
    tracked = TargetDescription(CUBE, RED, SHARP), TargetDescription(CUBE, BLUE, right)
    assert assign(swapped, *tracked) == [LEFT, RIGHT]
    untracked = TargetDescription(CUBE, RED), TargetDescription(CUBE, BLUE)
    assert assign(swapped, *untracked) == [RIGHT, LEFT]


def test_a_tracked_target_jumps_only_to_an_object_that_resembles_it():
    target = TargetDescription(CUBE, RED, SHARP)
    assert assign([make_detection(RIGHT, RED)], target) == [RIGHT]
    assert assign([make_detection(RIGHT, RED, cube=0.001)], target) == [None]


def test_an_unknown_object_does_not_take_one_that_has_jumped():
    cube, unknown = TargetDescription(CUBE, BLUE, SHARP), TargetDescription(None, (0.33, 0.52, 0.62))
    assert assign([make_detection(RIGHT, (0.20, 0.33, 0.70))], cube, unknown) == [RIGHT, None]


GAINS = st.tuples(*[st.floats(0.5, 1.0)] * 3)


@given(GAINS, st.floats(0.4, 1.2))
def test_light_of_another_color_loses_no_object(gains, brightness):
    lit = {
        place: np.minimum(1.0, brightness * np.multiply(color, gains))
        for place, color in zip((LEFT, RIGHT), (RED, BLUE), strict=True)
    }
    seen = [make_detection(place, color) for place, color in lit.items()]
    assert assign(seen, TargetDescription(CUBE, BLUE), TargetDescription(CUBE, RED)) == [RIGHT, LEFT]
    assert assign(seen[:1], TargetDescription(CUBE, BLUE)) == [LEFT]


def test_the_color_of_a_detection_is_that_of_its_masked_pixels():
    image = np.full((8, 8, 3), 255, np.uint8)
    image[:4, :2] = 51, 102, 0
    mask = np.zeros((8, 8), np.float32)
    mask[:4, :2] = 0.8
    assert compute_mean_color(image, mask, np.array([[0, 0]])) == pytest.approx([0.2, 0.4, 0.0])
    assert compute_mean_color(image, mask, np.array([[1, 1]])) is None


def test_targets_have_the_colors_of_their_episode():
    with closing(mg.make("tidy")) as env:
        env.reset(seed=3)
        episode = env.unwrapped.episode_task
        colors = list_object_colors(episode)
    assert colors["target"] == episode.objects["target"].color
    assert colors["bin"] == pytest.approx((0.33, 0.52, 0.62)), "of the model, since the task leaves it out"
    assert list_object_colors(mg.load_task("reach"))["goal"] == pytest.approx((0.10, 0.80, 0.30))


RESTING = (0.45, 0.0, 0.02)


def carry_past(rng, color):
    """Yield the position of a cube that is carried past a blue one, and the noisy detections of both."""
    for x in np.linspace(0.3, 0.6, 60):
        cubes = {(x, 0.05, 0.08): color, RESTING: BLUE}
        seen = [
            make_detection(rng.normal(place, 0.004), paint, image=image)
            for image in range(2)
            for place, paint in cubes.items()
        ]
        yield (x, 0.05, 0.08), [seen[index] for index in rng.permutation(len(seen))]


def track_cubes(color):
    """Return for each step the error of both tracks, m: carried and resting."""
    estimator, targets = make_blind_estimator(classes=("cube", "ball")), {"carried": "cube", "resting": "cube"}
    tracks, errors = {name: Track(YawTrack(0, 0.0), 0.05) for name in targets}, []
    for position, seen in carry_past(np.random.default_rng(0), color):
        for name, track in tracks.items():
            track.advance(moving=name == "carried")
        known = {name: track for name, track in tracks.items() if track.is_known}
        predictions = {name: PositionPrediction(t.position, t.position_covariance) for name, t in known.items()}
        estimates = estimator.assign_detections(
            seen, targets, np.zeros(2), {"carried": color, "resting": BLUE}, predictions
        )
        for name, track in tracks.items():
            track.apply_measurement(estimates[name])
        errors.append(
            [np.linalg.norm(tracks[n].position - p) for n, p in (("carried", position), ("resting", RESTING))]
        )
    return np.array(errors)


def test_cubes_of_two_colors_keep_their_identities_when_one_is_carried_past_the_other():
    assert track_cubes(RED).max() < 0.02


def test_cubes_of_one_color_keep_the_identities_that_they_began_with():
    errors = track_cubes(BLUE)
    assert errors.max() < 0.02 or errors.min() > 0.03


def test_stateless_estimates_distinguish_cubes_by_color():
    estimator, seen = make_blind_estimator(classes=("cube", "ball")), [make_detection(LEFT, RED)]
    seen += [make_detection(RIGHT, BLUE), make_detection(RIGHT, BLUE, image=1)]
    targets, headings = {"base": "cube", "target": "cube"}, np.zeros(2)
    estimates = estimator.assign_detections(seen, targets, headings, {"base": BLUE, "target": RED})
    assert estimates["base"].position == pytest.approx(RIGHT)
    assert estimates["target"].position == pytest.approx(LEFT)
    assert estimates["base"].images == (0, 1)
    assert len(estimator.assign_detections(seen, targets, headings)) == 2, "colours are optional"


def run_stack(steps):
    """Yield true positions and estimates over the first steps of an expert's episode of stacking."""
    env = mg.EstimatedPoses(mg.make("stack"), mg.PoseEstimator.load(find_estimator("grasp")))
    with closing(env):
        actions = record_expert_actions(env.unwrapped, 5)
        _, info = env.reset(seed=5)
        for action in actions[:steps]:
            *_, info = env.step(action)
            yield {name: env.unwrapped.state.position(name) for name in ("base", "target")}, info["perception"]


def test_rendered_cubes_keep_their_identities_while_one_is_carried_to_the_other():
    right = [
        np.linalg.norm(np.subtract(estimates[name]["position"], true[name]))
        < np.linalg.norm(np.subtract(estimates[name]["position"], true[other]))
        for true, estimates in run_stack(40)
        for name, other in (("base", "target"), ("target", "base"))
        if estimates[name]["confidence"] > 0.0
    ]
    assert len(right) > 60
    assert np.mean(right) > 0.98


def test_estimates_are_the_same_to_the_bit():
    first, second = (repr([estimates for _, estimates in run_stack(6)]) for _ in range(2))
    assert first == second
