"""Mistakes in a task of one's own: values that no episode could meet, terms out of place, and words of other languages.

Each is refused in one line that names the key and says what to write.
"""

# ruff: noqa: E501 (the tables read best with one mistake a line)
from __future__ import annotations

from pathlib import Path

import pytest

from mygym_lite.config.task import list_tasks
from mygym_lite.errors import ConfigError
from mygym_lite.terms import load_task

TASK = """
schema  = 1
name    = "can_on_disc"
about   = "Lift a can, then let it come to rest inside a disc on the table."
episode = { seconds = 10, hold_seconds = 0.5 }

[cameras]
front = { position = [1.3, 0.45, 0.6], look_at = "target" }

[objects.target]
model    = "can"
position = [0.45, 0.1, 0.0]

[objects.bowl]
model    = "bowl"
position = [0.45, -0.2, 0.0]

[regions]
spot  = { shape = "disc", size = [0.06], position = [0.46, -0.05, 0.0] }
strip = { shape = "box", size = [0.2, 0.04], position = [0.46, 0.0, 0.0] }
lid   = { shape = "disc", size = [0.02], position = [0.0, 0.0, 0.06], of = "target" }
bowl_inside = { shape = "cavity", of = "bowl" }

[observe.all]
joints = { term = "joint_positions" }

[[stages]]
name   = "lift"
checks = { up = { term = "lifted", thing = "target", metres = 0.08 } }

[[stages]]
name   = "settle"
checks = { there = { term = "inside", thing = "target", region = "spot" }, still = { term = "at_rest", thing = "target" } }
"""
UP = '{ term = "lifted", thing = "target", metres = 0.08 }'
THERE = '{ term = "inside", thing = "target", region = "spot" }'
STILL = '{ term = "at_rest", thing = "target" }'
INSIDE, LIFT = "stages.1.checks.there", "stages.0.checks.up"
COUNT = '{ term = "count_in", things = ["target", "bowl"], region = "spot", at_least = '
START = ("[observe.all]", "[start]\n{}\n[observe.all]")


def write(folder: Path, old: str, new: str) -> Path:
    assert old in TASK
    file = folder / "can_on_disc.toml"
    file.write_text(TASK.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ("metres = 0.08", "metres = 0", f"{LIFT}.metres", "is 0 m, which is not above 0 m; write for example 0.1"),
        ("metres = 0.08", "metres = -0.08", f"{LIFT}.metres", "is -0.08 m, which is not above 0 m"),
        ("metres = 0.08", "metres = 8", f"{LIFT}.metres",
         "lifts 'target' to z = 8.000 m, the arm of humanoid_right reaches up to 1.210 m; lift it less"),
        (UP, f"{{ any = [{UP.replace('0.08', '8')}] }}", f"{LIFT}.any.0.metres", "lift it less"),
        (THERE, THERE.replace(" }", ", margin = -1 }"), f"{INSIDE}.margin", "use 0 or more"),
        (THERE, THERE.replace(" }", ", margin = 0.06 }"), f"{INSIDE}.margin",
         "is 0.06 m, 'spot' ends 0.06 m from its centre; use less, or enlarge 'spot'"),
        (THERE, '{ term = "inside", thing = "target", region = "strip", margin = 0.02 }', f"{INSIDE}.margin",
         "'strip' ends 0.02 m from its centre"),
        (THERE, f"{COUNT}3 }}", f"{INSIDE}.at_least", "is 3, 'things' are 2; use 2 or less"),
        (THERE, f"{COUNT}0 }}", f"{INSIDE}.at_least", "use 1 or more"),
        (STILL, STILL.replace(" }", ", speed = 0 }"), "stages.1.checks.still.speed", "is 0 m/s, which is not above 0"),
        (STILL, STILL.replace(" }", ", turn_rate = -1 }"), "stages.1.checks.still.turn_rate", "not above 0 rad/s"),
        (THERE, '{ term = "on_top", thing = "target", of = "target" }', f"{INSIDE}.of",
         "is 'target', as 'thing' is; name two different ones"),
        (THERE, '{ term = "near", of = "palm", to = "palm", within = 0.1 }', f"{INSIDE}.to", "is 'palm', as 'of' is"),
        (THERE, '{ term = "near", of = "palm", to = "target", within = 0 }', f"{INSIDE}.within", "not above 0 m"),
        (THERE, '{ term = "upright", thing = "target", within = 25 }', f"{INSIDE}.within", "use 3.1416 or less"),
        (THERE, THERE.replace("spot", "lid"), f"{INSIDE}.region", "'lid' moves with 'target' itself; name a region 'of'"),
        ('"can"', '"can"\nfixed = true', f"{LIFT}.thing", "'target' is fixed, so it never moves; remove its fixed = true"),
        (THERE, '{ term = "inside", thing = "target", region = "bowl_inside" }', f"{INSIDE}.region",
         "'target' measures 0.066 m, the cavity of 'bowl' 0.036 m; choose a smaller object or a larger container"),
        (START[0], START[1].format('"episode.hold_seconds" = { uniform = [0.1, 0.2] }'), 'start."episode.hold_seconds"',
         "is the same in all episodes; give it as a setting, episode.hold_seconds=VALUE"),
    ],
)  # fmt: skip
def test_a_value_that_no_episode_could_meet_is_refused(
    old: str, new: str, key: str, remedy: str, tmp_path: Path
) -> None:
    check_message(write(tmp_path, old, new), key, remedy)


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        (UP, f"{{ and = [{UP}] }}", f"{LIFT}.and", "is neither 'term' nor an operator; did you mean 'all'?"),
        (UP, f"{{ OR = [{UP}] }}", f"{LIFT}.OR", "did you mean 'any'?"),
        (UP, '{ term = "height", thing = "target", up_to = 0.08 }', f"{LIFT}.term",
         "no check term 'height', it is a reward; did you mean 'lifted'?"),
        (UP, '{ term = "tilt", of = "target" }', f"{LIFT}.term", "it is an observation; did you mean 'upright'?"),
        ('"joint_positions"', '"lifted"', "observe.all.joints.term",
         "no observe term 'lifted', it is a check; did you mean 'height_gain'?"),
        ("[observe.all]", '[language]\ntemplates = ["lift the {target.size}"]\n[observe.all]', "language.templates.0",
         "no field '{target.size}'; did you mean 'target'? Write {target} for its noun or {target.color} for its colour"),
        ("[observe.all]", "[goal]\nposition = [0.45, 0.0, -0.2]\n[observe.all]", "goal.position",
         "(0.450, 0.000, -0.200) is 0.200 m below the surface of table, which is at z = 0 m; raise it"),
        ("spot  =", "target  =", "objects.target", "[regions.target]; rename one"),
        ("[observe.all]", "[observe]", "observe.joints", "is a term outside of a group; write it below [observe.GROUP]"),
        (f"{{ up = {UP} }}", UP, "stages.0.checks", "is a term without a name; write NAME = { term = ... }"),
        (f"{{ up = {UP} }}", f"{{ any = [{UP}] }}", "stages.0.checks", "is a term without a name"),
        ("[observe.all]", START[1].format("objects.target.mass = { uniform = [0.1, 0.2] }"), "start.objects",
         'write the path in quotes: "objects.target.mass" = { uniform = ... }'),
    ],
)  # fmt: skip
def test_a_term_or_a_word_out_of_place_is_refused_with_the_right_one(
    old: str, new: str, key: str, remedy: str, tmp_path: Path
) -> None:
    check_message(write(tmp_path, old, new), key, remedy)


