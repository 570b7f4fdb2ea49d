"""Networks in ONNX's format: policies of others that run no code of their author, and exports of ours.

Reading order:
    policy      A network as a policy.
    graph       Builder of graphs.
    export      Perceptrons, recurrent policies and Stable-Baselines3 models as graphs.
"""
