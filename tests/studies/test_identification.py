"""System identification: parameters that were planted are found, and those that data cannot tell are not guessed."""

import csv
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import mygym_lite
from mygym_lite import cli
from mygym_lite.config.robot import load_robot
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError
from mygym_lite.studies.identification.motion import Motion, count_fitted_steps
from mygym_lite.studies.identification.motion_csv import read_motions, write_motions
from mygym_lite.studies.identification.parameters import list_free_parameters
from mygym_lite.studies.identification.text import build_notices
from mygym_lite.studies.identification.uncertainty import estimate_uncertainty
from mygym_lite.terms import load_task

SERVO = "robot.time_constant"
TORQUE = "robot.torque_limit"
PLANTED = {SERVO: 0.02, TORQUE: 0.6}
ROBOT = load_robot("humanoid_right")


def record(file, planted, seconds=4.0, seed=0, task="reach"):
    settings = [f"{path}={value}" for path, value in planted.items()]
    mygym_lite.excite(task, file, seconds=seconds, settings=settings, seed=seed)
    return file


def identify(file, free, task="reach", **options):
    return mygym_lite.identify(task, file, free=free, **{"workers": 1, "starts": 1, **options})


def find(result, path):
    return next(parameter for parameter in result.parameters if parameter.path == path)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return record(tmp_path_factory.mktemp("motion") / "motion.csv", PLANTED)


# --- recovery


@pytest.mark.parametrize(("planted", "seed"), [({SERVO: 0.02, TORQUE: 0.6}, 0), ({SERVO: 0.008, TORQUE: 0.45}, 1)])
def test_planted_parameters_are_recovered(planted, seed, tmp_path):
    result = identify(record(tmp_path / "motion.csv", planted, seed=seed), list(planted))
    assert result.values == pytest.approx(planted, rel=0.05)
    assert all(p.low <= planted[p.path] <= p.high for p in result.parameters)
    assert result.held_out.after < 0.01 * result.held_out.before


def test_a_delay_is_found_in_control_steps(tmp_path):
    file = record(tmp_path / "motion.csv", {"actuation.delay": 0.1, SERVO: 0.02})
    result = identify(file, ["actuation.delay=0:0.3", SERVO])
    delay = find(result, "actuation.delay")
    assert (delay.low, delay.value, delay.high) == pytest.approx((0.075, 0.1, 0.125))
    assert find(result, SERVO).value == pytest.approx(0.02, rel=0.05)


def test_noisy_measurements_widen_the_interval(recorded, tmp_path):
    [motion] = read_motions(recorded, ROBOT)
    rng = np.random.default_rng(0)
    noisy = replace(motion, positions=motion.positions + rng.normal(0.0, 5e-4, motion.positions.shape), speeds=None)
    write_motions(tmp_path / "noisy.csv", ROBOT, [noisy])
    exact, rough = (find(identify(file, [SERVO], settings=[f"{TORQUE}=0.6"]), SERVO) for file in
                    (recorded, drop_speeds(tmp_path / "noisy.csv")))  # fmt: skip
    assert rough.low <= 0.02 <= rough.high
    assert rough.high - rough.low > 2 * (exact.high - exact.low)


def drop_speeds(file):
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    kept = [index for index, name in enumerate(rows[0]) if not name.startswith("speed_")]
    file.write_text("".join(",".join(row[i] for i in kept) + "\n" for row in rows), encoding="utf-8")
    return file


def test_the_result_depends_on_neither_processes_nor_repetition(recorded):
    one, two = (identify(recorded, [SERVO], seconds=2, workers=workers) for workers in (1, 2))
    assert one.to_dict() == two.to_dict()


def test_demonstrations_are_data_too(tmp_path):
    mygym_lite.record("reach", "expert", 3, tmp_path / "demos", settings=[f"{SERVO}=0.03"], workers=1)
    result = identify(tmp_path / "demos", [SERVO])
    assert result.values == pytest.approx({SERVO: 0.03}, rel=0.05)


def test_demonstrations_of_changing_parameters_are_refused(tmp_path):
    mygym_lite.record("reach", "expert", 1, tmp_path / "demos", randomization="dynamics", workers=1)
    with pytest.raises(MyGymError, match=r"recorded with randomization 'dynamics'.*record with --randomization none"):
        identify(tmp_path / "demos", [SERVO])


# --- what the data cannot tell


def test_the_mass_of_an_untouched_object_keeps_its_declared_value(recorded, tmp_path):
    result = identify(recorded, ["objects.target.mass"], task="grasp", out=tmp_path)
    mass = find(result, "objects.target.mass")
    assert not mass.is_identifiable
    assert (mass.value, mass.reason) == (mass.declared, "the motions hardly depend on it")
    assert not (tmp_path / "identified.toml").exists()


