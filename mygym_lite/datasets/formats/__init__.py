"""Writers of dataset formats.

Reading order:
    writers     The protocol of a writer, and the table of formats.
    coco        Instances with masks, and keypoints.
    bop         Poses, depth and masks.
    bop_models  Object models of BOP, one for each scale.
    yolo        Boxes, outlines and keypoints.
    gltf, gltf_meshes   Scenes for other renderers.
    rle, polygon        Masks as run lengths, and as one polygon.
    png, deflate        Fast PNG files.
    ply         Object models as PLY files.
"""
