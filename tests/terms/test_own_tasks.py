"""Tasks, terms and robots that a user brings: they work like the shipped ones, and mistakes are one line."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mygym_lite
from mygym_lite import cli
from mygym_lite.datasets.generate.generate import make_dataset
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, TermError, UsageError
from mygym_lite.randomization.suite_file import load_suite

TOUCH = """
schema  = 1
name    = "touch"
about   = "Bring the palm to a can."
episode = { seconds = 2, control_hz = 20 }
robot   = { model = "kuka", control = "ee_translation" }

[cameras]
front = { position = [1.2, -0.6, 0.6], look_at = [0.45, 0.0, 0.1] }

[objects.target]
model    = "can"
position = [0.45, 0.0, 0.0]

[observe.all]
offset = { term = "offset", of = "palm", to = "target", scale = 4 }

[success]
touched = { term = "touching", a = "palm", b = "target" }
"""


@pytest.fixture
def task_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A task of its own folder, of whose modules nothing is left in Python afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    file = tmp_path / "touch.toml"
    file.write_text(TOUCH, encoding="utf-8")
    yield file
    for name, module in list(sys.modules.items()):
        if str(tmp_path) in str(getattr(module, "__file__", "")):
            del sys.modules[name]


def approach(observation: dict) -> list[float]:
    """Straight to the can."""
    return [max(-1.0, min(1.0, 5.0 * x)) for x in observation["all"].tolist()]


def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[int, str]:
    """Exit code of `mygym-lite WORDS`, and all that it printed."""
    monkeypatch.setattr("sys.argv", ["mygym-lite", *map(str, words)])
    code = cli.main()
    return code, "".join(capfd.readouterr())


# --- robots without a hand


def test_a_robot_without_a_hand_plays_a_task_that_needs_none(task_file, tmp_path):
    result = mygym_lite.evaluate(approach, task_file, episodes=1, workers=1, out=tmp_path / "run")
    (record,) = result.records
    assert record.success
    assert record.forces["hand_object"].peak > 0.0


def test_it_is_watched_and_recorded_and_pictured(task_file, tmp_path, capfd, monkeypatch):
    code, printed = command(capfd, monkeypatch, "watch", task_file, "--policy", "random", "--episodes", 1)
    assert (code, "random on touch" in printed) == (0, True)
    assert len(mygym_lite.record(task_file, "random", episodes=1, workers=1)) == 1
    made = make_dataset(task_file, tmp_path / "pictures", images=2, size=(32, 32), randomization="none", workers=1)
    assert made.manifest["images"] == 2


def test_a_task_that_needs_a_hand_says_which_robot_has_none(capfd, monkeypatch):
    code, printed = command(capfd, monkeypatch, "show", "grasp", "--robot", "kuka")
    assert (code, printed.count("\n")) == (2, 1)
    assert "kuka has no hand; choose another robot, or leave this term out" in printed


def test_terms_of_a_grasp_need_a_hand(task_file):
    grasps = TOUCH.replace('"touching", a = "palm", b = "target"', '"grasped", thing = "target"')
    task_file.write_text(grasps, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"touch\.toml: success\.touched\.thing: kuka has no hand; choose another"):
        mygym_lite.load_task(task_file)


def test_the_expert_refuses_to_take_an_object_without_a_hand(task_file):
    with TaskEnv(task_file) as env, pytest.raises(UsageError, match="and kuka has no hand; use another policy or rob"):
        mygym_lite.make_policy("expert", env)


# --- terms beside the task file


def with_term(task_file: Path, module: str, code: str, old: str, new: str) -> None:
    """Put a module beside the task, and name one of its functions."""
    (task_file.parent / f"{module}.py").write_text("from mygym_lite import State\n" + code, encoding="utf-8")
    task_file.write_text(task_file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


REWARD = "[success]", '[reward]\nbonus = {{ term = "{0}:bonus"{1} }}\n[success]'


def with_reward(task_file: Path, module: str, code: str, parameters: str = "") -> None:
    with_term(task_file, module, code, REWARD[0], REWARD[1].format(module, parameters))


def test_a_module_beside_the_task_is_found_from_anywhere_and_in_workers(task_file, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    with_reward(task_file, "beside_terms", "def bonus(after: State) -> float:\n    return 2.5\n")
    result = mygym_lite.evaluate(approach, task_file, episodes=1, workers=1, out=tmp_path / "run")
    (record,) = result.records
    assert record.reward_terms["bonus"] == 2.5 * record.steps


def test_a_module_that_hides_the_one_beside_the_task_is_named(task_file):
    with_reward(task_file, "json", "def bonus(after: State) -> float:\n    return 2.5\n")
    with pytest.raises(
        ConfigError, match=r"touch\.toml: the module 'json' beside it is hidden by .*json.*another name"
    ):
        mygym_lite.load_task(task_file)


@pytest.mark.parametrize("annotation", ["list[float]", "Sequence[float]", "tuple[float, ...]"])
def test_a_term_may_take_a_list(task_file, annotation):
    code = "from collections.abc import Sequence\n"
    code += f"def bonus(after: State, weights: {annotation}) -> float:\n    return sum(weights)\n"
    with_reward(task_file, "listing", code, ", weights = [1, 2.5]")
    with TaskEnv(task_file) as env:
        env.reset(seed=0)
        assert env.step(env.action_space.sample())[4]["reward_terms"]["bonus"] == 3.5


def test_an_annotation_that_no_toml_value_has_is_refused(task_file):
    code = "def bonus(after: State, of: bytes) -> float:\n    return 1.0\n"
    with_reward(task_file, "terms_of_bytes", code, ', of = "a"')
    with pytest.raises(
        ConfigError, match=r"touch\.toml: reward\.bonus\.of: is annotated bytes, .* annotate it bool, int"
    ):
        mygym_lite.load_task(task_file)


# --- terms with faults

FAULTS = [
    (
        "raising",
        "return 1 / 0",
        r"reward\.bonus: the term 'raising:bonus' raised ZeroDivisionError.*raising\.py, line 3",
    ),
    ("nothing", "pass", r"reward\.bonus: the term 'nothing:bonus' returned None; return a finite number"),
    ("endless", "return float('nan')", r"reward\.bonus: the term 'endless:bonus' returned nan; return a finite number"),
]


@pytest.mark.parametrize(("module", "body", "message"), FAULTS)
def test_a_faulty_term_is_named_with_its_task_and_section(task_file, module, body, message):
    with_reward(task_file, module, f"def bonus(after: State) -> float:\n    {body}\n")
    with TaskEnv(task_file) as env:
        env.reset(seed=0)
        with pytest.raises(TermError, match=rf"touch\.toml: {message}") as raised:
            env.step(env.action_space.sample())
    assert isinstance(raised.value.__cause__, ZeroDivisionError) == (module == "raising")


def test_an_observation_has_as_many_numbers_each_time(task_file):
    code = "def seen(after: State) -> list[float]:\n    return [0.0] * (1 + round(20 * after.seconds))\n"
    with_term(task_file, "growing", code, "[success]", '[observe.more]\nseen = { term = "growing:seen" }\n[success]')
    with TaskEnv(task_file) as env, pytest.raises(TermError, match=r"observe\.more\.seen.*returned 2 numbers after 1"):
        env.reset(seed=0)
        env.step(env.action_space.sample())


@pytest.mark.parametrize("words", [("watch",), ("evaluate", "--workers", "1", "--clips", "0")])
def test_commands_name_a_faulty_term_in_one_line(task_file, tmp_path, capfd, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    with_reward(task_file, "raising", "def bonus(after: State) -> float:\n    return 1 / 0\n")
    command_, *options = words
    code, printed = command(capfd, monkeypatch, command_, task_file, "--policy", "random", "--episodes", 1, *options)
    assert (code, "Traceback" in printed) == (2, False)
    assert printed.count("touch.toml: reward.bonus: the term 'raising:bonus' raised ZeroDivisionError") == 1


def test_the_traceback_of_a_faulty_term_comes_with_it_from_another_process():
    try:
        try:
            {}["deep"]
        except KeyError as cause:
            raise TermError("hover.toml: reward.bonus") from cause
    except TermError as error:
        sent = pickle.loads(pickle.dumps(error))
    assert str(sent) == "hover.toml: reward.bonus"
    assert "KeyError: 'deep'" in sent.__notes__[0]
    assert Path(__file__).name in sent.__notes__[0]


# --- policies and suites with faults

POLICY = """
class Refuses:
    def reset(self, seed): ...
    def act(self, observation):
        raise RuntimeError("no idea")


