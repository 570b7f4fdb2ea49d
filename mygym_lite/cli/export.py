"""Export a policy as a network in ONNX's format."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_json, call_with_options
from mygym_lite.cli.output import write_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the policy and the file."""
    policy = "name of a shipped policy, a policy's folder, or a .zip of Stable-Baselines3"
    parser.add_argument("policy", metavar="POLICY", help=policy)
    parser.add_argument("file", type=Path, metavar="FILE", help="file to write, .onnx")
    parser.add_argument("--task", metavar="TASK", help="task that a .zip was trained on")
    pickle = "load a .zip, which can run any program"
    parser.add_argument("--allow-pickle", action="store_true", help=pickle)
    normalize = "VecNormalize of a .zip (default: vecnormalize.pkl beside it, if there is one)"
    parser.add_argument("--normalize", type=Path, metavar="FILE", help=normalize)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the file, and print its inputs and outputs."""
    from mygym_lite.learning.onnx_export import export_onnx
    from mygym_lite.policies.networks.onnx_network import OnnxNetwork
    from mygym_lite.policies.networks.tensors import format_shape

    file = call_with_options(export_onnx, arguments)
    network = OnnxNetwork(file)
    inputs, outputs = {name: info.shape for name, info in network.inputs.items()}, network.describe_outputs()
    if arguments.json:
        write_json(out, {"file": str(file), "inputs": inputs, "outputs": outputs})
        return 0
    for noun, shapes in (("input", inputs), ("output", outputs)):
        out.write("".join(f"{noun}: {name} {format_shape(tuple(shape))}\n" for name, shape in shapes.items()))
    out.write(f"network: {file}\n")
    return 0
