"""Perception evaluation: pose estimators on the same scenes, nominal and along every axis that images can show.

Reading order:
    evaluate.py         ``evaluate_perception``: from names to report
    plan.py, conditions.py, manifest.py    estimators, scenes and conditions; their description on disk
    worker.py           one scene: expert_moments.py, rerender.py, and the estimators
    records.py, scenes.py   estimates compared with the ground truth, in memory and on disk
    metrics.py, calibration.py, average_precision.py   from records to numbers
    results.py              all numbers, as a table
    report.py, charts.py, example_images.py            the HTML page
    dataset_accuracy.py     accuracy on the images of a dataset, such as those of another renderer
"""
