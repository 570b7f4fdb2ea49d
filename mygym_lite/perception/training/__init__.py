"""Training of the pose estimator on vision datasets.

Reading order:
    train       The entry point: datasets in, a folder with weights out.
    data        Labelled images as arrays.
    coco_reader Reader of COCO annotations into these arrays.
    losses      Training targets and losses.
    trainer     The training loop, with an EMA of the weights and early stopping.
    validation  Calibration and accuracy on held-out scenes.
    loss_chart  The loss curve as SVG.
"""
