"""Domain randomization and perturbation suites: collections of variations of a task.

Reading order:

- `axis`: axes of perturbation with graded severities
- `severity`: severities between the levels, and their sampling for several axes at once
- `condition`: conditions of a task: severities of axes, fixed or sampled for each episode
- `suite`: sets of axes, and the conditions that they make of a task
- `suite_file`, `suite_text`: files that declare axes, or select those of other suites, and the text of new ones
- `preset`: groups of variations to train with
- `adr`: automatic domain randomization, which adapts the ranges of a preset to the success of a policy
- `parameters`: every field that a variation may name, with unit and bounds

A single variation is defined in `config.variation`; `config.visual_fields` tells which fields affect images.
"""
