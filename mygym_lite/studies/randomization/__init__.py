"""The gain from randomization during training: policies that differ only in it, tested along every axis of a suite.

Reading order:
    study.py                            ``study_randomization``: from presets to findings
    plan.py                             trainings and tests of a study
    training.py                         trainings in parallel processes, and their progress
    evaluation.py                       a run for each policy
    findings.py                         estimates: each axis, means, differences from training without randomization
    report.py, text.py                  HTML page, and its sentences
    matrix_picture.py, curves.py        transfer matrix and severity curves as images
"""
