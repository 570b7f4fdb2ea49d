"""Perception: poses of objects from RGB images, with calibrated uncertainty.

Reading order:
    estimator           The trained estimator: images and camera views in, object poses out.
    network             The network: a feature pyramid with global context.
    camera_encoding     Projection, and the encodings of cameras for the network.
    detection, masks    Objects and instance masks from the outputs of the network.
    fusion, yaw         One estimate per object from several cameras, up to its symmetry.
    tracking            Kalman filters of position and yaw over time.
    targets             Objects of a task to locate, and their declared poses.
    state_estimator     Estimator and tracks attached to an environment.
    estimated_poses     The Gymnasium wrapper.
    metadata, estimator_spec    Saved estimators, and references to them by name.
    training/, evaluation/      Training on datasets, and evaluation under perturbations.
"""
