"""A run on a real Ray cluster of two nodes on this machine, one of which goes away half-way."""

import json

import pytest

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")

import mygym_lite as mg  # noqa: E402
from mygym_lite.harness.evaluate import ask, conduct  # noqa: E402
from mygym_lite.harness.store import EPISODES, Run  # noqa: E402

WHAT = dict(tasks=["grasp"], suite="nominal", episodes=40, settings=("episode.seconds=2",))


@pytest.fixture
def cluster():
    nodes = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def told(folder):
    lines = [json.loads(line) for line in (folder / EPISODES).read_text(encoding="utf-8").splitlines()]
    return sorted(json.dumps({key: value for key, value in line.items() if key != "wall"}) for line in lines)


def test_a_node_that_dies_changes_no_byte(cluster, tmp_path):
    second = cluster.add_node(num_cpus=1)
    gone = []

    def watch(record, done, total):
        if record is not None and done == total // 2:
            cluster.remove_node(second, allow_graceful=False)
            gone.append(done)

    question = ask("random", **WHAT)
    result = conduct(question, tmp_path / "ray", ray=cluster.address, watch=watch)
    assert gone == [20]
    assert len(result.records) == 40
    here = mg.evaluate("random", out=tmp_path / "here", workers=1, **WHAT)
    assert told(result.folder) == told(here.folder)
    for name in ("summary.json", "summary.csv"):
        assert (result.folder / name).read_bytes() == (here.folder / name).read_bytes()
    assert Run.open(result.folder).manifest["policies"] == Run.open(here.folder).manifest["policies"]


def test_a_cluster_that_is_not_there(tmp_path):
    with pytest.raises(mg.MyGymError, match="no cluster answers there") as caught:
        mg.evaluate("random", out=tmp_path / "run", ray="127.0.0.1:1", **WHAT)
    assert "\n" not in str(caught.value)
