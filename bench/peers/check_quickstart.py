# SPDX-License-Identifier: Apache-2.0
"""Recomputes the numbers of a quickstart run with NumPy alone, from its saved weights.

python bench/peers/check_quickstart.py runs/quickstart: every Jacobian norm and product bound must
agree to 1e-6; every ball that CROWN proves here must be verified there, and none that is violated;
every witness must lie in its ball and in the box and be misclassified. Exit code 1 if not.
"""
import json
import pathlib
import sys
import numpy as np

def load(path):
    """Pairs of weights [in, out] and biases [out] of a safetensors file, in order, in double."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    def read(name):
        kind = {"F32": "<f4", "F64": "<f8"}[header[name]["dtype"]]
        a, b = (start + o for o in header[name]["data_offsets"])
        return np.frombuffer(raw[a:b], kind).reshape(header[name]["shape"]).astype(float)
    layers = sorted({int(n.split(".")[0]) for n in header if n != "__metadata__"})
    return [(read(f"{i}.weight"), read(f"{i}.bias").ravel()) for i in layers]

def logits_and_norms(net, x):
    """Logits, and spectral norms of their Jacobians with respect to x [B, features]."""
    j = np.eye(x.shape[1])
    for w, b in net[:-1]:
        x, j = x @ w + b, w.T @ j
        x, j = np.maximum(x, 0), (x > 0)[:, :, None] * j
    return x @ net[-1][0] + net[-1][1], np.linalg.norm(net[-1][0].T @ j, 2, axis=(1, 2))

def split(a):
    return np.maximum(a, 0), np.minimum(a, 0)

def backward(net, a, bounds, low, high):
    """CROWN: lower bounds of a z, for a [B, S, out] and the sides of all hidden pre-activations."""
    total = 0
    for i in range(len(net) - 1, -1, -1):
        total, a = total + a @ net[i][1], a @ net[i][0].T
        if i > 0:
            (l, u), (pos, neg) = (s[:, None] for s in bounds[i - 1]), split(a)
            bent = (l < 0) & (u > 0)
            chord = np.where(bent, u / np.where(bent, u - l, 1), l >= 0)
            total = total - (neg * chord * np.where(bent, l, 0)).sum(-1)
            a = pos * np.where(bent, u >= -l, l >= 0) + neg * chord
    pos, neg = split(a)
    return total + (pos * low[:, None] + neg * high[:, None]).sum(-1)

def margins(net, x, y, epsilon, hidden):
    """CROWN lower bounds of z_y - max z_j; hidden sides by intervals, or with hidden by CROWN."""
    bounds, low, high = [], np.maximum(x - epsilon, 0), np.minimum(x + epsilon, 1)
    l, u = low, high
    for k, (w, b) in enumerate(net[:-1]):
        pos, neg = split(w)
        l, u = l @ pos + u @ neg + b, u @ pos + l @ neg + b
        if hidden and k > 0:
            each = np.broadcast_to(np.eye(len(b)), (len(x), len(b), len(b)))
            l = np.maximum(l, backward(net[: k + 1], each, bounds, low, high))
            u = np.minimum(u, -backward(net[: k + 1], -each, bounds, low, high))
        bounds.append((l, u))
        l, u = np.maximum(l, 0), np.maximum(u, 0)
    each = np.eye(len(net[-1][1]))
    found = backward(net[-1:], each[y][:, None] - each, [], l, u)
    found = np.maximum(found, backward(net, each[y][:, None] - each, bounds, low, high))
    return np.where(each[y] > 0, np.inf, found).min(-1)

def check(run, trial, x, y):
    """Largest deviations of Jacobian norms and product; verdicts that CROWN contradicts; witnesses
    that hold, and all."""
    net = load(run / f"models/{trial['model-id']}.safetensors")
    jacobian, verdicts, points = (np.load(run / f"arrays/{trial['id']}-{what}.npy")
                                  for what in ("jacobian", "verdicts", "witness"))
    attacked, certified = sorted(trial["curves"], key=lambda c: c["side"])
    lower, upper = (trial["scalars"][f"lipschitz-{s}"]["value"] for s in ("lower", "upper"))
    norms, wrong = logits_and_norms(net, x)[1], 0
    x, y = x[:len(verdicts)], y[:len(verdicts)]
    for e, epsilon in enumerate(certified["epsilons"]):
        proved = margins(net, x, y, epsilon, True) > 1e-6
        wrong += (proved & (verdicts[:, e] < 1)).sum()
    fell = np.flatnonzero(np.array(attacked["survived"]) < len(attacked["epsilons"]))
    w, epsilons = points[fell], np.array(attacked["epsilons"] + [np.nan])[attacked["survived"]]
    inside = np.abs(w - x[fell]).max(1) <= epsilons[fell]
    fooled = logits_and_norms(net, w)[0].argmax(1) != y[fell]
    good = (inside & fooled & (w >= 0).all(1) & (w <= 1).all(1)).sum()
    jacobian = max(np.abs(jacobian - norms).max(), abs(lower - norms.max()))
    product = abs(upper - np.prod([np.linalg.norm(w, 2) for w, _ in net]))
    return jacobian, product, wrong, good, len(fell)

run = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "runs/quickstart")
x, y = (np.load(run / "arrays" / f"test-{a}.npy") for a in "xy")
print("trial                 jacobian   product  contradicted  witnesses")
failed = 0
for trial in (json.loads(p.read_text()) for p in sorted((run / "trials").glob("*.json"))):
    *gaps, wrong, good, witnesses = check(run, trial, x.reshape(len(y), -1).astype(float), y)
    failed += not (max(gaps) <= 1e-6 and wrong == 0 and good == witnesses)
    print(trial["id"], *(f"{g:9.1e}" for g in gaps), f"{wrong:13d}  {good} of {witnesses}")
print(f"{failed} trials disagree" if failed else "all agree")
sys.exit(failed > 0)
