"""Leaderboards of several runs: ranks with ties, columns, refusals, and replays that must come out as recorded."""

import csv
import io
import itertools
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from fidelity_worlds import change_manifest, write_world
from hypothesis import given
from hypothesis import strategies as st
from runs import write_records, write_run
from short_evaluations import SUITE, SUITE_FILE, evaluate

import mygym_lite as mg
from mygym_lite.errors import UsageError
from mygym_lite.harness.leaderboard.ranking import compute_required_seeds, rank_policies
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.run_folder import EPISODES, RunFolder
from mygym_lite.harness.summary import summarize_conditions, write_summary
from mygym_lite.harness.verdict import summarize_policies
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import wilson_interval

FILES = ("leaderboard.html", "leaderboard.csv")
RATES = {"expert": 1.0, "grasp_bc": 0.9, "mlp": 0.5, "random": 0.0}


def read_table(folder):
    return list(csv.DictReader(io.StringIO((folder / "leaderboard.csv").read_text(encoding="utf-8"))))


def change_records(folder, change):
    """Change some records with their digests, as somebody would who knows how they are made."""
    records = RunFolder.open(folder).read_records()
    write_records(folder, [replace(record, **change(record)) for record in records])


def write_adaptation(folder, digest, **worlds):
    """Write a result of adaptation on grasp: success after 0 and 5 demonstrations by world."""
    folder.mkdir()
    tables = {}
    for name, rates in worlds.items():
        start = {str(number): {"success": {"value": rate}} for number, rate in zip((0, 5), rates, strict=True)}
        tables[name] = {"changes": [f"{name}=1"], "start": start}
    result = {"program": "mygym_lite study adaptation", "task": {"name": "grasp"}, "policy": {"digest": digest}}
    (folder / "adaptation.json").write_text(json.dumps(result | {"worlds": tables}))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Runs of four policies on two tasks, in three folders, and of two of them in another engine."""
    root = tmp_path_factory.mktemp("runs")
    few = {name: RATES[name] for name in ("expert", "random")}
    more = {name: RATES[name] for name in ("grasp_bc", "mlp")}
    write_world(root / "both", few, tasks=("reach", "grasp"))
    write_world(root / "reach", more, tasks=("reach",))
    write_world(root / "grasp", more, tasks=("grasp",))
    write_world(root / "mujoco", {"expert": 0.8, "mlp": 0.3}, engine="mujoco")
    write_run(root / "quick", policies=("expert", "mlp"))
    return root


@pytest.fixture(scope="module")
def result(root):
    return mg.leaderboard([root / name for name in ("both", "reach", "grasp", "mujoco")])


class TestRanks:
    def test_policies_that_cannot_be_told_apart_share_a_rank(self, result):
        """20 of 20, 18, 10 and 0: the first two differ on two seeds alone."""
        reach, grasp = result.boards
        assert reach.ranking.ranks == grasp.ranking.ranks == {"expert": 1, "grasp_bc": 1, "mlp": 3, "random": 4}
        assert grasp.ranking.list_ties("expert") == ("grasp_bc",)
        assert grasp.ranking.list_ties("mlp") == ()

    def test_two_tasks_tell_more_than_one(self):
        """Four of 20 failures prove nothing on one task; eight on as many seeds do on two."""
        solved, failed = np.ones((20, 2), dtype=bool), np.ones((20, 2), dtype=bool)
        failed[:4, 0] = failed[4:8, 1] = False
        assert set(rank_policies({"a": solved[:, :1], "b": failed[:, :1]}).ranks.values()) == {1}
        assert rank_policies({"a": solved, "b": failed}).ranks == {"a": 1, "b": 2}

    def test_a_seed_that_fails_on_both_tasks_counts_once(self, tmp_path):
        result = mg.leaderboard(write_world(tmp_path / "run", {"expert": 1.0, "mlp": 0.8}, tasks=("reach", "grasp")))
        assert result.overall.tasks == ("reach", "grasp")
        assert result.overall.success["mlp"].value == pytest.approx(0.8)
        assert result.overall.ranking.ranks == {"expert": 1, "mlp": 1}
        assert result.overall.ranking.tests[0].p == pytest.approx(2 * 0.5**4)

    def test_a_policy_without_some_task_is_ranked_on_its_own_tasks(self, root, tmp_path):
        part = write_world(tmp_path / "part", {"grasp_act": 0.95}, tasks=("grasp",))
        result = mg.leaderboard([root / "both", root / "reach", root / "grasp", part])
        assert result.boards[1].ranking.ranks["grasp_act"] == 1
        assert [*result.overall.ranking.ranks] == ["expert", "grasp_bc", "mlp", "random"]
        assert result.policies[-1] == "grasp_act"

    def test_policies_of_different_tasks_have_no_overall_rank(self, root, tmp_path):
        others = write_world(tmp_path / "others", {"grasp_act": 0.9, "random": 0.0})
        result = mg.leaderboard([root / "reach", others])
        assert result.overall is None
        assert "No ranking over several tasks: fewer than two policies have results on all" in result.format_table()

    @given(st.data())
    def test_the_rank_counts_the_policies_that_are_significantly_better(self, data):
        shape = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 3)))
        bits = st.lists(st.booleans(), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
        outcomes = {name: np.array(data.draw(bits)).reshape(shape) for name in data.draw(st.permutations("abcd"))}
        ranking = rank_policies(outcomes)
        for policy, rank in ranking.ranks.items():
            better = {test.better for test in ranking.tests if policy in (test.a, test.b)} - {None, policy}
            assert rank == 1 + len(better)
            assert all(outcomes[name].sum() > outcomes[policy].sum() for name in better)
        assert [*ranking.ranks.values()] == sorted(ranking.ranks.values())
        assert rank_policies(dict(sorted(outcomes.items()))) == ranking

    @given(st.integers(2, 12))
    def test_below_the_required_seeds_everybody_ties(self, policies):
        seeds = compute_required_seeds(policies)
        for count, tie in ((seeds - 1, True), (seeds, False)):
            outcomes = {f"p{number}": np.zeros((count, 1), dtype=bool) for number in range(policies)}
            outcomes["p0"][:] = True
            assert (rank_policies(outcomes).ranks["p1"] == 1) is tie

    def test_too_few_episodes_are_noticed(self, tmp_path):
        folder = write_world(tmp_path / "few", RATES, episodes=5)
        notice = "With 5 episodes no two of 4 policies can differ significantly on a task; evaluate with --episodes 8"
        assert notice in mg.leaderboard(folder).format_table()

    def test_a_policy_that_breaks_in_every_episode_has_no_rank(self, tmp_path):
        folder = write_world(tmp_path / "run", RATES)
        broken = {"success": False, "failure": "policy_error", "message": "no weights", "time_to_success": None}
        change_records(folder, lambda record: broken if record.policy == "expert" else {})
        result = mg.leaderboard(folder, out=tmp_path / "out")
        assert result.boards[0].rows[-1].policy == "expert"
        [row] = [row for row in read_table(tmp_path / "out") if row["policy"] == "expert"]
        assert (row["rank"], row["success"], row["successes"]) == ("", "", "")
        assert "all 20 episodes ended in policy_error: no weights" in (tmp_path / "out" / FILES[0]).read_text()


class TestColumns:
    def test_success_time_and_force_are_those_of_the_nominal_episodes(self, result):
        row = next(row for row in result.boards[1].rows if row.policy == "grasp_bc")
        nominal = row.entry.results.nominal
        assert (row.episodes, row.successes) == (20, 18)
        assert row.summary.success == pytest.approx((0.9, *wilson_interval(18, 20)))
        assert row.median_seconds == np.median([r.time_to_success for r in nominal if r.time_to_success is not None])
        peaks = [r.forces["hand_object"].peak for r in nominal if r.forces["hand_object"].mean is not None]
        assert row.summary.peak_hand_force.value == pytest.approx(np.mean(peaks))

    def test_robustness_is_compared_over_the_axes_that_affect_every_policy(self, root, tmp_path):
        shutil.copytree(root / "quick", tmp_path / "run")
        reason = {"expert": {"grasp": {"friction": "cannot affect it"}}, "mlp": {"grasp": {}}}
        change_manifest(tmp_path / "run", lambda manifest: manifest.update(irrelevant_axes=reason))
        result = mg.leaderboard(tmp_path / "run", out=tmp_path / "out")
        rows = {row.policy: row.summary for row in result.boards[0].rows}
        assert "friction" not in result.boards[0].shared_axes
        assert rows["mlp"].other_axes == ("friction",)
        assert rows["expert"].other_robustness.value is None
        manifest = RunFolder.open(tmp_path / "run").manifest
        records = RunFolder.open(tmp_path / "run").read_records()
        assert [*rows.values()] == sorted(
            summarize_policies(records, read_irrelevant_axes(manifest)), key=lambda row: [*rows].index(row.policy)
        )
        assert "Other axes of mlp: friction." in (tmp_path / "out" / FILES[0]).read_text(encoding="utf-8")

    def test_success_in_the_other_engine_stands_beside_and_is_not_ranked(self, result):
        grasp = result.boards[1]
        rows = {row.policy: row for row in grasp.rows}
        assert (grasp.engine, grasp.other_engines) == ("Bullet", ("MuJoCo",))
        assert rows["mlp"].other_engines["MuJoCo"].value == pytest.approx(0.3)
        assert rows["random"].other_engines == {}
        assert rows["mlp"].summary.success.value == pytest.approx(0.5)

    def test_the_cost_of_training_is_what_the_policy_records(self, root, tmp_path):
        shutil.copytree(root / "grasp", tmp_path / "run")
        entry = find_policy("grasp_bc").describe()
        change_manifest(tmp_path / "run", lambda manifest: manifest["policies"].update(grasp_bc=entry))
        result = mg.leaderboard(tmp_path / "run", out=tmp_path / "out")
        rows = {row["policy"]: row for row in result.to_dict()["tasks"][0]["policies"]}
        assert rows["grasp_bc"]["training"] == {"minutes": 0.5, "demonstrations": 100, "steps": None}
        assert rows["mlp"]["training"] == {"minutes": None, "demonstrations": None, "steps": None}
        assert "0.5 min, 100 demonstrations" in (tmp_path / "out" / FILES[0]).read_text(encoding="utf-8")

    def test_adaptation_stands_beside_and_is_of_the_same_policy(self, root, tmp_path):
        digest = RunFolder.open(root / "grasp").manifest["policies"]["mlp"]["digest"]
        write_adaptation(tmp_path / "study", digest, mujoco=[0.2, 0.6], left=[0.4, 0.9])
        result = mg.leaderboard(root / "grasp", out=tmp_path / "out", adaptation=[tmp_path / "study"])
        rows = {row["policy"]: row for row in result.to_dict()["tasks"][0]["policies"]}
        assert rows["mlp"]["adaptation"] == {"0": pytest.approx(0.3), "5": pytest.approx(0.75)}
        assert rows["grasp_bc"]["adaptation"] == {}
        assert "adapted, %, after 0 and 5" in result.format_table()
        assert "30, 75" in result.format_table()
        table = {row["policy"]: row for row in read_table(tmp_path / "out")}
        assert (table["mlp"]["adapted_success_5"], table["grasp_bc"]["adapted_success_5"]) == ("0.75", "")
        assert "30, 75" in (tmp_path / "out" / FILES[0]).read_text(encoding="utf-8")

    def test_other_adaptation_is_refused(self, root, tmp_path):
        digest = RunFolder.open(root / "grasp").manifest["policies"]["mlp"]["digest"]
        write_adaptation(tmp_path / "a", digest, mujoco=[0.2, 0.6])
        write_adaptation(tmp_path / "b", "0" * 64, mujoco=[0.2, 0.6])
        write_adaptation(tmp_path / "c", digest, left=[0.2, 0.6])
        (tmp_path / "d.json").write_text("{}")
        for names, message in {
            ("b",): "no run evaluates its policy",
            ("a", "a"): "leave one out",
            ("a", "c"): "differ; run both",
            ("d.json",): "is not a result of study adaptation",
            ("none",): "is not a result of study adaptation",
        }.items():
            with pytest.raises(UsageError, match=message) as caught:
                mg.leaderboard(root / "grasp", adaptation=[tmp_path / name for name in names])
            assert "\n" not in str(caught.value)

    def test_the_cost_of_another_policy_of_the_name_is_not_taken(self, root, tmp_path):
        shutil.copytree(root / "grasp", tmp_path / "run")
        entry = find_policy("grasp_bc").describe() | {"digest": "0" * 64}
        change_manifest(tmp_path / "run", lambda manifest: manifest["policies"].update(grasp_bc=entry))
        assert not any(row.training.is_recorded for row in mg.leaderboard(tmp_path / "run").boards[0].rows)

    def test_the_cost_is_read_without_importing_anything(self, root, tmp_path, monkeypatch):
        shutil.copytree(root / "grasp", tmp_path / "run")
        (tmp_path / "foreign:act").mkdir()
        (tmp_path / "foreign:act" / "policy.json").write_text("{}")
        (tmp_path / "foreign.py").write_text("raise SystemExit('imported')")
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        entry = {"source": "foreign:act", "kind": "saved", "digest": "0" * 64}
        change_manifest(tmp_path / "run", lambda manifest: manifest["policies"].update(grasp_bc=entry))
        assert not any(row.training.is_recorded for row in mg.leaderboard(tmp_path / "run").boards[0].rows)

    def test_a_policy_through_perception_is_another_row(self, root, tmp_path):
        shutil.copytree(root / "grasp", tmp_path / "seen")
        estimator = {"name": "grasp", "source": "grasp", "digest": "0" * 64, "code": ""}
        change_manifest(tmp_path / "seen", lambda manifest: manifest.update(perception=estimator))
        result = mg.leaderboard([root / "grasp", tmp_path / "seen"])
        names = {row.policy for row in result.boards[0].rows}
        assert names == {"grasp_bc", "mlp", "grasp_bc (perception grasp)", "mlp (perception grasp)"}

    def test_one_label_may_name_another_policy_on_each_task(self, root, tmp_path):
        shutil.copytree(root / "reach", tmp_path / "reach")
        change_manifest(tmp_path / "reach", lambda manifest: manifest["policies"]["mlp"].update(digest="0" * 32))
        assert "mlp" in mg.leaderboard([tmp_path / "reach", root / "grasp"]).overall.success


class TestOrder:
    def test_the_files_are_the_same_for_any_order_of_the_runs(self, root, tmp_path):
        folders = [root / name for name in ("both", "reach", "grasp", "mujoco")]
        written = set()
        for number, runs in enumerate(itertools.permutations(folders)):
            mg.leaderboard(runs, out=tmp_path / str(number))
            written.add(tuple((tmp_path / str(number) / name).read_bytes() for name in FILES))
        assert len(written) == 1

    def test_a_run_that_is_named_twice_or_copied_changes_nothing(self, root, tmp_path):
        shutil.copytree(root / "grasp", tmp_path / "z")
        once = mg.leaderboard(root / "grasp").to_dict()
        assert mg.leaderboard([root / "grasp", root / "grasp"]).to_dict() == once
        copied = mg.leaderboard([tmp_path / "z", root / "grasp"]).to_dict()
        numbers = [[row["success"] for row in each["tasks"][0]["policies"]] for each in (copied, once)]
        assert numbers[0] == numbers[1]


@pytest.fixture
def changed(root, tmp_path):
    """Build runs beside `grasp`, each with one change."""
    folder = tmp_path / "changed"
    shutil.copytree(root / "grasp", folder)
    return folder


def use_other_version(manifest):
    manifest["suite"]["version"] = 7


def use_other_simulation(manifest):
    manifest["simulation"] = "beef" * 8


def use_other_task(manifest):
    manifest["tasks"]["grasp"]["fields"]["episode"]["seconds"] = 99.0


def use_other_policy(manifest):
    manifest["policies"]["mlp"]["digest"] = "0" * 32


def stop_early(manifest):
    manifest["until_ci_width"] = 0.2


def plan_more_episodes(manifest):
    manifest["episodes"] = 30


def forget_an_axis(manifest):
    manifest["suite"]["axes"] = [{**axis, "applicable": {}} for axis in manifest["suite"]["axes"]]


class TestRefusals:
    """One line each, with both sides and a remedy."""

    def refuse(self, run, *folders):
        code, out, err = run("leaderboard", *folders)
        assert (code, out, err.count("\n")) == (2, "", 1)
        return err

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (use_other_version, r"have other suites: suite\.version was absent, is 7; evaluate both under the same"),
            (
                use_other_simulation,
                r"other versions of the code or assets \(simulation c0dec0dec0de and beefbeefbeef\)",
            ),
            (use_other_task, r"other tasks of one name: grasp\.episode\.seconds was [\d.]+, is 99\.0; evaluate both"),
            (use_other_policy, r"mlp on grasp is another policy in each \(digest \w{12} and 0{12}\); .*LABEL=POLICY"),
            (stop_early, r"stopped its conditions early \(until_ci_width 0\.2\)"),
            (plan_more_episodes, r"is incomplete, it has 40 of 60 episodes; run its evaluate command again"),
        ],
    )
    def test_manifests(self, root, changed, change, message, run):
        change_manifest(changed, change)
        assert re.search(message, self.refuse(run, root / "grasp", changed))

    def test_an_axis_without_its_tasks(self, root, tmp_path, run):
        shutil.copytree(root / "quick", tmp_path / "run")
        change_manifest(tmp_path / "run", forget_an_axis)
        assert "suite.axes.0.applicable.grasp" in self.refuse(run, tmp_path / "run")

    def test_another_suite(self, root, run):
        assert "have other suites: suite." in self.refuse(run, root / "quick", root / "grasp")

    @pytest.mark.parametrize(
        ("options", "seeds"), [({"seed": 5}, "5 to 24"), ({"episodes": 30}, "0 to 29")], ids=["first", "number"]
    )
    def test_other_seeds(self, root, tmp_path, options, seeds, run):
        write_run(tmp_path / "other", policies=["mlp"], suite="nominal", **{"episodes": 20} | options)
        said = self.refuse(run, root / "grasp", tmp_path / "other")
        assert "have other seeds" in said
        assert seeds in said
        assert "same --seed and --episodes" in said

    def test_the_same_policy_with_other_records(self, root, changed, run):
        change_records(changed, lambda r: {"energy": 0.0} if (r.policy, r.seed) == ("mlp", 7) else {})
        said = self.refuse(run, root / "grasp", changed)
        assert re.search(r"hold other records of mlp on grasp \(nominal 0, seed 7\)", said)

    def test_a_changed_record(self, changed, run):
        file = changed / EPISODES
        file.write_text(file.read_text().replace('"success":false', '"success":true', 1))
        assert re.search(r"episodes\.jsonl: line \d+ episode \d+ was changed", self.refuse(run, changed))

    @pytest.mark.parametrize("line", ["{}\n", "not JSON\n", "\x00\xff\n", '{"digest": 1, "wall": {}}\n'])
    def test_a_line_that_is_no_record(self, changed, line, run):
        with open(changed / EPISODES, "ab") as file:
            file.write(line.encode("latin-1"))
        assert re.search(r"line 41 is not a record of an episode", self.refuse(run, changed))

    def test_a_record_of_another_run(self, root, changed, run):
        other = RunFolder.open(root / "both").read_records()[0]
        with open(changed / EPISODES, "a", encoding="utf-8") as file:
            file.write(other.to_line())
        assert "which the manifest does not plan" in self.refuse(run, changed)

    def test_records_that_their_summary_contradicts(self, changed, run):
        write_summary(summarize_conditions(RunFolder.open(changed).read_records()), changed)
        assert run("leaderboard", changed)[0] == 0
        change_records(changed, lambda record: {"success": True} if record.policy == "mlp" else {})
        said = self.refuse(run, changed)
        assert "summary.json and episodes.jsonl disagree (mlp on grasp, nominal 0: success 0.5 and 1.0)" in said

    @pytest.mark.parametrize("text", ["[]", "{}", "[1]", "", "\x00"])
    def test_a_summary_that_is_none(self, changed, text, run):
        (changed / "summary.json").write_text(text)
        assert "summary" in self.refuse(run, changed)

    def test_a_run_that_was_cut_off(self, changed, run):
        file = changed / EPISODES
        file.write_text(file.read_text()[:-20])
        assert "is incomplete, it has 39 of 40 episodes" in self.refuse(run, changed)

    def test_folders_without_a_run(self, root, tmp_path, run):
        assert "holds no run" in self.refuse(run, root / "grasp", tmp_path)
        assert "holds no run" in self.refuse(run, tmp_path / "missing")
        (tmp_path / "manifest.json").write_text("{}")
        assert "is not the manifest of a run" in self.refuse(run, tmp_path)

    def test_a_policy_in_the_other_engine_alone(self, root, run):
        said = self.refuse(run, root / "mujoco", write_world(root / "lone", {"random": 0.0}))
        assert "was evaluated in MuJoCo alone, and this leaderboard ranks in Bullet" in said

    def test_no_run(self):
        with pytest.raises(UsageError, match="no run to rank"):
            mg.leaderboard([])

    def test_nothing_is_written_for_a_refused_run(self, changed, tmp_path, run):
        change_manifest(changed, plan_more_episodes)
        assert run("leaderboard", changed, "--out", tmp_path / "out")[0] == 2
        assert not [*(tmp_path / "out").iterdir()]


class TestCommand:
    def test_json_is_one_document(self, root, run):
        code, out, err = run("leaderboard", root / "both", root / "reach", "--json")
        assert (code, err) == (0, "")
        assert [board["task"] for board in json.loads(out)["tasks"]] == ["reach", "grasp"]

    def test_ties_are_shown_as_ties(self, root, tmp_path, run):
        code, out, err = run("leaderboard", root / "grasp", root / "both", "--out", tmp_path)
        assert (code, err) == (0, f"written: {tmp_path / FILES[0]}\n")
        assert re.search(r"^=1 +expert +100 \(84 to 100\)", out, re.MULTILINE)
        assert re.search(r"^=1 +grasp_bc +90 \(70 to 97\)", out, re.MULTILINE)
        assert re.search(r"^3 +mlp +50", out, re.MULTILINE)
        ties = {row["policy"]: (row["rank"], row["ties"]) for row in read_table(tmp_path) if row["task"] == "grasp"}
        assert (ties["expert"], ties["mlp"]) == (("1", "grasp_bc"), ("3", ""))
        page = (tmp_path / FILES[0]).read_text(encoding="utf-8")
        assert re.search(r'class="rank" rowspan="2">=1<span class="sub">2 tie</span>', page)
        assert "The rank of a policy is 1 plus the number of policies that are significantly better." in page

    @pytest.mark.parametrize("names", [("both", "reach", "grasp", "mujoco"), ("quick",)])
    def test_the_page_is_whole_and_loads_nothing(self, root, names, run, tmp_path):
        assert run("leaderboard", *(root / name for name in names), "--out", tmp_path)[0] == 0
        page = (tmp_path / FILES[0]).read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
        assert page.count('<section id="') == page.count("</section>")
        assert page.count("<table") == page.count("</table>")
        assert "None" not in page
        assert "nan" not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)

    def test_names_are_escaped(self, tmp_path):
        evil = "=<script>alert(1)</script>"
        folder = write_run(tmp_path / "run", policies=[evil], suite="nominal", episodes=4)
        mg.leaderboard(folder, out=tmp_path / "out")
        assert (tmp_path / "out" / FILES[0]).read_text(encoding="utf-8").count("<script>") == 1
        assert read_table(tmp_path / "out")[0]["policy"] == f"'{evil}"


@pytest.fixture(scope="module")
def real_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    (folder / SUITE_FILE).write_text(SUITE, encoding="utf-8")
    return evaluate(folder / "run", suite=folder / SUITE_FILE, workers=1).folder


class TestVerification:
    def test_replayed_episodes_come_out_as_recorded(self, real_run, tmp_path, run):
        code, out, _ = run("leaderboard", real_run, "--verify", "1", "--workers", "1", "--out", tmp_path)
        assert code == 0
        said = "4 episodes replayed, 1 of each policy on each task and engine (seed of the choice 0): all came out as"
        assert said in out
        assert said in (tmp_path / FILES[0]).read_text(encoding="utf-8")

    def test_a_record_that_does_not_come_out_is_refused(self, real_run, tmp_path, run):
        """Whoever changes a record with its digest and the summary is found by the replay alone."""
        folder = tmp_path / "run"
        shutil.copytree(real_run, folder)
        change_records(folder, lambda record: {"energy": 0.0} if record.policy == "expert" else {})
        write_summary(summarize_conditions(RunFolder.open(folder).read_records()), folder)
        assert run("leaderboard", folder)[0] == 0
        code, out, err = run("leaderboard", folder, "--verify", "1", "--workers", "1")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert re.search(r"run: episode \d+ \(expert on \w+, \w+ \d, seed \d\) does not come out as recorded", err)
        assert "it differs in energy (2 of 4 replayed episodes differ); leave that run out" in err

    def test_another_simulation_cannot_be_verified(self, real_run, tmp_path, run):
        shutil.copytree(real_run, tmp_path / "run")
        change_manifest(tmp_path / "run", use_other_simulation)
        assert run("leaderboard", tmp_path / "run")[0] == 0
        code, _, err = run("leaderboard", tmp_path / "run", "--verify", "1")
        assert (code, err.count("\n")) == (2, 1)
        assert "cannot be verified: was made by" in err

    def test_records_stay_readable(self, real_run):
        [line, *_] = (real_run / EPISODES).read_text(encoding="utf-8").splitlines(keepends=True)
        assert EpisodeRecord.from_line(line).to_line() == line
