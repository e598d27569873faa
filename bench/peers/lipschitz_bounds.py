# SPDX-License-Identifier: Apache-2.0
"""Upper bounds of the l2 Lipschitz constant of dense ReLU networks in ONNX files, by other tools.

    python3 lipschitz_bounds.py NET.onnx ... [--solver CLARABEL|SCS] [--seconds 600]

Prints for each network the product of layer norms (float64 SVD), ECLipsE-Fast of eclipse-nn, and
LipSDP-Neuron (Fazlyab et al. 2019) by cvxpy, each with its seconds and whether it is a bound: what a
solver returns is none until a feasible point is proved.
"""
import argparse
import time

import numpy as np
import onnx
from onnx import numpy_helper


def layers(path):
    """Weights [out, in] of a chain of Gemm, or MatMul and Add, with Relu between."""
    graph = onnx.load(path).graph
    stored = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in graph.initializer}
    out = []
    for node in graph.node:
        if node.op_type in ("Gemm", "MatMul"):
            w = next(stored[i] for i in node.input if i in stored and stored[i].ndim == 2)
            first = node.input[0] in stored
            turned = any(a.name == "transB" and a.i for a in node.attribute)
            out.append(w if first or turned else w.T)
        elif node.op_type not in ("Relu", "Add", "Sub", "Flatten", "Reshape", "Transpose", "Identity", "Constant"):
            raise SystemExit(f"{path}: {node.op_type} is not of a dense ReLU network")
    return out


def product(w):
    return float(np.prod([np.linalg.norm(a, 2) for a in w]))


def eclipse_fast(w):
    import torch
    from eclipse_nn.LipConstEstimator import LipConstEstimator

    parts = []
    for i, a in enumerate(w):
        layer = torch.nn.Linear(a.shape[1], a.shape[0]).double()
        layer.weight.data = torch.from_numpy(a.copy())
        parts += [layer] + ([torch.nn.ReLU()] if i < len(w) - 1 else [])
    estimator = LipConstEstimator(model=torch.nn.Sequential(*parts))
    return float(estimator.estimate(method="ECLipsE_Fast"))


def lipsdp_neuron(w, solver):
    import cvxpy as cp

    first = np.linalg.qr(w[0].T, mode="r").T if w[0].shape[1] > w[0].shape[0] else w[0]
    w = [first] + w[1:]
    sizes = [w[0].shape[1]] + [a.shape[0] for a in w[:-1]]
    rho = cp.Variable(nonneg=True)
    lam = [cp.Variable(n, nonneg=True) for n in sizes[1:]]
    blocks = [[np.zeros((a, b)) for b in sizes] for a in sizes]
    blocks[0][0] = rho * np.eye(sizes[0])
    for i, a in enumerate(w[:-1], start=1):
        blocks[i][i] = 2 * cp.diag(lam[i - 1])
        blocks[i][i - 1] = -cp.diag(lam[i - 1]) @ a
        blocks[i - 1][i] = blocks[i][i - 1].T
    blocks[-1][-1] = blocks[-1][-1] - w[-1].T @ w[-1]
    m = cp.bmat(blocks)
    problem = cp.Problem(cp.Minimize(rho), [(m + m.T) / 2 >> 0])
    problem.solve(solver=solver)
    return float(np.sqrt(rho.value)), problem.status


def timed(name, work):
    start = time.perf_counter()
    try:
        value = work()
    except Exception as e:  # a peer that fails is a row of the table
        value = f"{type(e).__name__}: {str(e)[:80]}"
    print(f"  {name:24} {value}  {time.perf_counter() - start:.2f} s", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("networks", nargs="+")
    p.add_argument("--solver", default="CLARABEL")
    p.add_argument("--largest", type=int, default=400, help="units up to which cvxpy is tried")
    args = p.parse_args()
    for path in args.networks:
        w = layers(path)
        print(path, [a.shape for a in w])
        timed("product of norms", lambda: product(w))
        timed("ECLipsE-Fast", lambda: eclipse_fast(w))
        if sum(a.shape[0] for a in w[:-1]) <= args.largest:
            timed(f"LipSDP-Neuron, {args.solver}", lambda: lipsdp_neuron(w, args.solver))


if __name__ == "__main__":
    main()