def test_a_camera_without_objects_names_the_missing_table(tmp_path: Path) -> None:
    file = tmp_path / "can_on_disc.toml"
    file.write_text(TASK.partition("[objects.target]")[0] + "[observe.all]" + TASK.partition("[observe.all]")[2])
    check_message(file, "cameras.front.look_at", "the task has no objects, add [objects.target] or give a point")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"can_on_disc"', "can_on_disc", '(at line 3, column 11); write text in quotes, "can_on_disc"'),
        ('[[stages]]\nname   = "settle"', '[stages]\nname   = "settle"', "write [[...]] above each table of an array"),
    ],
)
def test_a_fault_of_toml_says_what_to_write(old: str, new: str, message: str, tmp_path: Path) -> None:
    check_message(write(tmp_path, old, new), "not valid TOML, ", message)


def test_a_single_table_of_an_array_of_tables_needs_double_brackets(tmp_path: Path) -> None:
    head, _, rest = TASK.partition("[[stages]]")
    file = tmp_path / "can_on_disc.toml"
    file.write_text(head + "[stages]" + rest.partition("[[stages]]")[0])
    check_message(file, "stages", "expected an array of tables, got one table; write [[stages]] above each")


def test_a_misspelt_file_name_suggests_the_file_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_task.toml").write_text(TASK)
    with pytest.raises(ConfigError, match=r"^my_taks\.toml: no such file; did you mean 'my_task\.toml'\?$"):
        load_task("my_taks.toml")


def check_message(file: Path, key: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_task(file)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"can_on_disc.toml: {key}")
    assert remedy in str(error.value)


# --- what stays valid


@pytest.mark.parametrize("name", list_tasks())
@pytest.mark.parametrize("robot", ["humanoid_left", "panda"])
def test_shipped_tasks_are_feasible_for_every_arm_with_a_hand(name: str, robot: str) -> None:
    assert load_task(name, [f'robot.model="{robot}"']).robot.model == robot


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("metres = 0.08", "metres = 0.5"),
        (THERE, THERE.replace(" }", ", margin = 0.03 }")),
        (THERE, '{ term = "inside", thing = "bowl", region = "lid" }'),
        (THERE, f"{COUNT}2 }}"),
        ("position = [0.46, -0.05, 0.0]", "position = [0.82, -0.05, 0.0]"),  # out of reach: to be struck there
        ("[observe.all]", "[goal]\nposition = [0.45, 0.0, 0.0]\n[observe.all]"),
    ],
)
def test_a_demanding_task_is_accepted(old: str, new: str, tmp_path: Path) -> None:
    assert load_task(write(tmp_path, old, new)).stages
