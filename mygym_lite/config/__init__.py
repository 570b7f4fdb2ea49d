"""Declarations of tasks, robots, objects and workspaces: frozen dataclasses read from TOML, with units and bounds.

Reading order:

- `task`, `scenery`, `faults`, `language`: the tree of a task; `state`: the ground-truth state of its simulation
- `objects`, `shape`, `hull`, `inertia`, `workspace`, `textures`: models of what the scene contains
- `robot`, `urdf`: models of robots; `head_pose`: where the head looks at the start of an episode
- `field_path`: dotted paths to fields; `variation`, `variation_tree`: random changes of fields
- `sampling`, `placement`: the task of one episode, sampled from the declared one
- `instructions`: instructions in natural language, filled from the sampled task
- `validation`, `validation_scenery`, `validation_language`: checks before anything is simulated
- `visuals`, `urdf_visuals`, `collada`: shapes and materials to render; `visual_fields`: fields that affect images
- `rotation`: conversions of orientations
"""
