"""Networks of others as policies, and exports of ours.

Reading order:
    tensors     Inputs of networks.
    network     Networks by the suffix of their file, and their recurrent state.
    onnx_network, torch_network     The formats: ONNX, and programs of torch.export.
    policy      A network as a policy.
    graph       Builder of ONNX graphs.
    export      Perceptrons and recurrent policies as ONNX graphs.
"""
