"""Policies that read the instruction: prompts of mapping files, records, demonstrations, and evaluation."""

import json
from contextlib import closing

import numpy as np
import pytest
from language_tasks import OBSERVE, write_task
from policy_servers import make_protocol_server
from servers import running

from mygym_lite import EpisodeRecord, evaluate, record, replay, run
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.demonstrations.formats.lerobot_reader import LeRobotEpisodes
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.viz.film import EpisodeFilmer


class Reader:
    """Policy that observes the tokens."""

    observe = OBSERVE

    def reset(self, seed):
        pass

    def act(self, observation):
        assert observation["instruction"].shape == (24,)
        return np.zeros(8, np.float32)


@pytest.fixture
def task(tmp_path):
    return write_task(tmp_path)


def test_a_prompt_is_filled_with_the_instruction_of_each_episode(task, write_mapping):
    file = write_mapping(
        """
        prompt = "Robot: {instruction}!"
        [observation]
        state  = "proprio"
        tokens = "instruction"
        """
    )
    messages = []

    def infer(message, _connection):
        messages.append(message)
        return {"actions": np.zeros((50, 8), np.float32)}

    with running(make_protocol_server(infer)) as url:
        records = run(task, url, episodes=3, remote_mapping=file)
        fields = ObservedFields.for_policy(find_policy(url, remote_mapping=file), load(task))
    assert [message["prompt"] for message in messages] == [f"Robot: {each.instruction}!" for each in records]
    assert len({message["tokens"].tobytes() for message in messages}) > 1
    assert fields.is_affected_by("language.typos")


def load(task):
    with closing(TaskEnv(task)) as env:
        return env.task


def test_a_fixed_prompt_is_not_affected_by_the_wording(task, write_mapping):
    policy = find_policy(lambda _: np.zeros(8), remote_mapping=write_mapping('prompt = "tidy up"\n'))
    assert not ObservedFields.for_policy(policy, load(task)).is_affected_by("language.typos")


def test_records_hold_the_instruction_and_older_ones_load_without(task):
    [instructed] = run(task, Reader(), episodes=1, seed=1)
    assert instructed.instruction == "put the blue cube into the bowl"
    assert EpisodeRecord.from_line(instructed.to_line()) == instructed
    [plain] = run("reach", "random", episodes=1)
    assert "instruction" not in json.loads(plain.to_line())
    assert EpisodeRecord.from_line(plain.to_line()).instruction is None


def test_a_suite_changes_what_a_policy_reads(task, tmp_path):
    result = evaluate(Reader(), task, suite="language", episodes=1, out=tmp_path / "run", workers=1)
    texts = {(each.axis, each.severity): each.instruction for each in result.records}
    assert len(texts) == 26
    assert "please" in texts["extra_words", 5] or len(texts["extra_words", 5]) > 50
    assert texts["nominal", 0] == "put the blue ball into the bowl"
    assert replay(tmp_path / "run", result.records[-1].episode, policy=Reader()).identical


def test_demonstrations_keep_text_and_tokens(task, tmp_path):
    pytest.importorskip("pyarrow", reason="the extra 'lerobot' is not installed")
    recorded = record(task, Reader(), episodes=3, out=tmp_path / "out", formats=["minari", "lerobot"], workers=1)
    texts = [each.record["instruction"] for each in recorded]
    assert texts[0] == "put the blue ball into the bowl"
    lerobot = LeRobotEpisodes(tmp_path / "out" / "lerobot")
    for one, again in zip(Demonstrations.load(tmp_path / "out"), lerobot, strict=True):
        assert again.record["instruction"] == one.record["instruction"]
        assert np.array_equal(again.observations["instruction"], one.observations["instruction"][:-1])
    rows = lerobot._rows
    assert [row["tasks"] for row in rows] == [[text] for text in texts]
    assert lerobot.info["total_tasks"] == len(set(texts))
    metadata = json.loads((tmp_path / "out" / "minari" / "data" / "metadata.json").read_text(encoding="utf-8"))
    space = json.loads(metadata["observation_space"])["subspaces"]["instruction"]
    assert (space["type"], space["dtype"], len(space["nvec"])) == ("MultiDiscrete", "int64", 24)


def test_a_film_shows_the_instruction(task):
    frames = []

    class Writer:
        add = staticmethod(frames.append)

        def end_episode(self):
            pass

    with closing(TaskEnv(task)) as env:
        for words in (0, 6):
            _, info = env.reset(seed=0, options={"variations": {"language.extra_words": {"value": words}}})
            EpisodeFilmer(env, Writer(), size=(640, 480)).on_step(info)
    assert (frames[0] != frames[1]).any()
    assert (frames[0][:480] == frames[1][:480]).all()
