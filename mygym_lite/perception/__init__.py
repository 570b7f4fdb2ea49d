"""Perception: poses of objects from RGB images, with calibrated uncertainty.

Reading order:
    estimator           The trained estimator: images and camera views in, object poses out.
    network             The detection network: a feature pyramid with global context.
    camera_encoding     Projection, and the encodings of cameras and crops for the networks.
    detection, masks    Objects and instance masks from the outputs of the detection network.
    crops, refinement_network, refinement       Class, pose and orientation again, from crops at full resolution.
    color, association  Detections of several images to objects, and objects to the targets of a task.
    orientation, yaw    Orientations of a shape, up to its symmetry.
    fusion, orientation_fusion      One estimate per object from several cameras.
    tracking, axis_tracking         Kalman filters of position, yaw and z axis over time.
    targets             Objects of a task to locate, and their declared poses.
    state_estimator     Estimator and tracks attached to an environment.
    estimated_poses     The Gymnasium wrapper.
    metadata, estimator_spec    Saved estimators, and references to them by name.
    training/, evaluation/      Training on datasets, and evaluation under perturbations.
"""
