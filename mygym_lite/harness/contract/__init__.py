"""The contract between a policy and a task: do both mean the same by observations and actions?

Reading order:
    check.py               The check of a policy.
    expert_episodes.py     Observations and actions of the expert, and the meaning of actions.
    predictions.py         Actions of the policy on these observations; agreement.py, how well they agree.
    correction.py          Corrections of possible mistakes: action_corrections.py, linear_change.py,
                           observation_corrections.py, state_corrections.py, mapping_corrections.py.
    corrected_policy.py    A policy with corrections; search.py, the search for those that bring its actions closer.
    sensitivity.py         Change of the actions without an observation.
    findings.py            Findings on each aspect; report.py, their report; formats.py, as text.
"""
