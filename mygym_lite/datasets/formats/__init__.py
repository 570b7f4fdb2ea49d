"""Writers of dataset formats.

Reading order:
    writers     The protocol of a writer, and the table of formats.
    coco, coco_videos   Instances with masks, and keypoints; numbers of videos and their objects.
    bop         Poses, depth and masks.
    bop_models  Object models of BOP, one for each scale.
    yolo        Boxes, outlines and keypoints.
    gltf, gltf_meshes   Scenes for other renderers.
    flow        Optical flow of videos, as KITTI stores it.
    rle, polygon        Masks as run lengths, and as one polygon.
    png, deflate        Fast PNG files.
    ply         Object models as PLY files.
"""
