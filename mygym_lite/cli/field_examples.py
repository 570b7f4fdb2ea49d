"""A minimal file of each kind, for the page that lists their fields."""

from __future__ import annotations

EXAMPLES = {
    "task": """\
# point.toml
schema  = 1
name    = "point"
about   = "Bring the palm to a point."
episode = { seconds = 5 }
robot   = { control = "ee_translation" }
goal    = { position = [0.45, 0.0, 0.22] }

[observe.all]
joints = { term = "joint_positions" }
offset = { term = "offset", of = "palm", to = "goal" }

[success]
there = { term = "near", of = "palm", to = "goal", within = 0.02 }
""",
    "robot": """\
# arm.toml, beside its URDF or with one of pybullet_data
schema = 1
name   = "arm"
about  = "An arm without a hand."
urdf   = "pybullet_data:kuka_iiwa/model.urdf"

[arms.right]
joints = [
    "lbr_iiwa_joint_1", "lbr_iiwa_joint_2", "lbr_iiwa_joint_3", "lbr_iiwa_joint_4",
    "lbr_iiwa_joint_5", "lbr_iiwa_joint_6", "lbr_iiwa_joint_7",
]
tip    = "lbr_iiwa_link_7"
home   = [0.0, 0.8, 0.0, -1.5, 0.0, 0.8, 0.0]
""",
    "object": """\
# brick.toml
schema   = 1
name     = "brick"
about    = "A small brick."
bank     = "train"
family   = "box"
mass     = 0.1
friction = 0.8

[[shapes]]
kind = "box"
size = [0.08, 0.04, 0.04]

[[grasps]]
at    = [0.0, 0.0, 0.0]
close = "y"
width = 0.04
""",
    "workspace": """\
# bench.toml
schema   = 1
name     = "bench"
about    = "A bare bench."
friction = 1.0
area     = [[0.32, -0.3], [0.62, 0.3]]

[[parts]]
name     = "top"
size     = [0.8, 1.2, 0.04]
position = [0.6, 0.0, -0.02]
color    = [0.6, 0.5, 0.4]
""",
    "suite": """\
# heavy.toml
schema = 1
name   = "heavy"
about  = "Objects that weigh more, in five levels."

[axes.mass]
group   = "object"
about   = "Mass of the objects, times this."
changes = { "objects.*.mass" = { scale = [1.2, 1.5, 2.0, 3.0, 4.0] } }
""",
    "preset": """\
# varied.toml
schema = 1
name   = "varied"
about  = "Masses and friction."

[vary.objects]
"objects.*.mass"     = { scale = [0.5, 2.0] }
"objects.*.friction" = { scale = [0.7, 1.4], probability = 0.5 }
""",
    "mapping": """\
# server.toml
schema = 1

[observation]
state = "proprio[0:7]"
image = { camera = "front", size = [224, 224] }
""",
}
