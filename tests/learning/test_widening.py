"""Ranges that widen while somebody imitates: where the learner succeeds, or as time goes by."""

import pytest

from mygym_lite import paths
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import ObservationConfig
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.policies.saved import load_policy

PRESET = """
schema = 1
name   = "weaker"
about  = "An arm that does less than it is told, late, in other light."

[vary.actuation]
"actuation.gain"  = { uniform = [0.8, 1.0] }
"actuation.delay" = { uniform = [0.0, 0.1] }

[vary.light]
"light.intensity" = { scale = [0.5, 1.5] }
"""
LESSONS = DemonstrationConfig(episodes=4, noise=0.3, rounds=2, rollouts_per_round=4)
QUICK = TrainingConfig(epochs=3, hidden=(16,))


@pytest.fixture
def weaker(tmp_path):
    path = tmp_path / "weaker.toml"
    path.write_text(PRESET, encoding="utf-8")
    return path


@pytest.fixture
def easy(tmp_path):
    """Reach, where whatever one does is near enough."""
    text = paths.find_file(paths.get_tasks_folder(), "reach").read_text(encoding="utf-8")
    path = tmp_path / "reach.toml"
    path.write_text(text.replace('to = "goal", within = 0.02 }', 'to = "goal", within = 2.0 }'), encoding="utf-8")
    return path


def made(task, algo, out, **worlds):
    return imitate(task, algo, out, demonstrations=LESSONS, training=QUICK, **worlds).policy.metadata.provenance


@pytest.mark.parametrize(
    ("algo", "corrected"), [("bc", 0), ("flow", 0), ("dagger", LESSONS.rounds * LESSONS.rollouts_per_round)]
)
def test_ranges_grow_where_the_learner_succeeds(tmp_path, easy, weaker, algo, corrected):
    card = made(easy, algo, tmp_path / "wide", adr=weaker)
    ranges = card["ranges"]
    assert set(ranges["strength"]) == {"actuation.gain", "actuation.delay"}  # light does not reach who sees no pictures
    assert ranges["judged"] == LESSONS.rounds * LESSONS.rollouts_per_round
    assert ranges["history"]
    assert all(strength > 0.0 for *_, strength in ranges["history"])
    assert card["episodes"] == LESSONS.episodes + corrected
    assert [one["successes"] for one in card["rounds"]] == [LESSONS.rollouts_per_round] * LESSONS.rounds


def test_a_curriculum_ends_with_the_full_ranges(tmp_path, weaker):
    card = made("reach", "bc", tmp_path / "wide", randomization=weaker, curriculum=True)
    assert {side for sides in card["ranges"]["strength"].values() for side in sides.values()} == {1.0}
    assert card["rounds"] == []  # nothing would come of episodes of a learner who is only shown
    assert (card["randomization"], card["curriculum"], card["episodes"]) == (str(weaker), True, LESSONS.episodes)


def test_image_policies_train_with_randomized_light(tmp_path, easy, weaker):
    lessons, sight = (
        DemonstrationConfig(episodes=2, rounds=1, rollouts_per_round=1),
        ObservationConfig(("wrist",), (32, 32)),
    )
    learned = imitate(
        easy, "bc", tmp_path / "seen", adr=weaker, demonstrations=lessons, training=QUICK, observation=sight
    )
    assert "light.intensity" in learned.policy.metadata.provenance["ranges"]["strength"]


def test_an_interrupt_keeps_the_last_stage(tmp_path, easy, weaker):
    def watch(what, done, _total, more):
        if what == "episodes" and done and more:  # in the second stage
            raise KeyboardInterrupt

    learned = imitate(easy, "bc", tmp_path / "wide", adr=weaker, demonstrations=LESSONS, training=QUICK, progress=watch)
    assert load_policy(learned.folder).metadata.provenance["stop_reason"] == "interrupted after 1 stages"


@pytest.mark.parametrize(
    ("worlds", "word"),
    [
        ({"adr": "full", "randomization": "full"}, "leave --randomization"),
        ({"curriculum": True}, "give a --randomization"),
        ({"adr": "full", "data": ["shown"]}, "leave --adr out"),
        ({"randomization": "full", "curriculum": True, "data": ["shown"]}, "leave --curriculum out"),
    ],
)
def test_contradictory_arguments_are_refused_in_one_line(tmp_path, worlds, word):
    with pytest.raises(UsageError, match=word) as caught:
        imitate("reach", "bc", tmp_path / "wide", **worlds)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "wide").exists()
