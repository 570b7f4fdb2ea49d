"""Named groups of links, between which contact forces are reported."""

from __future__ import annotations

from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.task import Task
from mygym_lite.config.workspace import load_workspace
from mygym_lite.sim.engine import LinkName

Groups = dict[str, list[LinkName]]


def list_contact_groups(robot: RobotModel, task: Task) -> Groups:
    """Return the contact groups: those of the robot, ``table``, each object, and ``objects`` for all of them."""
    objects: Groups = {name: [(name, "")] for name in task.objects}
    table = [("table", part.name) for part in load_workspace(task.workspace.model).parts if part.collides]
    every_object = [link for links in objects.values() for link in links]
    return {**list_robot_groups(robot), "table": table, **objects, "objects": every_object}


def list_robot_groups(robot: RobotModel) -> Groups:
    """Return the contact groups ``robot``, ``arm``, ``hand``, ``palm``, ``fingers`` and each digit.

    Names refer to the first arm; groups of a second arm carry its side, such as ``left_hand``.
    """
    links = [("robot", link) for link in robot.tree.links]
    groups: Groups = {"robot": links}
    for number, (side, arm) in enumerate(robot.arms.items()):
        prefix = "" if number == 0 else f"{side}_"
        groups.update({prefix + name: parts for name, parts in _list_hand_groups(arm).items()})
    hands = [link for name, parts in groups.items() if name.endswith("hand") for link in parts]
    groups["arm"] = [link for link in links if link not in hands]
    return groups


def _list_hand_groups(arm: ArmModel) -> Groups:
    if arm.hand is None:
        tip = ("robot", arm.tip)
        return {"palm": [tip], "fingers": [], "hand": [tip]}
    digits = {name: [("robot", link) for link in links] for name, links in arm.hand.digits.items()}
    palm = [("robot", name) for name in arm.hand.palm]
    fingers = [link for links in digits.values() for link in links]
    return {**digits, "palm": palm, "fingers": fingers, "hand": palm + fingers}
