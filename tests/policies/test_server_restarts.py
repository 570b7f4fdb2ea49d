"""A policy server that goes away in the middle of a run, and comes back as itself, as another one, or not at all."""

import json
import socket
import subprocess
import threading
from contextlib import contextmanager

import msgpack
import pytest
from command_line import COMMAND
from websockets.sync.server import serve

import mygym_lite as mg
from mygym_lite.errors import UnreachableError, UsageError
from mygym_lite.harness.run_folder import EPISODES, RunFolder

SHORT = ("episode.seconds=0.5",)  # 10 observations an episode
ONCE = "schema = 1\n[connection]\nattempts = 1\n"


class Server:
    """A policy server that answers so many observations, then breaks the connection.

    Args:
        port: To listen on.
        versions: What it says of itself: the first entry until it breaks, then the next one, or nothing any more.
        answers: Observations until it breaks.
    """

    def __init__(self, port: int, versions: list[str], answers: int | None = None) -> None:
        self._versions, self._left = versions, answers
        self.server = serve(self._converse, "127.0.0.1", port, compression=None, process_request=self._door)

    def _door(self, connection, _request):
        return None if self._versions else connection.respond(503, "restarting\n")

    def _converse(self, connection) -> None:
        connection.send(msgpack.packb({"version": self._versions[0]}))
        for _ in connection:
            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    return self._break(connection)
            connection.send(msgpack.packb({"actions": [[0.1, 0.0, 0.0, 0.0]]}))

    def _break(self, connection) -> None:
        self._left = None
        self._versions = self._versions[1:]
        connection.socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def served(port: int, *versions: str, answers: int | None = None):
    server = Server(port, list(versions), answers).server
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def evaluate(tmp_path, port):
    (tmp_path / "once.toml").write_text(ONCE, encoding="utf-8")

    def play(out="run", episodes=3):
        return mg.evaluate(
            [f"far=ws://127.0.0.1:{port}", "random"], "reach", "nominal", episodes, out=tmp_path / out, workers=1,
            settings=SHORT, remote_mapping=tmp_path / "once.toml",
        )  # fmt: skip

    return play


def seeds(records, policy="far"):
    return [record.seed for record in records if record.policy == policy]


def test_a_policy_that_changes_during_a_run_records_no_more_episodes(evaluate, port):
    with served(port, "a", "b", answers=15):
        result = evaluate()
    assert seeds(result.records) == [0]  # 1 broke in the middle, and in 2 it was another policy that answered
    assert seeds(result.records, "random") == [0, 1, 2]
    assert "metadata.version was 'a', is 'b'" in " ".join(result.missing_episodes.values())
    assert result.run.manifest["policies"]["far"]["metadata"] == {"version": "a"}


def test_a_run_is_not_resumed_with_another_policy(evaluate, port):
    with served(port, "a", "b", answers=15):
        before = evaluate().run.folder / EPISODES
        lines = before.read_bytes()
        with pytest.raises(UsageError, match=r'policies\.far\.metadata\.version was "a", is "b"') as caught:
            evaluate()
    assert "\n" not in str(caught.value)
    assert before.read_bytes() == lines


def test_missing_episodes_are_run_when_the_server_is_back(evaluate, port):
    with served(port, "a", answers=15):
        cut = evaluate()
    assert seeds(cut.records) == [0]
    assert cut.incomplete_message.startswith("incomplete: 2 of 6 episodes were not played")
    assert cut.incomplete_message in cut.format_table()
    with served(port, "a"):
        whole, undisturbed = evaluate(), evaluate("undisturbed")
    assert whole.incomplete_message is None
    assert [record.digest for record in whole.records] == [record.digest for record in undisturbed.records]
    for name in ("summary.json", "summary.csv"):
        assert (whole.folder / name).read_bytes() == (undisturbed.folder / name).read_bytes()


def test_an_error_of_the_server_is_a_policy_error(evaluate, port):
    def converse(connection):
        connection.send(msgpack.packb({}))
        for _ in connection:
            connection.close(1011)

    with serve(converse, "127.0.0.1", port, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        result = evaluate(episodes=1)
        server.shutdown()
        thread.join()
    assert result.records[0].failure == "policy_error"
    assert result.incomplete_message is None


def test_the_command_reports_an_incomplete_run(tmp_path, port):
    (tmp_path / "once.toml").write_text(ONCE, encoding="utf-8")
    command = [
        *COMMAND, "evaluate", "reach", "--policy", f"far=ws://127.0.0.1:{port}", "--remote-mapping", "once.toml",
        "--episodes", "3", "--workers", "1", "--clips", "0", "--json", "--out", "run", "--set", SHORT[0],
    ]  # fmt: skip
    with served(port, "a", answers=15):
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ended.returncode == 1
    assert "incomplete: 2 of 3 episodes were not played" in ended.stderr
    assert "run the same command to complete them" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert json.loads(ended.stdout)["missing_episodes"] == 2
    assert "2 episodes not run yet" in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")


def test_a_single_episode_without_its_server_is_an_error(port):
    with pytest.raises(UnreachableError, match="no policy server answers"):
        mg.run("reach", f"ws://127.0.0.1:{port}", 1, settings=SHORT)


def test_a_replay_refuses_another_policy(tmp_path, port):
    with served(port, "a") as url:
        run = mg.evaluate(url, "reach", "nominal", 1, out=tmp_path / "run", workers=1, settings=SHORT).run
        assert mg.replay(run, 0).identical
    with served(port, "b"), pytest.raises(UsageError, match="is another one than in the run"):
        mg.replay(RunFolder.open(run.folder), 0)
