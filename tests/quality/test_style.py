"""Names, docstrings, calls and sizes keep the targets that ``make style`` prints."""

import pytest
from style import FIGURES, is_participle, starts_badly, starts_with_verb


@pytest.mark.parametrize("measure", FIGURES)
def test_the_code_keeps_every_enforced_target(measure):
    figure = measure()
    assert figure.is_met or not figure.enforced, figure.examples[:10]


@pytest.mark.parametrize("text", ["Seed of the first episode.", "Return the mean.", "If true, continue.", "Width, px."])
def test_noun_phrases_and_imperatives_are_good_beginnings(text):
    assert not starts_badly(text)


@pytest.mark.parametrize("text", ["Of the first episode.", "What came of one episode.", "Whether it is open."])
def test_questions_and_fragments_are_bad_beginnings(text):
    assert starts_badly(text)


def test_names_of_functions():
    assert is_participle("_told")
    assert is_participle("looked_at")
    assert not is_participle("read")
    assert starts_with_verb("compute_mean")
    assert not starts_with_verb("mean")
