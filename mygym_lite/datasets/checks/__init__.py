"""Checks of a written dataset, independent of the code that wrote it.

Reading order:
    check       The check of a whole folder, and its report.
    findings    Errors, notes and entries collected from one format.
    coco, bop, yolo, flow   The check of each format.
    pose        Agreement of a pose with depth and silhouette.
    dataset_statistics      Counts of classes, sizes and flags.
"""
