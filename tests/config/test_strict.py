"""TOML values become exactly what was declared, or are refused in one line that says what to write."""

from __future__ import annotations

import dataclasses
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mygym_lite import paths
from mygym_lite.documents import read_toml
from mygym_lite.errors import ConfigError, MyGymError, suggest
from mygym_lite.schema import Location, build, check_field, get_fields, quantity, require_schema

WHERE = Location("shop.toml")
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """A nested table."""

    mass: float = quantity(unit="kg", low=0.01, high=5.0, doc="how heavy")
    kind: Literal["box", "ball"] = "box"


@dataclass(frozen=True)
class Shop:
    """One field of every supported kind."""

    part: Part
    parts: dict[str, Part] = dataclasses.field(default_factory=dict)
    place: Vector = quantity((0.0, 0.0, 0.0), unit="m", low=-1.0, high=1.0, doc="where it stands")
    counts: tuple[int, ...] = ()
    open: bool = True
    label: str = ""
    limit: float | None = None
    size: float | tuple[float, ...] = 1.0
    area: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (1.0, 1.0))
    anything: object = None
    serial: int = dataclasses.field(default=0, init=False)


@dataclass(frozen=True)
class Span:
    """A rule between two fields."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse an empty span."""
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; swap them")


@pytest.mark.parametrize(
    ("key", "written", "made"),
    [
        ("place", [0, 1, 0.5], (0.0, 1.0, 0.5)),
        ("counts", [1, 2], (1, 2)),
        ("counts", [], ()),
        ("open", False, False),
        ("label", "a", "a"),
        ("limit", 2, 2.0),
        ("limit", None, None),
        ("size", 2, 2.0),
        ("size", [1, 2], (1.0, 2.0)),
        ("area", [[0, 0], [2, 2]], ((0.0, 0.0), (2.0, 2.0))),
        ("anything", {"raw": [1]}, {"raw": [1]}),
        ("parts", {"a": {"mass": 1, "kind": "ball"}}, {"a": Part(1.0, "ball")}),
        ("part", Part(2.0), Part(2.0)),
    ],
)
def test_values_take_the_declared_type(key: str, written: Any, made: Any) -> None:
    value = getattr(build(Shop, {"part": {"mass": 1}} | {key: written}, WHERE), key)
    assert value == made
    assert type(value) is type(made)
    assert check_field(Shop, key, written, WHERE) == made


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "part: missing; add part, a table"),
        ({"part": {}}, "part.mass: missing; add mass, a number in kg (how heavy)"),
        ({"part": 3}, "part: expected a table, got 3; write [part] and its keys"),
        ({"part": {"mas": 1}}, "part.mas: no field 'mas'; did you mean 'mass'?"),
        ({"part": {"colour": 1}}, "part.colour: no field 'colour'; one of kind, mass"),
        ({"serial": 3}, "serial: no field 'serial'"),
        ({"part": {"mass": True}}, "part.mass: expected a number, got true; write for example 0.5"),
        ({"part": {"mass": "1"}}, "part.mass: expected a number, got '1'; write for example 0.5"),
        ({"part": {"mass": math.nan}}, "part.mass: expected a finite number, got nan; write for example 0.5"),
        ({"part": {"mass": 10**400}}, "part.mass: expected a finite number, got inf; write for example 0.5"),
        ({"part": {"mass": -1}}, "part.mass: -1 kg is below the lowest allowed, 0.01 kg; use 0.01 or more"),
        ({"part": {"mass": 9}}, "part.mass: 9 kg is above the highest allowed, 5 kg; use 5 or less"),
        ({"part": {"mass": 1, "kind": "bal"}}, "part.kind: 'bal' is not a choice; did you mean 'ball'?"),
        ({"part": {"mass": 1, "kind": 7}}, "part.kind: 7 is not a choice; one of ball, box"),
        ({"parts": {"a.b": {"mass": 9}}}, 'parts."a.b".mass: 9 kg is above the highest allowed'),
        ({"parts": [1]}, "parts: expected a table, got an array of 1; write { name = value }"),
        ({"place": [0, 0]}, "place: expected 3 values, got 2; write exactly 3"),
        ({"place": 0}, "place: expected an array, got 0; write [ ... ]"),
        ({"place": [0, 2, 0]}, "place.1: 2 m is above the highest allowed, 1 m; use 1 or less"),
        ({"place": [0, True, 0]}, "place.1: expected a number, got true"),
        ({"counts": [1, 2.0]}, "counts.1: expected an integer, got 2.0; write for example 3"),
        ({"counts": [True]}, "counts.0: expected an integer, got true; write for example 3"),
        ({"open": 1}, "open: expected true or false, got 1; write for example true"),
        ({"label": 1}, 'label: expected a string, got 1; write for example "text"'),
        ({"label": {}}, "label: expected a string, got a table"),
        ({"limit": "two\nlines"}, r"limit: expected a number, got 'two\nlines'; write for example 0.5"),
        ({"size": "big"}, "size: expected a number or an array, got 'big'; write a number or an array"),
    ],
)
def test_refusals_name_the_key_and_the_remedy(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(Shop, table if "part" in table or not table else {"part": {"mass": 1}} | table, WHERE)
    assert str(caught.value).startswith(f"shop.toml: {message}")
    assert "\n" not in str(caught.value)


def test_a_rule_between_fields_is_reported_with_its_location() -> None:
    with pytest.raises(ConfigError, match=r"^shop.toml: span: low 2.0 is above high 1.0; swap them$"):
        build(Span, {"low": 2, "high": 1}, WHERE.at("span"))


def test_every_missing_field_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^shop.toml: low: missing, and so is 'high'; add low, a number$"):
        build(Span, {}, WHERE)


def test_a_replaced_field_is_checked_against_its_bounds() -> None:
    with pytest.raises(ConfigError, match=r'^dynamics.toml: "part.mass": 9 kg is above the highest allowed, 5 kg'):
        check_field(Part, "mass", 9.0, Location("dynamics.toml", ("part.mass",)))
    with pytest.raises(ConfigError, match=r"no field 'mas'; did you mean 'mass'\?"):
        check_field(Part, "mas", 9.0, WHERE)


def test_fields_are_listed_with_type_and_metadata() -> None:
    assert list(get_fields(Part)) == ["mass", "kind"]
    assert get_fields(Part)["mass"] == (float, {"unit": "kg", "low": 0.01, "high": 5.0, "doc": "how heavy"})
    assert "serial" not in get_fields(Shop)


finite = st.floats(allow_nan=False, allow_infinity=False)
parts = st.builds(Part, mass=st.floats(0.01, 5.0), kind=st.sampled_from(["box", "ball"]))
shops = st.builds(
    Shop,
    part=parts,
    parts=st.dictionaries(st.text(max_size=5), parts, max_size=3),
    place=st.tuples(*[st.floats(-1.0, 1.0)] * 3),
    counts=st.lists(st.integers(), max_size=4).map(tuple),
    open=st.booleans(),
    label=st.text(max_size=9),
    limit=st.none() | finite,
    size=finite | st.lists(finite, max_size=3).map(tuple),
    area=st.tuples(*[st.tuples(finite, finite)] * 2),
)


def as_toml(value: Any) -> Any:
    """Write a dataclass as the plain tables and arrays that TOML knows."""
    if dataclasses.is_dataclass(value):
        return {f.name: as_toml(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init}
    if isinstance(value, dict):
        return {key: as_toml(item) for key, item in value.items()}
    return [as_toml(item) for item in value] if isinstance(value, tuple) else value


@given(shops)
def test_tables_survive_a_round_trip(shop: Shop) -> None:
    assert build(Shop, as_toml(shop), WHERE) == shop


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(list(get_fields(Shop))), json_like)
def test_any_value_is_accepted_or_refused_in_one_line(name: str, value: Any) -> None:
    try:
        check_field(Shop, name, value, WHERE.at(name))
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
        assert str(error).startswith(f"shop.toml: {name}")


@given(finite)
def test_bounds_are_inclusive_and_complete(mass: float) -> None:
    if 0.01 <= mass <= 5.0:
        assert check_field(Part, "mass", mass, WHERE) == mass
    else:
        with pytest.raises(ConfigError, match="allowed"):
            check_field(Part, "mass", mass, WHERE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a = \n", "shop.toml: not valid TOML, Invalid value (at line 1, column 5); correct it there"),
        (b"a = 1\na = 2\n", "shop.toml: not valid TOML, Cannot overwrite a value"),
        (b"a = 1\nb = '\xff'\n", "shop.toml: not UTF-8 at line 2, column 6; save the file as UTF-8"),
        (b"a = " + b"[" * 5000, "shop.toml: not valid TOML"),
    ],
)
def test_an_unreadable_file_is_reported_with_its_location(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "shop.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_toml(tmp_path / "shop.toml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text("a = 1")
    with pytest.raises(ConfigError, match=r"^shpo.toml: no such file in .*; did you mean 'shop.toml'\?$"):
        read_toml(tmp_path / "shpo.toml")
    with pytest.raises(ConfigError, match=r": is a folder, not a file; name a .toml file in it$"):
        read_toml(tmp_path)
    assert read_toml(tmp_path / "shop.toml") == {"a": 1}


@pytest.mark.parametrize("table", [{}, {"schema": 2}, {"schema": "1"}, {"schema": True}, {"schema": 1.0}])
def test_another_schema_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^shop.toml: schema: .*(add|write) schema = 1$"):
        require_schema(table, WHERE)


def test_the_schema_version_is_removed_from_the_table() -> None:
    assert require_schema({"schema": 1, "a": 2}, WHERE) == {"a": 2}
    assert require_schema({"schema": 3}, WHERE, version=3) == {}


def test_all_names_are_listed_when_none_is_similar() -> None:
    assert suggest("Mass", ["mass", "kind"]) == "; did you mean 'mass'?"
    assert suggest("zzz", ["b", "a"]) == "; one of a, b"
    assert suggest("zzz", map(str, range(20))).endswith(" and 8 more")
    assert suggest("zzz", []).startswith("; ")
    assert issubclass(ConfigError, MyGymError | ValueError)


@pytest.fixture
def robots(tmp_path: Path) -> Path:
    """A folder as `assets/robots` is: a folder per family."""
    for name in ("one/arm_left.toml", "one/arm_right.toml", "two/hand.toml", "two/hand.urdf"):
        (tmp_path / "robots" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "robots" / name).touch()
    return tmp_path / "robots"


def test_shipped_files_are_found_by_name_or_path(robots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.list_names(robots, nested=True) == ("arm_left", "arm_right", "hand")
    assert paths.find_file(robots, "hand", nested=True) == robots / "two/hand.toml"
    assert paths.find_file(robots, robots / "two/hand.toml") == robots / "two/hand.toml"
    assert paths.list_names(robots) == ()
    assert paths.list_names(robots / "one") == ("arm_left", "arm_right")
    monkeypatch.chdir(robots / "one")
    assert paths.find_file(robots, "arm_left.toml") == Path("arm_left.toml")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("arm_lift", "arm_lift: no robot of that name is shipped; did you mean 'arm_left'?"),
        ("", "no robot of that name is shipped; one of arm_left, arm_right, hand"),
        ("no/hand.toml", f"no{os.sep}hand.toml: no such file; give the path of a .toml file"),
        ("../hand", "../hand: no such file; give the path of a .toml file or a shipped robot by name"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(robots: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        paths.find_file(robots, name, nested=True)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_data_files_share_one_root() -> None:
    assert {
        folder.parent for folder in (paths.get_assets_folder(), paths.get_tasks_folder(), paths.get_evaluation_folder())
    } == {paths.find_data_root()}
