"""Shipped policies by name, their reference results, and the table made from them."""

import json
import sys
from pathlib import Path

import pytest

import mygym_lite as mg
from mygym_lite import cli, paths
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.policies import saved
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.studies.baselines.declared import read_baselines
from mygym_lite.studies.baselines.study import study_baselines
from mygym_lite.studies.baselines.table import MARKS, format_table
from mygym_lite.studies.markdown_table import replace_table
from mygym_lite.studies.result_files import get_results_folder, read_results
from mygym_lite.weights import WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
DECLARED = """
schema = 1

[baselines.reach_expert]
policy   = "expert"
task     = "reach"
method   = "nothing"
observes = "true state"
settings = ["episode.seconds=2"]

[baselines.reach_tiny]
policy   = "HOME/reach_tiny"
task     = "reach"
method   = "cloning"
observes = "state"
training_command = "mygym-lite train imitate reach"
settings = ["episode.seconds=2"]
"""
SUITE = """
schema = 1
name   = "two"
about  = "A fault of the arm, and light."
severities = [3]

[axes.weak]
group   = "actuation"
about   = "The arm does less than it is told."
changes = { "actuation.gain" = { value = [0.0] } }

[axes.dark]
group   = "visual"
about   = "There is less light."
changes = { "light.intensity" = { scale = [0.5] } }
"""
SEED = 50_000


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder of shipped policies, with one in it."""
    home = tmp_path_factory.mktemp("policies")
    lessons, schedule = DemonstrationConfig(episodes=3, noise=0.3), TrainingConfig(epochs=2, hidden=(8,))
    imitate("reach", "bc", home / "reach_tiny", demonstrations=lessons, training=schedule)
    (home / "baselines.toml").write_text(DECLARED.replace("HOME", home.as_posix()), encoding="utf-8")
    (home / "two.toml").write_text(SUITE, encoding="utf-8")
    return home


@pytest.fixture(autouse=True)
def shipping(home, monkeypatch):
    """Ship what is in that folder."""
    monkeypatch.setattr(saved, "get_policies_folder", lambda: home)


@pytest.fixture(scope="module")
def measured(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return folder, measure(home, folder, ["reach_expert"])


def measure(home, folder, names, **more):
    given = {"episodes": 3, "seed": SEED, "suite": home / "two.toml", "suite_episodes": 2, "workers": 1}
    return study_baselines(names, folder, folder / "runs", baselines_file=home / "baselines.toml", **(given | more))


def test_a_shipped_policy_is_named_like_any_other(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = find_policy("mine=reach_tiny")
    assert (found.label, found.kind) == ("mine", "saved")
    assert found.describe()["digest"] == find_policy(home / "reach_tiny").describe()["digest"]
    with TaskEnv("reach") as env:
        observation, _ = env.reset(seed=SEED)
        assert (mg.load_policy("reach_tiny", env).act(observation) == found.make(env).act(observation)).all()
    with pytest.raises(ConfigError, match=r"no policy 'reach_tin' .* did you mean 'reach_tiny'\?$"):
        find_policy("reach_tin")


def test_the_list_says_what_a_shipped_policy_is_for(monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["mygym-lite", "list", "policies", "--json"])
    assert cli.main() == 0
    told = {row["policy"]: row for row in json.loads(capfd.readouterr().out)}
    assert told["reach_tiny"]["task"] == "reach"
    assert told["reach_tiny"]["observes"]
    assert set(told["expert"]) == set(told["reach_tiny"])


def test_the_list_names_every_baseline(monkeypatch, capfd):
    monkeypatch.undo()  # what is really shipped
    monkeypatch.setattr(sys, "argv", ["mygym-lite", "list", "policies"])
    assert cli.main() == 0
    out = capfd.readouterr().out
    for name, one in read_baselines().items():
        assert f"\n{one.policy} --perception {one.perception} " in out if one.perception else f"\n{name} " in out


def test_a_result_says_what_was_measured_and_how(measured):
    folder, (told,) = measured
    assert json.loads((folder / "reach_expert.json").read_text(encoding="utf-8")) == told
    assert told["command"].startswith("mygym-lite study baselines reach_expert --episodes 3 --suite ")
    assert (told["nominal"]["successes"], told["nominal"]["episodes"], told["nominal"]["first_seed"]) == (3, 3, SEED)
    assert told["nominal"]["success"]["low"] < 1.0
    axes = told["robustness"]["axes"]
    assert (axes["weak"]["success_by_severity"], axes["weak"]["area_by_seed"]) == ({"3": 0.0}, [0.5, 0.5])
    assert (axes["weak"]["relevant"], axes["dark"]["relevant"]) == (True, False)
    assert axes["dark"] == {
        "group": "visual", "relevant": False, "reason": "cannot affect a policy without observations",
    }  # fmt: skip
    assert told["robustness"]["area"]["value"] == 0.5


def test_what_is_still_true_is_not_measured_again(home, measured):
    folder, results = measured
    seen = []
    again = measure(home, folder, ["reach_expert"], progress=lambda *told: seen.append(told))
    assert (again, seen) == (results, [])


@pytest.mark.parametrize(
    ("names", "also", "message"),
    [
        (["reach_exprt"], [], r"no baseline 'reach_exprt' in baselines.toml; did you mean 'reach_expert'\?"),
        ([], ["x"], "--seeds-of: is for one baseline, and these are 2; name the one they belong to"),
    ],
)
def test_bad_wishes_are_refused_in_one_line(home, tmp_path, names, also, message):
    with pytest.raises(UsageError, match=message):
        measure(home, tmp_path, names, seeds_of=also)


def test_a_declaration_is_read_strictly(tmp_path):
    file = tmp_path / "baselines.toml"
    file.write_text(DECLARED.replace("method ", "metod ", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"baselines.reach_expert.metod: no field 'metod'; did you mean 'method'\?"):
        read_baselines(file)


@pytest.mark.slow
def test_other_trainings_stand_beside(home, tmp_path):
    other = tmp_path / "tiny-1"
    imitate(
        "reach",
        "bc",
        other,
        demonstrations=DemonstrationConfig(episodes=3),
        training=TrainingConfig(epochs=2, hidden=(8,), seed=1),
    )
    (told,) = measure(home, tmp_path / "out", ["reach_tiny"], seeds_of=[str(other)], episodes=1, suite_episodes=1)
    assert [(one["policy"], one["seed"], one["episodes"]) for one in told["seeds_of"]] == [("tiny-1", 1, 1)]
    assert told["minutes"] is not None
    (more,) = measure(home, tmp_path / "out", ["reach_tiny"], episodes=1, suite_episodes=2)
    assert more["seeds_of"] == told["seeds_of"]  # which nothing has been asked about anew
    (other_episodes,) = measure(home, tmp_path / "out", ["reach_tiny"], episodes=2, suite_episodes=2)
    assert other_episodes["seeds_of"] == []


def test_the_table_has_a_row_for_each(measured):
    (told,) = measured[1]
    trained = {"baseline": "reach_tiny", "minutes": 12.0, "seeds_of": [{"success": {"value": 0.9}}]}
    rows = format_table([told, told | trained]).splitlines()
    start = "| nothing | true state | 100.0% (43.9 to 100.0) |"
    assert rows[2].startswith(f"| `reach` | `reach_expert` {start} - |")
    assert rows[3].startswith(f"| `reach` | `reach_tiny` {start} 100.0, 90.0 |")
    assert (rows[2].split(" | ")[-1], rows[3].split(" | ")[-1]) == ("- |", "12 min |")


def test_robustness_is_compared_over_the_axes_that_all_rows_of_a_task_share(measured):
    (told,) = measured[1]
    axes = told["robustness"]["axes"]
    seen = {
        "group": "visual",
        "relevant": True,
        "area": {"value": 0.8},
        "area_by_seed": [0.7, 0.9],
        "success_by_severity": {"3": 0.6},
    }
    seeing = told | {"baseline": "seeing", "robustness": told["robustness"] | {"axes": axes | {"dark": seen}}}
    blind, other, *rest = (row.split(" | ") for row in format_table([told, seeing]).splitlines()[2:])
    assert blind[8] == other[8]
    assert (blind[8].split(" (")[0], blind[8].split("), ")[1], blind[9]) == ("50%", "1 axis", "-")
    assert (other[9].split(" (")[0], other[9].split("), ")[1]) == ("80%", "1 axis")
    assert rest[-2:] == [["| `reach_expert`", "0 |"], ["| `seeing`", "0 |"]]  # over the shared axis, at severity 3
    del seen["area_by_seed"]  # as older results have it
    assert format_table([told, seeing]).splitlines()[3].split(" | ")[9] == "80%, 1 axis"


def test_the_table_takes_its_place_between_the_marks():
    text = f"before\n{MARKS.begin}\nold\n{MARKS.end}\nafter\n"
    assert replace_table(text, "| new |\n", MARKS) == f"before\n{MARKS.begin}\n| new |\n{MARKS.end}\nafter\n"
    with pytest.raises(UsageError, match=r"README\.md: has no place for the table"):
        replace_table("nothing", "", MARKS, "README.md")


def test_the_documentation_shows_the_table_of_the_results():
    text = (ROOT / "docs" / "baselines.md").read_text(encoding="utf-8")
    results = read_results(get_results_folder("baselines"))
    if MARKS.begin in text:
        assert replace_table(text, format_table(results), MARKS) == text
    else:
        assert not results, "give docs/baselines.md a place for the table of baselines"


def test_shipped_weights_are_small():
    weights = [file for file in (paths.get_assets_folder() / "policies").glob(f"*/{WEIGHTS}")]
    assert all(file.stat().st_size <= 1_000_000 for file in weights)