def test_an_arm_at_rest_tells_nothing(tmp_path):
    home = np.array(next(iter(ROBOT.arms.values())).home)
    still = Motion("still", np.tile(home, (60, 1)), np.tile(home, (61, 1)), None, 20.0)
    write_motions(tmp_path / "still.csv", ROBOT, [still])
    result = identify(tmp_path / "still.csv", ["robot.friction", "robot.damping", "actuation.delay=0:0.2"])
    assert result.values == {}
    assert [p.value for p in result.parameters] == [p.declared for p in result.parameters]


def test_parameters_of_equal_effect_are_told_from_each_other_by_no_interval():
    effect = np.random.default_rng(0).normal(size=(200, 1))
    jacobian = np.hstack([effect, effect, np.random.default_rng(1).normal(size=(200, 1))])
    blocks = np.repeat(np.arange(20), 10)
    uncertainty = estimate_uncertainty(jacobian, np.full(200, 1e-4), blocks, resolution=1e-5)
    assert [uncertainty.is_identifiable(index) for index in range(3)] == [False, False, True]
    assert "cannot be told from that of robot.b" in uncertainty.explain(0, ["robot.a", "robot.b", "robot.c"])


def test_intervals_cover_correlated_errors_nineteen_times_in_twenty():
    rng, covered = np.random.default_rng(0), 0
    blocks = np.repeat(np.arange(40), 10)
    for _ in range(300):
        jacobian = np.repeat(rng.normal(size=(40, 1)), 10, axis=0)
        errors = np.repeat(rng.normal(size=40), 10)  # the same within a block
        estimate = float((jacobian[:, 0] @ errors) / (jacobian[:, 0] @ jacobian[:, 0]))
        residuals = errors - estimate * jacobian[:, 0]
        half = estimate_uncertainty(1e4 * jacobian, residuals, blocks, 1e-9).half_widths[0] * 1e4
        covered += abs(estimate) <= half
    assert 0.90 <= covered / 300 <= 0.98


# --- parameters


@pytest.mark.parametrize(
    ("free", "message"),
    [
        ("robot.dampin", "no field 'dampin'.*did you mean 'damping'"),
        ("actuation.noise", "is random from step to step"),
        ("light.intensity", "does not change how joints move"),
        ("physics.solver_iterations", "is a whole number"),
        ("physics.gravity", "is not a single number"),
        ("episode.control_hz", "is given by the data"),
        ("robot.damping=2:1", "put the lower number first"),
        ("robot.damping=2:4", "the declared value, 1, is outside 2 to 4"),
        ("robot.damping=0.1:100", "100 is outside 0.01 to 20"),
        ("robot.damping=much", "write robot.damping=LOW:HIGH"),
    ],
)
def test_a_path_that_cannot_be_fitted_is_refused_in_one_line(free, message):
    with pytest.raises(MyGymError, match=message) as error:
        list_free_parameters(load_task("reach"), [free])
    assert "\n" not in str(error.value)


def test_a_wildcard_frees_each_object():
    paths = [p.path for p in list_free_parameters(load_task("grasp"), ["objects.*.mass"])]
    assert paths == ["objects.target.mass"]


def test_positive_parameters_are_searched_by_ratios():
    [servo, backlash] = list_free_parameters(load_task("reach"), [SERVO, "robot.backlash"])
    assert (servo.is_logarithmic, servo.scale(0.012)) == (True, pytest.approx(0.5))
    assert (backlash.is_logarithmic, backlash.unscale(0.5)) == (False, pytest.approx(0.1))


# --- files


def test_recorded_motions_are_read_as_written(recorded, tmp_path):
    [motion] = read_motions(recorded, ROBOT)
    assert (len(motion), motion.control_hz, motion.positions.shape) == (80, 20.0, (81, 7))
    write_motions(tmp_path / "again.csv", ROBOT, [motion])
    assert read_motions(tmp_path / "again.csv", ROBOT)[0].positions == pytest.approx(motion.positions)


def test_the_same_seed_records_the_same_bytes(recorded, tmp_path):
    assert record(tmp_path / "motion.csv", PLANTED).read_bytes() == recorded.read_bytes()


@pytest.mark.parametrize(
    ("line", "column", "value", "message"),
    [
        (1, "time", "seconds", "line 1: humanoid_right has no column 'seconds'"),
        (1, "position_right_elbow", "motion", "line 1: motion: is there twice; keep one"),
        (3, "position_right_elbow", "", "line 3: position_right_elbow: '' is no finite number"),
        (3, "target_right_elbow", "nan", "line 3: target_right_elbow: 'nan' is no finite number"),
        (
            3,
            "position_right_elbow",
            "122.8",
            "line 3: .*122.8 rad is outside the limits .* 0 to 2.5 rad; write radians",
        ),
        (4, "time", "0.13", "line 4: time: is 0.08 s after the row before, 0.05 s on average; resample"),
        (4, "time", "0.01", "line 4: time: 0.01 s does not follow 0.05 s; sort the rows"),
    ],
)
def test_a_fault_in_a_file_is_named_with_its_line_and_column(recorded, tmp_path, line, column, value, message):
    rows = list(csv.reader(recorded.read_text(encoding="utf-8").splitlines()))
    rows[line - 1][rows[0].index(column)] = value
    file = tmp_path / "bad.csv"
    file.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(MyGymError, match=f"bad.csv: {message}"):
        read_motions(file, ROBOT)


