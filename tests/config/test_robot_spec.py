"""A robot file is checked against its URDF, and the chain it yields is the one that PyBullet sees."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pybullet
import pytest
from pybullet_utils.bullet_client import BulletClient

from mygym_lite.config.kinematic_chain import Array, build_chain
from mygym_lite.config.robot import ArmModel, RobotModel, list_robots, load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.urdf import load_urdf
from mygym_lite.errors import ConfigError

PANDA = """
schema = 1
name = "franka"
about = "A Franka Emika Panda."
urdf = "pybullet_data:franka_panda/panda.urdf"
position = [-0.3, 0.0, 0.0]
yaw = 0.5
self_collision = [["panda_link7", "panda_link2"]]

[arms.right]
joints = ["panda_joint1", "panda_joint2", "panda_joint3", "panda_joint4",
          "panda_joint5", "panda_joint6", "panda_joint7"]
tip = "panda_hand"
tip_position = [0.0, 0.0, 0.105]
tip_rotation = [0.0, 0.0, 0.7071, 0.7071]
home = [0.0, -0.4, 0.0, -2.4, 0.0, 2.0, 0.8]

[arms.right.hand]
joints = ["panda_finger_joint1", "panda_finger_joint2"]
open = [0.04, 0.04]
closed = [0.0, 0.0]
torque = [20.0, 20.0]
close_seconds = 0.4
opening = 0.08
palm = ["panda_hand"]
digits = { thumb = ["panda_leftfinger"], index = ["panda_rightfinger"] }
"""
IIWA = """
schema = 1
name = "iiwa"
about = "A KUKA LBR iiwa."
urdf = "pybullet_data:kuka_iiwa/model.urdf"

[arms.right]
joints = ["lbr_iiwa_joint_1", "lbr_iiwa_joint_2", "lbr_iiwa_joint_3", "lbr_iiwa_joint_4", "lbr_iiwa_joint_5",
          "lbr_iiwa_joint_6", "lbr_iiwa_joint_7"]
tip = "lbr_iiwa_link_7"
tip_position = [0.0, 0.0, 0.045]
home = [0.0, 0.4, 0.0, -1.6, 0.0, 1.1, 0.0]
"""
# A sliding joint, one turning without end, one without force: what Panda lacks.
SLIDER = """
<robot name="slider">
  <link name="base"/>
  <link name="car"><inertial><mass value="2"/>
    <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="boom"/><link name="free"/><link name="tool"/><link name="head"/>
  <joint name="slide" type="prismatic"><origin xyz="0 0 1"/><parent link="base"/><child link="car"/><axis xyz="0 0 1"/>
    <limit lower="-0.2" upper="0.5" effort="9" velocity="1"/><dynamics damping="0.1" friction="0.2"/></joint>
  <joint name="swing" type="continuous"><origin xyz="0 0.3 0" rpy="0.1 0.2 0.3"/><parent link="car"/>
    <child link="boom"/><axis xyz="0.6 0 0.8"/><limit effort="9" velocity="1"/></joint>
  <joint name="loose" type="revolute"><parent link="boom"/><child link="free"/>
    <limit lower="-1" upper="1" effort="0" velocity="1"/></joint>
  <joint name="end" type="revolute"><origin xyz="0.4 0 0"/><parent link="free"/><child link="tool"/>
    <limit lower="-1" upper="1" effort="9" velocity="1"/></joint>
  <joint name="neck" type="fixed"><parent link="base"/><child link="head"/></joint>
