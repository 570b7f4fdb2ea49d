"""A run on a real Ray cluster of two nodes on this machine, one of which goes away half-way."""

import pytest
from short_evaluations import read_sorted_records

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")

import mygym_lite as mg  # noqa: E402
from mygym_lite.harness.evaluate import prepare_evaluation, run_evaluation  # noqa: E402
from mygym_lite.harness.run_folder import RunFolder  # noqa: E402

WHAT = dict(tasks=["grasp"], suite="nominal", episodes=40, settings=("episode.seconds=2",))


@pytest.fixture
def cluster():
    nodes = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def test_records_do_not_depend_on_a_lost_node(cluster, tmp_path):
    second = cluster.add_node(num_cpus=1)
    gone = []

    def watch(_noun, done, total, _detail):
        if done == total // 2:
            cluster.remove_node(second, allow_graceful=False)
            gone.append(done)

    question = prepare_evaluation("random", **WHAT)
    result = run_evaluation(question, tmp_path / "ray", ray=cluster.address, progress=watch)
    assert gone == [20]
    assert len(result.records) == 40
    here = mg.evaluate("random", out=tmp_path / "here", workers=1, **WHAT)
    assert read_sorted_records(result.folder) == read_sorted_records(here.folder)
    for name in ("summary.json", "summary.csv"):
        assert (result.folder / name).read_bytes() == (here.folder / name).read_bytes()
    assert RunFolder.open(result.folder).manifest["policies"] == RunFolder.open(here.folder).manifest["policies"]


def test_perception_reports_do_not_depend_on_ray(cluster, tmp_path):
    how = dict(suite="quick", scenes=1, cameras=["front"], axes=["image_noise"])
    there = mg.evaluate_perception("grasp", out=tmp_path / "ray", ray=cluster.address, **how)
    here = mg.evaluate_perception("grasp", out=tmp_path / "here", workers=1, **how)
    for name in ("perception.json", "report.html"):
        assert (there.folder / name).read_bytes() == (here.folder / name).read_bytes()


MODULE = """
import ctypes, os, signal

def exits(observation):
    os._exit(0)

def hangs(observation):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    ctypes.CDLL(None).pause()
"""


def test_policies_that_exit_or_hang_are_recorded(cluster, tmp_path, monkeypatch):
    (tmp_path / "hostile.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    policies, what = ["hostile:exits", "hostile:hangs", "random"], WHAT | {"episodes": 1}
    result = mg.evaluate(policies, out=tmp_path / "run", ray=cluster.address, action_timeout=0.5, **what)
    *broken, well = result.records
    assert [record.failure for record in broken] == ["policy_error"] * 2
    assert all("its Ray actor ended" in record.message for record in broken)
    assert well.failure != "policy_error"


def test_an_unreachable_cluster_is_an_error(tmp_path):
    with pytest.raises(mg.MyGymError, match="no cluster answers there") as caught:
        mg.evaluate("random", out=tmp_path / "run", ray="127.0.0.1:1", **WHAT)
    assert "\n" not in str(caught.value)
