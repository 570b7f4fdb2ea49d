"""Instructions: templates filled from the sampled episode, perturbations of their wording, and their tokens.

Read in this order:

- ``instruction``: the instruction of an episode, from the template to the perturbed text.
- ``templates``, ``referents``, ``basic_colors``: fields in braces, the things that they name, and their colours.
- ``instruction_text``: words, from and to text.
- ``synonyms``, ``reordering``, ``extra_words``, ``relations``, ``typos``: one perturbation each.
- ``vocabulary``, ``wording``: the fixed vocabulary, and the shipped synonyms and polite phrases.
"""
