# SPDX-License-Identifier: Apache-2.0
"""CERTIFY of Cohen et al. 2019 in PyTorch: networks one after another, one image at a time, 100 draws
that propose the class, then N draws in batches of 400 and the Clopper-Pearson limit.

Networks are ONNX files of dense layers and ReLU.

    python3 smoothing.py --data d.npz --sigma 0.5 --draws 10000 --threads 2 NET.onnx...

Prints draws a second of processor time and the images certified at each of --epsilons, of each network."""
import argparse
import time

import numpy as np
import onnx
import torch
from scipy.stats import beta, norm

BATCH = 400


def read(path):
    graph = onnx.load(path).graph
    known = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in graph.initializer}
    layers = []
    for node in graph.node:
        if node.op_type in ("Gemm", "MatMul"):
            w = known[node.input[1]]
            turned = any(a.name == "transB" and a.i for a in node.attribute)
            w = w if turned else w.T
            layers.append(torch.nn.Linear(w.shape[1], w.shape[0]))
            layers[-1].weight.data = w.contiguous()
            layers[-1].bias.data = (
                known[node.input[2]].flatten() if len(node.input) > 2 else torch.zeros(w.shape[0]))
        elif node.op_type == "Add":
            layers[-1].bias.data = known[[n for n in node.input if n in known][0]].flatten()
        elif node.op_type == "Relu":
            layers.append(torch.nn.ReLU())
        elif node.op_type not in ("Flatten", "Reshape", "Constant", "Identity"):
            raise SystemExit(f"{path}: {node.op_type} is not read here")
    return torch.nn.Sequential(*layers).eval()


def count(net, x, sigma, draws, classes):
    votes = torch.zeros(classes, dtype=torch.int64)
    with torch.no_grad():
        for first in range(0, draws, BATCH):
            n = min(BATCH, draws - first)
            noise = torch.randn((n, *x.shape)) * sigma
            votes += torch.bincount(net(x + noise).argmax(1), minlength=classes)
    return votes


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("nets", nargs="+")
    p.add_argument("--data", required=True)
    p.add_argument("--sigma", type=float, required=True)
    p.add_argument("--epsilons", default="0,0.5,1")
    p.add_argument("--draws", type=int, default=10000)
    p.add_argument("--alpha", type=float, default=0.001)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    data = np.load(a.data)
    x, y = torch.from_numpy(data["x"].astype(np.float32)).flatten(1), data["y"]
    spent = wall = 0.0
    for path in a.nets:
        net = read(path)
        shape = net(x[:1]).shape
        count(net, x[0], a.sigma, BATCH, shape[1])  # warm
        start, clock = time.process_time(), time.perf_counter()
        radii = []
        for image, label in zip(x, y):
            top = count(net, image, a.sigma, 100, shape[1]).argmax().item()
            hits = count(net, image, a.sigma, a.draws, shape[1])[top].item()
            low = beta.ppf(a.alpha, hits, a.draws - hits + 1) if hits else 0.0
            radii.append(a.sigma * norm.ppf(low) if top == label and low > 0.5 else -1.0)
        spent += time.process_time() - start
        wall += time.perf_counter() - clock
        held = [sum(r > e for r in radii) for e in map(float, a.epsilons.split(","))]
        print(path, "certified", held, flush=True)
    total = len(a.nets) * len(x) * (a.draws + 100)
    print(f"{total} draws, {spent:.1f} s of processor time, {wall:.1f} s, "
          f"{total / spent:.0f} draws a second of processor time")


if __name__ == "__main__":
    main()
