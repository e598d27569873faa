# SPDX-License-Identifier: Apache-2.0
"""Whole processes in turn: `rigor attack` and `rigor certify` beside torchattacks and auto_LiRPA, each
from the start of its program to its end, with imports, reading of files and compiling.

FOLDER is what `./rigor bench attacks --out FOLDER` wrote: network and samples of work j. Real files
instead: --model NET.onnx --data X.npz, which the peers read with onnx2torch. Prints a Markdown table
and exits with 1 if results differ."""
import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import works

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCHER = os.path.join(HERE, "..", "..", "rigor")
PEERS = {"attack": "torchattacks", "certify": "auto-lirpa"}
HELD = {"attack": ("survives", True), "certify": ("verdict", "verified")}
# Without what the peer does not do: looking for signs of masked gradients.
ATTACK = ["--attack", "pgd", "--no-signs", "--loss", "cross-entropy", "--steps",
          str(works.RESTART_STEPS), "--restarts", str(works.RESTARTS), "--epsilon",
          str(works.RESTART_RADIUS)]
EXTRA = {"attack": ATTACK, "certify": ["--epsilon", str(works.CROWN_RADII["i"])]}


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--model", help="ONNX file")
    parser.add_argument("--data", help="NPZ with x and y")
    parser.add_argument("--commands", default="attack,certify")
    parser.add_argument("--samples", default=",".join(map(str, works.SAMPLES[0])))
    parser.add_argument("--repeats", type=int, default=works.ENOUGH)
    parser.add_argument("--precision", choices=["float64", "float32"], default="float64",
                        help="auto_LiRPA's arithmetic; Rigor's certificates are in double, enclosed")
    parser.add_argument("--rigor", default=LAUNCHER, help="launcher")
    parser.add_argument("--peer", help=argparse.SUPPRESS)  # a peer's own process: its command
    return parser.parse_args()


def array(folder, name):
    return np.load(os.path.join(folder, "exchange", "j", name + ".npy"))


def layers(folder):
    names = [n[:-4] for n in os.listdir(os.path.join(folder, "exchange", "j")) if n[0].isdigit()]
    return works.dense({name: array(folder, name) for name in names})


def write_onnx(pairs, path):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, last = [], [], "x"
    for i, (w, b) in enumerate(pairs):
        weights += [numpy_helper.from_array(w, f"w{i}"), numpy_helper.from_array(b, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"]))
        last = f"z{i}"
        if i + 1 < len(pairs):
            nodes.append(helper.make_node("Relu", [last], [f"a{i}"]))
            last = f"a{i}"
    sides = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in (("x", pairs[0][0].shape[0]), (last, pairs[-1][0].shape[1]))]
    graph = helper.make_graph(nodes, "network", sides[:1], sides[1:], weights)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def peer(given):
    """Runs a command's peer once and prints the share of samples that withstand it."""
    import torch

    import robustness

    if given.model:
        import onnx2torch

        net = onnx2torch.convert(given.model).eval()
    else:
        from torch_train import mlp

        net = mlp(layers(given.folder))
    data = np.load(given.data)
    x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"]).long()
    if given.peer == "attack":
        held = ~robustness.attack(net)(x, y)
    else:
        robustness.find_auto_lirpa()
        dtype = getattr(torch, given.precision)
        x, net = x.to(dtype), net.to(dtype)
        held = robustness.certificate(net, x)(x, y) > 0
    print(held.double().mean().item())


def rigor(given, command, model, data, work):
    """The share of samples that withstand, and the seconds of the process."""
    out = os.path.join(work, "out.json")
    line = [given.rigor, command, "--model", model, "--data", data, *EXTRA[command], "--json", out]
    start = time.perf_counter()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.perf_counter() - start
    with open(out) as file:
        samples = json.load(file)["samples"]
    field, held = HELD[command]
    return sum(s[field] == held for s in samples) / len(samples), took


def other(given, command, data):
    line = [sys.executable, os.path.abspath(__file__), given.folder, "--peer", command]
    line += ["--data", data, "--precision", given.precision]
    line += ["--model", given.model] if given.model else []
    start = time.perf_counter()
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1]), time.perf_counter() - start


def missing(command):
    """Why a command has no peer here, or None."""
    if command == "certify":
        sys.path[:0] = [folder for folder in [os.environ.get("AUTO_LIRPA")] if folder]
    name = {"attack": "torchattacks", "certify": "auto_LiRPA"}[command]
    needed = importlib.util.find_spec("torch") and importlib.util.find_spec(name)
    return None if needed else f"python3 has no torch with {name}; AUTO_LIRPA can name a folder"


def show(seconds):
    return (f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f}, "
            f"{len(seconds)})")


def main():
    given = options()
    if given.peer:
        peer(given)
        return 0
    differ = False
    head = ("command", "samples", "Rigor s (least to most, times)", "Rigor first", "peer",
            "peer s (least to most, times)", "peer first", "peer / Rigor", "Rigor's share", "peer's")
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    with tempfile.TemporaryDirectory() as work:
        model = given.model or os.path.join(work, "network.onnx")
        if not given.model:
            write_onnx(layers(given.folder), model)
        whole = np.load(given.data) if given.data else {
            name: array(given.folder, name) for name in ("x", "y")}
        for command in given.commands.split(","):
            why = missing(command)
            for n in map(int, given.samples.split(",")):
                if n > len(whole["x"]):
                    print(f"\nnot measured: {command} of {n}: there are {len(whole['x'])} samples")
                    continue
                data = os.path.join(work, "data.npz")
                np.savez(data, x=whole["x"][:n], y=whole["y"][:n])
                ours, theirs, shares = [], [], [None, None]
                for _ in range(given.repeats + 1):  # the first warms the caches of the disk
                    shares[0], took = rigor(given, command, model, data, work)
                    ours.append(took)
                    if not why:
                        shares[1], took = other(given, command, data)
                        theirs.append(took)
                tool = PEERS[command] + (" " + given.precision if command == "certify" else "")
                cells = [command, n, show(ours[1:]), f"{ours[0]:.2f}", tool]
                if why:
                    cells += [why, "", "", f"{shares[0]:.4f}", ""]
                else:
                    ratio = statistics.median(theirs[1:]) / statistics.median(ours[1:])
                    loss = " SLOWER" if ratio < 1 else ""
                    cells += [show(theirs[1:]), f"{theirs[0]:.2f}", f"{ratio:.2f}{loss}"]
                    cells += [f"{share:.4f}" for share in shares]
                    # An attack may find more than its peer; a certificate must be the same.
                    more, less = (0.01, 0.05) if command == "attack" else (0.001, 0.001)
                    differ |= not -less <= shares[0] - shares[1] <= more
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    if differ:
        print("\nresults differ: no ratio stands")
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
