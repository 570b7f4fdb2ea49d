"""Declarations of tasks, robots, objects and workspaces: frozen dataclasses read from TOML, with units and bounds.

Reading order:

- `task`, `task_physics`, `task_robot`, `task_objects`, `stage`, `region`, `scenery`, `faults`: the tree of a task;
  `state`: the ground-truth state of its simulation
- `language`, `instructions`: instructions in natural language, filled from the sampled task
- `checks`: calls of terms, and composite checks that nest them; `term_tables`: the tables of a file in which they stand
- `region_shapes`: extents and poses of regions
- `objects`, `cavity`, `shape`, `hull`, `inertia`, `workspace`, `textures`: models of what the scene contains
- `robot`, `robot_tables`, `urdf`, `urdf_elements`, `urdf_files`, `kinematic_chain`: models of robots; `head_pose`:
  where the head looks at the start of an episode
- `field_path`: dotted paths to fields; `variation`, `variation_tree`: random changes of fields; `verbs`,
  `verb_arguments`: their distributions
- `sampling`: the task of one episode, sampled from the declared one
- `start`, `draws`: start values without replacement; `start_placement`, `object_placer`, `start_area`: start poses
  relative to regions and other objects; `start_extents`: how far start values reach; `placement`: distractors
- `rest`: speeds of objects at rest
- `footprint`: outlines from above; `object_bounds`, `overlap`, `containment`: room that objects take up
- `validation`, `validation_names`, `validation_rates`, `validation_models`, `validation_draws`, `validation_placement`,
  `validation_reach`, `validation_regions`, `validation_stages`, `validation_scenery`, `validation_language`,
  `validation_robot`: checks before anything is simulated
- `visuals`, `urdf_visuals`, `collada`: shapes and materials to render; `mask_ids`: their ids in masks; `visual_fields`:
  fields that affect images
- `rotation`: conversions of orientations
"""
