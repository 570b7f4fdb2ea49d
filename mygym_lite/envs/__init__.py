"""Gymnasium environments of tasks.

Read in this order:

- ``task_env``: ``TaskEnv``, the environment of one task; ``goal_env``: its goal-conditioned variant;
  ``goal_conditions``: success terms that a goal decides; ``goals``: goals as vectors;
  ``actions``: checks of actions.
- ``steps``: the generator of the steps of one episode, in which every policy acts.
- ``observing_env``, ``observations``, ``entry_observations``, ``image_observations``, ``instruction_observation``:
  observations; ``component_names``: names of their components.
- ``variations``: variations of episodes, from tables, presets and the options of ``reset``.
- ``scoring``, ``stage_scoring``: reward, success, failure and stages.
- ``episode_state``: the state that ``get_state`` returns.
- ``rendering_env``, ``cameras``, ``renderers``, ``display``: images.
- ``faults``: faults of sensing and actuation; ``vector``: vector environments; ``sb3_vec_env``: Stable-Baselines3.
- ``registration``: the registered ids.
"""