</robot>
"""
SLIDING = """
schema = 1
name = "slider"
about = "Made for this test."
urdf = "slider.urdf"
[arms.right]
joints = ["slide", "swing"]
tip = "boom"
tip_position = [0.1, 0.0, 0.2]
home = [0.0, 1.0]
[gaze]
joints = ["end"]
home = [0.5]
link = "tool"
"""
FILES = {"franka": PANDA, "iiwa": IIWA, "slider": SLIDING}


def write(folder: Path, name: str, edit: tuple[str, str] = ("", "")) -> Path:
    """Write one of the good files with one textual edit."""
    (folder / "slider.urdf").write_text(SLIDER)
    text = FILES[name]
    assert edit[0] in text
    path = folder / f"{name}.toml"
    path.write_text(text.replace(edit[0], edit[1], 1) if edit[0] else text)
    return path


ARM_JOINTS = PANDA[PANDA.index("joints = [") : PANDA.index("\ntip")]
ARM, HAND = "arms.right", "arms.right.hand"
MALFORMED = [
    ("schema = 1", "", "schema", "add schema = 1"),
    ("schema = 1", "schema = 2", "schema", "is 2, this release reads 1; write schema = 1"),
    ('"franka"', '"frank"', "name", "is 'frank', the file is 'franka'; use the same for both"),
    ("about =", "abuot =", "abuot", "did you mean 'about'?"),
    ("panda.urdf", "pandas.urdf", "urdf", "did you mean 'panda.urdf'?"),
    ("pybullet_data:franka", "missing/franka", "urdf", "no such file as 'missing/franka_panda/panda.urdf' in"),
    ("[-0.3, 0.0, 0.0]", "[-0.3, 0.0]", "position", "expected 3 values, got 2; write exactly 3"),
    ("yaw = 0.5", "yaw = 90", "yaw", "90 rad is above the highest allowed, 6.28319 rad"),
    ('"panda_link2"]', '"panda_lnk2"]', "self_collision.0", "no link 'panda_lnk2'; did you mean 'panda_link2'?"),
    ('"panda_link2"]', '"panda_link7"]', "self_collision.0", "with itself; name two links"),
    (PANDA[PANDA.index("[arms.right]") :], "", "arms", "missing; add arms, a table ([arms.right], [arms.left])"),
    (PANDA[PANDA.index("[arms.right]") :], "[arms]", "arms", "no arm; add [arms.right]"),
    ('"panda_joint3"', '"panda_jont3"', f"{ARM}.joints.2", "no joint 'panda_jont3' in panda.urdf; did you mean"),
    ('"panda_joint3"', '"panda_joint2"', f"{ARM}.joints.2", "listed twice, first in arms.right.joints; remove one"),
    ('"panda_joint7"]', '"panda_joint8"]', f"{ARM}.joints.6", "'panda_joint8' is fixed and cannot be driven; one of"),
    (
        '"panda_joint7"]',
        '"panda_finger_joint1"]',
        f"{ARM}.tip",
        "not carried by 'panda_finger_joint1'; name 'panda_left",
    ),
    ('"panda_joint1", "panda_joint2"', '"panda_joint2", "panda_joint1"', f"{ARM}.joints", "write ['panda_joint1', "),
    ('"panda_joint3", ', "", f"{ARM}.joints", "'panda_joint3' moves between them and is not listed; add it"),
    ('"panda_joint1"', '"panda_finger_joint1"', f"{ARM}.joints.0", "does not move the tip 'panda_hand'; remove it"),
    ('"panda_hand"', '"panda_hnd"', f"{ARM}.tip", "no link 'panda_hnd'; did you mean 'panda_hand'?"),
    (
        '"panda_hand"',
        '"panda_link6"',
        f"{ARM}.tip",
        "not carried by 'panda_joint7'; name 'panda_link7' or a link on it",
    ),
    (
        '"panda_hand"',
        '"panda_link0"',
        f"{ARM}.tip",
        "not carried by 'panda_joint7'; name 'panda_link7' or a link on it",
    ),
    ("0.7071, 0.7071", "0.7071, 0.9", f"{ARM}.tip_rotation", "has length 1.145, a rotation has 1; divide it by 1.145"),
    ("0.7071, 0.7071", "0.0, 0.0", f"{ARM}.tip_rotation", "has length 0, a rotation has 1; give a direction"),
    ("2.0, 0.8]", "2.0]", f"{ARM}.home", "has 6 values for 7 joints; give 7"),
    ("-0.4,", "-1.9,", f"{ARM}.home.1", "-1.9 is outside the limits of 'panda_joint2', -1.8326 to 1.8326; move"),
    ("-0.4,", '"up",', f"{ARM}.home.1", "expected a number, got 'up'"),
    (ARM_JOINTS, "joints = []", f"{ARM}.joints", "no joint; one of panda_finger_joint1"),
    ('"panda_finger_joint1"', '"panda_joint7"', f"{HAND}.joints.0", "listed twice, first in arms.right.joints; remove"),
    ("[0.04, 0.04]", "[0.04]", f"{HAND}.open", "has 1 values for 2 joints; give 2"),
    (
        "[0.04, 0.04]",
        "[0.04, 0.05]",
        f"{HAND}.open.1",
        "0.05 is outside the limits of 'panda_finger_joint2', 0 to 0.04",
    ),
    ("closed = [0.0, 0.0]", "closed = [0.0, 0.0, 0.0]", f"{HAND}.closed", "has 3 values for 2 joints; give 2"),
    ("closed = [0.0, 0.0]", "closed = [0.04, 0.04]", f"{HAND}.closed", "is the same as open, [0.04, 0.04]; give"),
    ("[20.0, 20.0]", "[20.0]", f"{HAND}.torque", "has 1 values for 2 joints; give 2"),
    ("[20.0, 20.0]", "[20.0, 0.0]", f"{HAND}.torque.1", "is 0 for 'panda_finger_joint2'; use more than 0"),
    ("= 0.4", "= 0.0", f"{HAND}.close_seconds", "0 s is below the lowest allowed, 0.01 s; use 0.01 or more"),
    ("opening", "openning", f"{HAND}.openning", "did you mean 'opening'?"),
    (
        'palm = ["panda_hand"]',
        'palm = ["panda_hnd"]',
        f"{HAND}.palm",
        "no link 'panda_hnd'; did you mean 'panda_hand'?",
    ),
    ('"panda_leftfinger"', '"panda_leftfingr"', f"{HAND}.digits.thumb", "did you mean 'panda_leftfinger'?"),
    ('"panda_leftfinger"', '"panda_hand"', f"{HAND}.digits.thumb", "'panda_hand' is not moved by the hand; "),
]
MALFORMED_SLIDER = [
    ('"swing"]', '"swing", "end"]', f"{ARM}.tip", "not carried by 'end'; name 'tool' or a link on it"),
    ('"swing"]', '"loose"]', f"{ARM}.joints.1", "'loose' has effort 0 in slider.urdf; give it a <limit> with effort"),
    ('["slide", "swing"]', '["neck", "swing"]', f"{ARM}.joints.0", "'neck' is fixed and cannot be driven; one of"),
    ('joints = ["end"]', 'joints = ["swing"]', "gaze.joints.0", "listed twice, first in arms.right.joints; remove one"),
    ("home = [0.5]", "home = [1.5]", "gaze.home.0", "1.5 is outside the limits of 'end', -1 to 1; move it inside"),
    ('"tool"', '"tol"', "gaze.link", "no link 'tol'; did you mean 'tool'?"),
]
CASES = [("franka", *case) for case in MALFORMED] + [("slider", *case) for case in MALFORMED_SLIDER]


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "remedy"), CASES, ids=[f"{key}: {remedy[:40]}" for _, _, _, key, remedy in CASES]
)
def test_a_malformed_file_is_refused(tmp_path: Path, name: str, old: str, new: str, key: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_robot(write(tmp_path, name, (old, new)))
    message = str(caught.value)
    assert message.startswith(f"{name}.toml: {key}: ")
    assert remedy in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</robot>", "", "slider.urdf: not a readable URDF, no element found: line "),
        (
            'axis xyz="0 0 1"',
            'axis xyz="0 0 0"',
            "slider.urdf: slide.axis: has length 0, a direction has 1; give a dir",
        ),
        (
            'axis xyz="0 0 1"',
            'axis xyz="0 0 2"',
            "slider.urdf: slide.axis: has length 2, a direction has 1; write 0 0 1",
        ),
        (
            '<limit lower="-1"',
            '<limits lower="-1"',
            "slider.urdf: loose: revolute without a <limit>; add one with lower",
        ),
        (
            'axis xyz="0 0 1"',
            'axis xyz="0 0"',
            "slider.urdf: slide.axis.xyz: '0 0' is not 3 numbers; write 0.5 0.5 0.5",
        ),
        ('upper="0.5"', 'upper="half"', "slider.urdf: slide.limit.upper: 'half' is not 1 number; write 0.5"),
        ('value="2"', 'value="nan"', "slider.urdf: car.inertial.mass.value: 'nan' is not 1 number"),
        ('"prismatic"', '"prismatc"', "slider.urdf: slide: no joint type 'prismatc'; did you mean 'prismatic'?"),
        ('name="neck"', 'name="slide"', "slider.urdf: slide: two joints have this name; rename one"),
        ('parent link="car"', 'parent link="cart"', "slider.urdf: swing: no link 'cart'; did you mean 'car'?"),
        ('child link="head"', 'child link="car"', "slider.urdf: neck: 'car' is already carried by 'slide'; remove one"),
        ('<parent link="car"/>', "", "slider.urdf: swing.parent: names no link; name one"),
        ('name="neck" ', "", "slider.urdf: a joint without a name; name it"),
        (
            '<link name="boom"/>',
            '<link name="boom"/><link name="x"/>',
            "slider.urdf: 2 base links (base, x), 1 is possible",
        ),
        ('parent link="car"', 'parent link="tool"', "slider.urdf: links in a cycle: boom, free, tool; join all links"),
    ],
)
def test_a_malformed_urdf_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, "slider")
    assert old in SLIDER
    (tmp_path / "slider.urdf").write_text(SLIDER.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_robot(path)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_valid_file_has_the_values_of_the_urdf(tmp_path: Path) -> None:
    robot = load_robot(write(tmp_path, "franka"))
    arm = robot.arms["right"]
    assert arm.upper[1] == 1.8326
    assert arm.effort == (87.0,) * 4 + (12.0,) * 3
    assert arm.velocity[-1] == 2.61
    assert math.hypot(*arm.tip_rotation) == pytest.approx(1.0, abs=1e-12)
    assert robot.compute_shoulder_position(arm) == pytest.approx((-0.3, 0.0, 0.333))
    assert arm.hand is not None
    assert arm.hand.digits["thumb"] == ("panda_leftfinger",)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "slider")
    first = load_robot(path)
    assert load_robot(path) is first
    write(tmp_path, "slider", ("home = [0.5]", "home = [0.25]"))
    changed = load_robot(path)
    assert changed.gaze is not None
    assert changed.gaze.home == (0.25,)


def test_a_sliding_joint_adds_its_travel_to_the_reach(tmp_path: Path) -> None:
    arm = load_robot(write(tmp_path, "slider")).arms["right"]
    assert arm.reach == pytest.approx(0.3 + math.hypot(0.1, 0.2) + 0.5)
    assert arm.lower[1] == -math.inf
    assert (arm.damping, arm.friction) == ((0.1, 0.0), (0.2, 0.0))


def turn(axis: Array, angle: float) -> Array:
    """Rotate about an axis."""
    x, y, z, w = *(axis * math.sin(angle / 2)), math.cos(angle / 2)
    return rotation_from_quaternion((x, y, z, w))


def forward(arm: ArmModel, joints: Array) -> tuple[Array, Array]:
    """Where the palm frame is in the base link: position and rotation."""
    place, pose, links = np.zeros(3), np.eye(3), arm.chain
    for origin, rotation, axis, sliding, q in zip(
        links.origins, links.rotations, links.axes, links.sliding, joints, strict=True
    ):
        place, pose = place + pose @ origin, pose @ rotation
        place, pose = (place + pose @ axis * q, pose) if sliding else (place, pose @ turn(axis, q))
    return place + pose @ links.tip_position, pose @ links.tip_rotation


@pytest.fixture
def client() -> Iterator[BulletClient]:
    """A physics client of its own."""
    client = BulletClient(pybullet.DIRECT)
    yield client
    client.disconnect()


@pytest.mark.parametrize("name", [*FILES, *list_robots()])
def test_the_chain_matches_pybullet(client: BulletClient, tmp_path: Path, name: str) -> None:
    robot = load_robot(write(tmp_path, name)) if name in FILES else load_robot(name)
    body = client.loadURDF(str(robot.urdf), useFixedBase=True)
    infos = [client.getJointInfo(body, index) for index in range(client.getNumJoints(body))]
    joint_of = {info[1].decode(): info[0] for info in infos}
    link_of = {info[12].decode(): info[0] for info in infos}
    rng = np.random.default_rng(0)
    for arm in robot.arms.values():
        for _ in range(20):
            q = rng.uniform(np.maximum(arm.lower, -math.pi), np.minimum(arm.upper, math.pi))
            for joint, angle in zip(arm.joints, q, strict=True):
                client.resetJointState(body, joint_of[joint], angle)
            state = client.getLinkState(body, link_of[arm.tip], computeForwardKinematics=True)
            expected = client.multiplyTransforms(state[4], state[5], arm.tip_position, arm.tip_rotation)
            place, pose = forward(arm, q)
            np.testing.assert_allclose(place, expected[0], atol=1e-6)
            np.testing.assert_allclose(pose, np.reshape(client.getMatrixFromQuaternion(expected[1]), (3, 3)), atol=1e-6)
            assert np.linalg.norm(place - arm.chain.origins[0]) <= arm.reach + 1e-9


@pytest.mark.parametrize("name", FILES)
def test_masses_and_limits_match_pybullet(client: BulletClient, tmp_path: Path, name: str) -> None:
    robot = load_robot(write(tmp_path, name))
    urdf = load_urdf(robot.urdf)
    body = client.loadURDF(str(robot.urdf), useFixedBase=True, flags=pybullet.URDF_MAINTAIN_LINK_ORDER)
    for index in range(client.getNumJoints(body)):
        info = client.getJointInfo(body, index)
        joint, link = urdf.joints[info[1].decode()], info[12].decode()
        assert client.getDynamicsInfo(body, index)[0] == pytest.approx(urdf.links[link])
        assert (info[6], info[7]) == pytest.approx((joint.damping, joint.friction))
        if math.isfinite(joint.upper) and joint.movable:
            assert info[8:12] == pytest.approx((joint.lower, joint.upper, joint.effort, joint.velocity))


@pytest.mark.parametrize("name", list_robots())
def test_a_shipped_robot_is_complete(name: str) -> None:
    robot: RobotModel = load_robot(name)
    assert robot.name == name
    assert all(0.3 < arm.reach < 2.0 for arm in robot.arms.values())


def test_a_chain_may_end_at_any_link_beyond_its_last_joint(tmp_path: Path) -> None:
    urdf = load_urdf(load_robot(write(tmp_path, "franka")).urdf)
    grasp = build_chain(urdf, load_robot(tmp_path / "franka.toml").arms["right"].joints, "panda_grasptarget")
    np.testing.assert_allclose(grasp.tip_position, [0.0, 0.0, 0.107 + 0.105])
    assert urdf.base == "panda_link0"
