"""Episodes, records, datasets and demonstrations are the same bytes as ever.

When a change is meant to change numbers, write the digests anew with ``python tests/support/golden_cases.py``.
"""

import json

import pytest
from golden_cases import FILE, QUICK, REST, digest, unlike

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))
pytestmark = pytest.mark.skipif(unlike(GOLDEN) is not None, reason=str(unlike(GOLDEN)))


@pytest.mark.parametrize("name", QUICK)
def test_an_episode_has_the_same_bytes(name: str) -> None:
    assert digest(name) == GOLDEN["digests"][name]


@pytest.mark.slow
@pytest.mark.parametrize("name", REST)
def test_everything_else_has_the_same_bytes(name: str) -> None:
    assert digest(name) == GOLDEN["digests"][name]


def test_every_case_has_a_digest() -> None:
    assert set(GOLDEN["digests"]) == {*QUICK, *REST}