class Unfinished:
    def __init__(self):
        raise RuntimeError("no weights")
    def reset(self, seed): ...
    def act(self, observation): ...


def network():
    import torch
    return torch.nn.Linear(3, 4)


linear = network()
"""


@pytest.mark.parametrize(
    ("name", "message", "code"),
    [
        ("Refuses", "RuntimeError: no idea", 0),
        ("linear", "policy faulty_policies:linear: a torch module takes tensors, not an observation; wrap it", 2),
        ("Unfinished", "cannot be made without arguments (RuntimeError: no weights)", 2),
    ],
)
def test_watch_tells_what_a_policy_raised(tmp_path, capfd, monkeypatch, name, message, code):
    (tmp_path / "faulty_policies.py").write_text(POLICY, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    words = ("watch", "reach", "--policy", f"faulty_policies:{name}", "--episodes", 2)
    found, printed = command(capfd, monkeypatch, *words)
    assert (found, "Traceback" in printed, printed.count(message)) == (code, False, 1)


def test_a_suite_that_selects_itself_names_the_cycle(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, other in (("one", "two"), ("two", "one"), ("self", "self")):
        text = (
            f'schema = 1\nname = "{name}"\nabout = "A ring."\n[[select]]\nsuite = "./{other}.toml"\naxes = ["push"]\n'
        )
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"two\.toml: select\.0\.suite: refers back to itself, one -> two -> one;"):
        load_suite("./one.toml")
    with pytest.raises(ConfigError, match=r"self -> self; name a suite with axes of its own"):
        load_suite("./self.toml")
