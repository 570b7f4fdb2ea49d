"""Vision datasets: labelled images of a task in COCO, BOP and YOLO.

Reading order:
    frame       One labelled image and its objects, as every format is written from it.
    scene_model Bodies of a scene at their poses.
    labels      Masks, boxes, keypoints and poses of the objects in a rendered image.
    recipe      Everything that decides the frames of a dataset.
    scenes/     Generation of frames: settled piles of objects and moments of expert episodes.
    formats/    Writers of COCO, BOP and YOLO, and the encodings they need.
    generate/   The job that writes a dataset in several processes.
    checks/     The check of a written dataset against itself.
    coverage    Classes that a split lacks.
    symmetry, triangles     Geometry of object models, independent of the renderer.
"""
