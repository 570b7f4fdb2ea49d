"""Parameters of terms as the command line and the reference print them: type, unit, bounds and default."""

from __future__ import annotations

import json
from typing import Annotated

import pytest

from mygym_lite.cli import main
from mygym_lite.cli.term_parameters import fill_in_defaults, format_parameters
from mygym_lite.config.state import State
from mygym_lite.terms import TERMS, Bounds, Frame


@pytest.mark.parametrize(
    ("kind", "term", "text"),
    [
        (
            "check",
            "at_rest",
            "thing: object; speed: number, m/s, above 0, default 0.02; turn_rate: number, rad/s, above 0, default 0.3",
        ),
        ("check", "inside", "thing: object; region: region; margin: number, m, 0 or more, default 0"),
        ("check", "upright", "thing: object; within: number, rad, above 0, up to 3.1416"),
        ("check", "lifted", "thing: object, not fixed; metres: number, m, above 0"),
        ("observe", "yaw", "of: frame; folds: integer, 1 or more, default 1"),
        ("observe", "closure", ""),
    ],
)
def test_a_parameter_is_printed_with_type_unit_bounds_and_default(kind: str, term: str, text: str) -> None:
    assert format_parameters(TERMS[kind][term]) == text  # type: ignore[index]


@pytest.mark.parametrize(("kind", "term"), [(kind, term) for kind, terms in TERMS.items() for term in terms])
def test_every_number_of_a_shipped_term_has_a_unit_or_bounds(kind: str, term: str) -> None:
    for parameter in format_parameters(TERMS[kind][term]).split("; "):  # type: ignore[index]
        _, _, text = parameter.partition(": ")
        assert text not in ("number", "integer")


def test_own_terms_declare_bounds_in_the_same_way() -> None:
    def above(after: State, of: Frame, metres: Annotated[float, Bounds("m", low=0.1, high=0.5)] = 0.2) -> bool:
        return after.position(of)[2] > metres

    assert format_parameters(above, "`") == "`of`: frame; `metres`: number, m, 0.1 to 0.5, default 0.2"


def test_a_task_is_shown_with_the_defaults_of_its_terms(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["mygym-lite", "show", "place_in"])
    assert main() == 0
    printed = capfd.readouterr().out
    assert 'term = "at_rest", thing = "target", speed = 0.02, turn_rate = 0.3' in printed
    assert 'term = "inside", thing = "target", region = "inside", margin = 0.0' in printed


def test_defaults_are_filled_in_inside_composites_and_never_over_what_is_given() -> None:
    still = {"term": "at_rest", "thing": "cube", "speed": 0.1}
    filled = {**still, "turn_rate": 0.3}
    assert fill_in_defaults("check", {"any": [still, {"not": still}]}) == {"any": [filled, {"not": filled}]}
    own = {"term": "my_terms:above", "of": "palm"}
    assert fill_in_defaults("check", own) == own


def test_containers_are_listed_with_their_cavities(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["mygym-lite", "list", "objects", "--json"])
    assert main() == 0
    cavities = {row["object"]: row["cavity m"] for row in json.loads(capfd.readouterr().out)}
    assert cavities["bin"] == "0.16 x 0.16, 0.06 deep"
    assert cavities["bowl_wide"] == "0.1 round, 0.044 deep"
    assert cavities["cube"] is None
