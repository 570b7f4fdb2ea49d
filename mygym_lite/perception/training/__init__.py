"""Training of the pose estimator on vision datasets.

Reading order:
    train       The entry point: datasets in, a folder with weights out.
    data, crop_data     Labelled images and crops of objects as arrays.
    coco_reader Reader of COCO annotations into these arrays.
    detection_problem, refinement_problem   The two networks with their data.
    losses, refinement_losses   Training targets and losses.
    trainer     The training loop, with an EMA of the weights and early stopping.
    validation  Calibration and accuracy on held-out scenes.
    loss_chart  The loss curve as SVG.
"""
