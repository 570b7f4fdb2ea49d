"""Two worlds that rank policies: alike, otherwise, or not comparable; two engines, or a simulation and a robot."""

import importlib.util
import json
import re
import shutil

import pytest
from fidelity_worlds import EPISODES, FOUR, POLICIES, change_manifest, write_table, write_world
from runs import write_run

import mygym_lite as mg
from mygym_lite.errors import UsageError
from mygym_lite.stats import wilson_interval


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Runs of four policies; in the second world the second and the third change places."""
    root = tmp_path_factory.mktemp("worlds")
    rates = dict(zip(FOUR, (0.9, 0.6, 0.5, 0.1), strict=True))
    write_world(root / "a", rates)
    write_world(root / "b", rates | {"expert": 0.8, "grasp_act": 0.4, "grasp_bc": 0.7}, engine="mujoco")
    drops = {"friction": 0.4, "push_object": 0.2}
    write_world(root / "quick_a", rates, suite="quick", drops=drops)
    halved = {axis: drop / 2 for axis, drop in drops.items()}
    write_world(root / "quick_b", rates, engine="mujoco", suite="quick", drops=halved)
    return root


class TestTwoRuns:
    def test_statistics_by_hand(self, worlds):
        """One of six pairs is in opposite order; in the second world its policies lie 0.3 apart."""
        result = mg.fidelity(worlds / "a", worlds / "b")
        values = {name: estimate.value for name, estimate in result.overall.statistics.items()}
        assert values["kendall"] == pytest.approx(4 / 6)
        assert values["spearman"] == pytest.approx(0.8)
        assert values["mmrv"] == pytest.approx((0.3 + 0.3) / 4)
        assert values["flipped_pairs"] == pytest.approx(1 / 6)
        assert (result.pair.a.name, result.pair.b.name) == ("Bullet", "MuJoCo")

    def test_the_flip_is_listed_with_both_differences(self, worlds):
        [flip] = mg.fidelity(worlds / "a", worlds / "b").overall.flips
        assert (flip.better_in_a, flip.better_in_b) == ("grasp_act", "grasp_bc")
        assert flip.difference_a.value == pytest.approx(0.1)
        assert flip.difference_b.value == pytest.approx(-0.3)
        assert flip.difference_b.low <= -0.3 <= flip.difference_b.high
        assert 0.5 < flip.probability <= 1.0

    def test_intervals_hold_their_values(self, worlds):
        overall = mg.fidelity(worlds / "a", worlds / "b").overall
        for estimates in (overall.statistics, overall.over_seeds):
            assert all(e.low <= e.value <= e.high for e in estimates.values() if e.low is not None)
        width = {name: e.high - e.low for name, e in overall.statistics.items()}
        assert all(width[name] >= e.high - e.low for name, e in overall.over_seeds.items())

    def test_scores_have_the_interval_of_a_rate(self, worlds):
        scores = mg.fidelity(worlds / "a", worlds / "b").overall.scores
        assert scores[0].a == pytest.approx((0.9, *wilson_interval(18, 20)))

    def test_the_largest_differences_come_first_with_episodes_of_one_seed(self, worlds):
        result = mg.fidelity(worlds / "a", worlds / "b")
        sizes = [abs(each.difference.value) for each in result.disagreements]
        assert sizes == sorted(sizes, reverse=True)
        for each in result.disagreements:
            a, b = each.example
            assert (a.seed, a.policy, a.axis, a.severity) == (b.seed, b.policy, b.axis, b.severity)
            assert a.success is (each.difference.value > 0) is not b.success

    def test_drops_that_halve_have_slope_one_half(self, worlds):
        drops = mg.fidelity(worlds / "quick_a", worlds / "quick_b").drops
        by_axis = {drop.axis: drop for drop in drops if drop.severity is None}
        assert by_axis["friction"].slope.value == pytest.approx(0.5, abs=0.06)
        assert by_axis["friction"].drop_a.value > by_axis["friction"].drop_b.value > 0
        assert by_axis["friction"].correlation.value > 0.9
        assert by_axis[None].slope.value == pytest.approx(0.5, abs=0.06)
        assert by_axis["action_gain"].slope.value is None  # nothing drops
        assert {drop.severity for drop in drops if drop.axis == "friction"} == {None, 1, 3, 5}

    def test_two_tasks_count_alike(self, tmp_path):
        rates = {"expert": 0.9, "mlp": 0.5, "random": 0.1}
        a = write_world(tmp_path / "a", rates, tasks=("grasp", "reach"))
        b = write_world(tmp_path / "b", rates, tasks=("grasp", "reach"), engine="mujoco")
        result = mg.fidelity(a, b)
        assert [agreement.task for agreement in result.by_task] == ["grasp", "reach"]
        assert result.overall.scores[1].a.value == pytest.approx(0.5)

    def test_equal_worlds_are_noticed(self, worlds, tmp_path):
        shutil.copytree(worlds / "a", tmp_path / "again")
        result = mg.fidelity(worlds / "a", tmp_path / "again")
        assert result.overall.statistics["kendall"].value == 1.0
        assert not result.overall.flips
        assert not result.disagreements
        assert "Both runs declare the same world" in result.notices[0]

    def test_differences_of_the_worlds_are_listed(self, worlds):
        [difference] = mg.fidelity(worlds / "a", worlds / "b").differences
        assert difference == 'grasp.physics.engine was "bullet", is "mujoco"'

    def test_more_episodes_in_one_run_are_left_out(self, worlds, tmp_path):
        rates = dict(zip(FOUR, (0.9, 0.6, 0.5, 0.1), strict=True))
        longer = write_world(tmp_path / "longer", rates, engine="mujoco", episodes=30)
        assert len(mg.fidelity(worlds / "a", longer).pair.seeds) == EPISODES

    def test_a_policy_of_one_run_alone_is_left_out(self, worlds, tmp_path):
        rates = {"expert": 0.8, "grasp_act": 0.4, "grasp_bc": 0.7, "mlp": 0.3}
        result = mg.fidelity(worlds / "a", write_world(tmp_path / "other", rates, engine="mujoco"))
        assert result.pair.policies == FOUR[:3]
        assert "Left out, without results in both worlds on every task: random and mlp." in result.notices

    def test_missing_episodes_are_noticed(self, worlds, tmp_path):
        shutil.copytree(worlds / "quick_b", tmp_path / "part")
        lines = (worlds / "quick_b" / "episodes.jsonl").read_text().splitlines(keepends=True)
        kept = [line for line in lines if '"policy":"random"' not in line or '"axis":"friction"' not in line]
        (tmp_path / "part" / "episodes.jsonl").write_text("".join(kept))
        assert not mg.fidelity(worlds / "quick_a", worlds / "quick_b").notices
        [notice] = mg.fidelity(worlds / "quick_a", tmp_path / "part").notices
        assert notice.startswith("3 conditions without paired episodes of every policy; evaluate both to the end")

    def test_the_result_does_not_depend_on_chance(self, worlds):
        first, second = (mg.fidelity(worlds / "a", worlds / "b").to_dict() for _ in range(2))
        assert first == second
        assert first != mg.fidelity(worlds / "a", worlds / "b", seed=1).to_dict()

    def test_policies_without_spread_have_no_interval(self, tmp_path):
        rates = {"expert": 1.0, "mlp": 1.0, "random": 0.0}
        a, b = (write_world(tmp_path / name, rates, engine=name) for name in ("bullet", "mujoco"))
        overall = mg.fidelity(a, b).overall
        assert overall.statistics["kendall"] == (pytest.approx(1.0), None, None)
        assert overall.over_seeds["kendall"] == (pytest.approx(1.0), None, None)

    def test_worlds_without_any_order_say_so(self, tmp_path):
        rates = dict.fromkeys(POLICIES, 1.0)
        a, b = (write_world(tmp_path / name, rates, engine=name) for name in ("bullet", "mujoco"))
        result = mg.fidelity(a, b)
        assert result.overall.statistics["kendall"].value is None
        assert "Kendall" in result.format_table()


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    root = tmp_path_factory.mktemp("others")
    write_run(root / "reseeded", policies=POLICIES, suite="nominal", seed=100)
    write_run(root / "two", policies=POLICIES[:2], suite="nominal")
    write_run(root / "reach", ["reach"], POLICIES, "nominal")
    write_run(root / "quick", policies=POLICIES, suite="quick")
    for name in ("plain", "retrained", "empty"):
        write_run(root / name, policies=POLICIES, suite="nominal")
    change_manifest(root / "retrained", lambda manifest: manifest["policies"]["mlp"].update(digest="0" * 32))
    (root / "empty" / "episodes.jsonl").write_text("")
    return root


class TestRefusals:
    """One line each, with both sides and a remedy."""

    @pytest.mark.parametrize(
        ("other", "message"),
        [
            ("two", r"2 policies with results in both \(expert, mlp\); ranks need at least 3: evaluate more"),
            ("reseeded", r"are not paired, their first seeds are 0 and 100; evaluate both with the same --seed"),
            ("reach", r"have other tasks, grasp and reach; evaluate both on the same tasks"),
            ("quick", r"have other suites: .*; evaluate both under the same suite"),
            ("retrained", r"policy mlp is another one in each \(digest \w+ and 0{12}\); evaluate the same policy"),
            ("empty", r"share no condition in which every policy has an episode .*; evaluate both to the end"),
            ("plain", r"is named twice; name the run in the other world"),
            ("missing", r"missing"),
        ],
    )
    def test_runs(self, others, other, message, run):
        code, out, err = run("fidelity", others / "plain", others / other)
        assert (code, out) == (2, "")
        assert re.search(message, err)
        assert err.count("\n") == 1

    def test_films_need_a_page(self, others):
        with pytest.raises(UsageError, match="needs a folder; add --out DIR"):
            mg.fidelity(others / "plain", others / "quick", films=1)

    def test_a_table_is_the_second_argument(self, others, tmp_path):
        table = write_table(tmp_path / "real.csv", "expert,grasp,nominal,1,2")
        with pytest.raises(UsageError, match="the first argument is the folder of a run"):
            mg.fidelity(table, others / "plain")


class TestRealRobot:
    LINES = ("expert,grasp,nominal,9,10", "grasp_act,grasp,nominal,6,10", "grasp_bc,grasp,nominal,3,10")

    @pytest.fixture
    def table(self, tmp_path):
        return write_table(tmp_path / "robot.csv", *self.LINES)

    def test_counts_are_compared_with_the_run(self, worlds, table):
        result = mg.fidelity(worlds / "a", table)
        assert result.pair.policies == FOUR[:3]
        assert result.pair.b.name == "robot"
        assert [score.b.value for score in result.overall.scores] == pytest.approx([0.9, 0.6, 0.3])
        assert result.overall.statistics["kendall"].value == pytest.approx(1.0)
        assert any("not paired" in notice for notice in result.notices)
        assert all(each.example is None for each in result.disagreements)

    def test_ten_of_ten_real_episodes_leave_doubt(self, worlds, tmp_path):
        lines = [f"{policy},grasp,nominal,10,10" for policy in FOUR[:3]]
        scores = mg.fidelity(worlds / "a", write_table(tmp_path / "robot.csv", *lines)).overall.scores
        assert all(0.6 < score.b.low < 0.95 for score in scores)

    def test_few_conditions_predict_all(self, worlds, tmp_path):
        """The robot is 0.2 worse than the simulation under all conditions that were tried."""
        lines = [*self.LINES, "random,grasp,nominal,0,10"]
        lines += [f"expert,grasp,{name},{count},10" for name, count in (("friction 5", 3), ("push_object 5", 5))]
        predictions = mg.fidelity(worlds / "quick_a", write_table(tmp_path / "robot.csv", *lines)).predictions
        expert = predictions[0]
        assert (expert.policy, expert.tried, expert.episodes) == ("expert", 3, 30)
        assert expert.conditions > 20
        real, simulated = (0.9 + 0.3 + 0.5) / 3, (0.9 + 0.5 + 0.7) / 3
        assert expert.predicted.value == pytest.approx(expert.simulated + real - simulated)
        assert expert.real_alone.value == pytest.approx(real)
        assert expert.pooled == pytest.approx((17 / 30, *wilson_interval(17, 30)))
        assert predictions[1].predicted is None
        assert predictions[1].reason == "needs 2 conditions or more"

    def test_drops_of_the_robot(self, worlds, tmp_path):
        lines = [f"{policy},grasp,{name},{n},10" for policy in FOUR for name, n in (("nominal", 8), ("friction 5", 4))]
        drops = mg.fidelity(worlds / "quick_a", write_table(tmp_path / "robot.csv", *lines)).drops
        assert drops[0].drop_b.value == pytest.approx(0.4)
        assert {drop.axis for drop in drops} == {None, "friction"}

    def test_lines_that_simulation_cannot_match_are_noticed(self, worlds, tmp_path):
        def declare_irrelevant(manifest):
            manifest["irrelevant_axes"] = {"expert": {"grasp": {"friction": "is told the truth"}}}

        shutil.copytree(worlds / "quick_a", tmp_path / "run")
        change_manifest(tmp_path / "run", declare_irrelevant)
        table = write_table(tmp_path / "robot.csv", *self.LINES, "expert,grasp,friction 3,1,2")
        notices = mg.fidelity(tmp_path / "run", table).notices
        assert notices[-1].endswith("or has no episode: line 5 (expert, friction 3).")

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("expert,grasp,nominal,9", r"line 5: has 4 cells instead of 5; write for example"),
            ("expert,grasp,friction 3,7.5,10", r"line 5: successes: must be a whole number .*, got '7.5'; count"),
            ("expert,grasp,friction 3,11,10", r"line 5: successes: 11 are more than episodes, 10; exchange or correct"),
            ("expert,grasp,friction 3,0,0", r"line 5: episodes: must be at least 1, got 0; remove the line"),
            ("expert,grasp,friction 3,-1,4", r"line 5: successes: must be a whole number of episodes, got '-1'"),
            (",grasp,nominal,1,2", r"line 5: policy: is empty"),
            ("expert,grasp,nominal,8,10", r"line 5: repeats expert, grasp, nominal of line 2; add the counts up"),
            ("grasp_acct,grasp,nominal,1,2", r"line 5: policy: .* has no 'grasp_acct'; did you mean 'grasp_act'\?"),
            ("expert,gras,nominal,1,2", r"line 5: task: .* has no 'gras'; did you mean 'grasp'\?"),
            ("expert,grasp,nominel,1,2", r"line 5: condition: .* has no 'nominel' of grasp; did you mean 'nominal'\?"),
        ],
    )
    def test_malformed_lines(self, worlds, tmp_path, line, message, run):
        table = write_table(tmp_path / "robot.csv", *self.LINES, line)
        code, out, err = run("fidelity", worlds / "a", table)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert re.search(message, err)
        assert str(table) in err

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            ("policy,task,condition,successes", r"line 1: column 'episodes' is missing; begin with the line policy,"),
            ("policy,task,condition,successes,episodes,robot", r"line 1: unknown column 'robot'; keep only policy,"),
            ("policy;task;condition;successes;episodes", r"line 1: column 'policy' is missing"),
        ],
    )
    def test_malformed_headers(self, worlds, tmp_path, header, message):
        with pytest.raises(UsageError, match=message):
            mg.fidelity(worlds / "a", write_table(tmp_path / "robot.csv", *self.LINES, header=header))

    def test_columns_in_any_order_comments_and_spreadsheet_marks_are_read(self, worlds, tmp_path):
        path = tmp_path / "robot.csv"
        lines = [
            "# Tuesday",
            "",
            "episodes,task,policy,successes,condition",
            *(f"10,grasp,{name}, 5 ,nominal" for name in FOUR[:3]),
            "",
        ]
        path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
        assert [score.b.value for score in mg.fidelity(worlds / "a", path).overall.scores] == [0.5, 0.5, 0.5]

    @pytest.mark.parametrize(
        "content", [b"", b"\xff\xfe\x00", b'policy,"task', b"policy,task,condition,successes,episodes\n"]
    )
    def test_other_files_are_refused_in_one_line(self, worlds, tmp_path, content):
        path = tmp_path / "robot.csv"
        path.write_bytes(content)
        with pytest.raises(UsageError, match=r"robot\.csv") as caught:
            mg.fidelity(worlds / "a", path)
        assert "\n" not in str(caught.value)

    def test_too_few_policies(self, worlds, tmp_path):
        table = write_table(tmp_path / "robot.csv", *self.LINES[:2])
        with pytest.raises(UsageError, match=r"2 policies with results in both \(expert, grasp_act\)"):
            mg.fidelity(worlds / "a", table)

    def test_no_common_condition(self, worlds, tmp_path):
        names = ("friction 1", "friction 3", "friction 5")
        lines = [f"{policy},grasp,{name},1,2" for policy, name in zip(FOUR[:3], names, strict=True)]
        with pytest.raises(UsageError, match="share no condition with episodes of every policy"):
            mg.fidelity(worlds / "quick_a", write_table(tmp_path / "robot.csv", *lines))

    def test_real_episodes_cannot_be_filmed(self, worlds, table, tmp_path):
        with pytest.raises(UsageError, match="leave out --films"):
            mg.fidelity(worlds / "a", table, films=1, out=tmp_path)


class TestCommand:
    def test_json_is_one_document(self, worlds, run):
        code, out, err = run("fidelity", worlds / "a", worlds / "b", "--json")
        document = json.loads(out)
        assert (code, err) == (0, "")
        assert [world["name"] for world in document["worlds"]] == ["Bullet", "MuJoCo"]
        assert document["overall"]["statistics"]["kendall"]["value"] == pytest.approx(4 / 6)

    def test_text_names_the_flip(self, worlds, run):
        code, out, _ = run("fidelity", worlds / "a", worlds / "b")
        assert code == 0
        assert re.search(r"grasp_act +grasp_bc +\+10 ", out)

    @pytest.mark.parametrize("names", [("a", "b"), ("quick_a", "quick_b")])
    def test_page_is_whole_and_loads_nothing(self, worlds, names, run, tmp_path):
        code, _, err = run("fidelity", *(worlds / name for name in names), "--out", tmp_path)
        page = (tmp_path / "fidelity.html").read_text(encoding="utf-8")
        assert (code, err) == (0, f"written: {tmp_path / 'fidelity.html'}\n")
        assert "Fidelity of Bullet to MuJoCo on grasp" in page
        assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
        assert page.count('<section id="') == page.count("</section>")
        assert {*re.findall(r'<a href="#(\w+)">', page)} == {*re.findall(r'<section id="(\w+)"', page)}
        document = json.loads((tmp_path / "fidelity.json").read_text(encoding="utf-8"))
        assert document == mg.fidelity(*(worlds / name for name in names)).to_dict()

    def test_page_of_a_real_robot(self, worlds, run, tmp_path):
        lines = [f"{policy},grasp,{name},{n},10" for policy in FOUR for name, n in (("nominal", 8), ("friction 5", 4))]
        table = write_table(tmp_path / "robot.csv", *lines)
        code, out, _ = run("fidelity", worlds / "quick_a", table, "--out", tmp_path)
        page = (tmp_path / "fidelity.html").read_text(encoding="utf-8")
        assert code == 0
        assert "prediction-powered" in out
        assert '<section id="real">' in page
        assert "mygym-lite replay" not in page


@pytest.fixture(scope="module")
def reach(tmp_path_factory):
    """The second world obeys no action."""
    root = tmp_path_factory.mktemp("reach")
    for name, settings in (("plain", []), ("paralysed", ["actuation.gain=0.0"])):
        policies = ["expert", "reach_bc", "random"]
        mg.evaluate(policies, "reach", episodes=2, workers=1, out=root / name, settings=settings)
    return root


class TestSimulation:
    """Real episodes of reach in two worlds."""

    def test_a_disagreement_is_filmed_in_both_worlds(self, reach, run, tmp_path):
        code, _, err = run("fidelity", reach / "plain", reach / "paralysed", "--films", 1, "--out", tmp_path)
        page = (tmp_path / "fidelity.html").read_text(encoding="utf-8")
        assert (code, err) == (0, f"written: {tmp_path / 'fidelity.html'}\n")
        assert page.count("data:video/webm;base64,") == 2
        assert "reach.actuation.gain was 1.0, is 0.0" in page

    @pytest.mark.skipif(importlib.util.find_spec("mujoco") is None, reason="needs mujoco-core")
    def test_two_engines_rank_alike(self, reach, tmp_path):
        settings = ["physics.engine=mujoco"]
        other = tmp_path / "mujoco"
        mg.evaluate(["expert", "reach_bc", "random"], "reach", episodes=2, workers=1, out=other, settings=settings)
        result = mg.fidelity(reach / "plain", other)
        assert (result.pair.a.name, result.pair.b.name) == ("Bullet", "MuJoCo")
        assert result.overall.statistics["flipped_pairs"].value == 0.0
        assert result.overall.scores[0].b.value == 1.0