def test_a_missing_column_is_named_with_its_unit(recorded, tmp_path):
    text = recorded.read_text(encoding="utf-8")
    rows = [line.split(",")[:-1] for line in text.splitlines()]
    (tmp_path / "short.csv").write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(MyGymError, match="speed_right_wrist_flexion: missing; add this column, in rad/s"):
        read_motions(tmp_path / "short.csv", ROBOT)


def test_a_rate_that_physics_cannot_keep_is_refused(recorded, tmp_path):
    [motion] = read_motions(recorded, ROBOT)
    write_motions(tmp_path / "fast.csv", ROBOT, [replace(motion, control_hz=100.0)])
    with pytest.raises(MyGymError, match=r"fast.csv: 100 rows per second do not .* add --set physics.step_hz=300"):
        identify(tmp_path / "fast.csv", [SERVO])
    settings = ["physics.step_hz=300", f"{TORQUE}=0.6"]
    assert identify(tmp_path / "fast.csv", SERVO, settings=settings).fitted_seconds == pytest.approx(0.6)


def test_data_beyond_the_limit_are_said_to_be_unused(recorded):
    result = identify(recorded, SERVO, seconds=2)
    assert (result.fitted_seconds, result.held_out_seconds) == (1.5, 0.5)
    assert "Only 2 of 4 s of data were used; raise --seconds." in build_notices(result)


def test_the_last_quarter_is_held_out():
    def make(steps):
        return Motion("m", np.zeros((steps, 7)), np.zeros((steps + 1, 7)), None, 20.0)

    assert count_fitted_steps([make(80)]) == [60]
    assert count_fitted_steps([make(80)] * 2) == [80, 0]
    assert count_fitted_steps([make(80)] * 8) == [80] * 6 + [0, 0]


# --- command


def test_the_command_writes_a_page_numbers_and_a_preset_to_train_with(recorded, tmp_path, monkeypatch, capfd):
    out = tmp_path / "out"
    arguments = ["identify", "reach", "--data", recorded, "--free", SERVO, TORQUE, "--out", out]
    monkeypatch.setattr(sys, "argv", ["mygym-lite", *map(str, arguments), "--starts", "1", "--workers", "1", "--json"])
    assert cli.main() == 0
    printed = json.loads(capfd.readouterr().out)
    assert printed["misfit"] == json.loads((out / "identification.json").read_text(encoding="utf-8"))["misfit"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") > 14
    assert "http" not in page.replace("http://www.w3.org", "")
    env = TaskEnv("reach", randomization=out / "identified.toml")
    drawn = []
    for seed in range(20):
        env.reset(seed=seed)
        drawn.append(env.episode_task.robot.time_constant)
    env.close()
    assert 0.0185 < min(drawn) < 0.02 < max(drawn) < 0.0215


def test_motions_are_recorded_by_the_command(tmp_path, monkeypatch, capfd):
    file = tmp_path / "motion.csv"
    monkeypatch.setattr(sys, "argv", ["mygym-lite", "identify", "reach", "--excite", str(file), "--seconds", "2"])
    assert cli.main() == 0
    assert "1 motions, 2 s" in capfd.readouterr().out
    assert len(read_motions(file, ROBOT)) == 1


# --- slow proofs


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_four_parameters_of_bullet_are_recovered_from_a_minute(seed, tmp_path):
    rng = np.random.default_rng(seed)
    low, high = np.array([0.008, 0.7, 0.7, 0.5]), np.array([0.03, 2.5, 2.5, 0.9])
    names = (SERVO, "robot.damping", "robot.friction", TORQUE)
    planted = dict(zip(names, rng.uniform(low, high).round(4).tolist(), strict=True))
    result = identify(record(tmp_path / "m.csv", planted, seconds=80.0, seed=seed), list(planted), workers=None)
    for path, value in result.values.items():
        assert value == pytest.approx(planted[path], rel=0.05), path
    assert {SERVO, TORQUE} <= set(result.values)


@pytest.mark.slow
def test_bullet_follows_motions_of_mujoco_twice_as_well(tmp_path):
    pytest.importorskip("mujoco")
    file = record(tmp_path / "m.csv", {"physics.engine": "mujoco", SERVO: 0.03, "robot.damping": 1.5}, seconds=80.0)
    result = identify(file, [], workers=None)
    assert result.held_out.after <= 0.5 * result.held_out.before
