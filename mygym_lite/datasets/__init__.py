"""Vision datasets: labelled images and videos of a task in COCO, BOP and YOLO, and optical flow.

Reading order:
    frame       One labelled image and its objects, as every format is written from it.
    scene_model Bodies of a scene at their poses.
    optical_flow    Motion of the point at each pixel to the next frame of a video.
    labels      Masks, boxes, keypoints and poses of the objects in a rendered image.
    recipe      Everything that decides the frames of a dataset.
    scenes/     Generation of frames: settled piles of objects and moments of expert episodes.
    formats/    Writers of COCO, BOP and YOLO, and the encodings they need.
    generate/   The job that writes a dataset in several processes.
    checks/     The check of a written dataset against itself.
    coverage    Classes that a split lacks.
    symmetry, triangles     Geometry of object models, independent of the renderer.
"""
