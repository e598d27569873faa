# SPDX-License-Identifier: Apache-2.0
"""What the peers share: the works, their inputs as the acceptance wrote them, records, timing."""
import argparse
import json
import os
import statistics
import time

import numpy as np

RATE, MOMENTUM = 0.05, 0.9
EPSILON, RELATIVE_STEP, PGD_STEPS = 0.1, 0.25, 10
ATTACK_RADII, ATTACK_STEPS = (0.0005, 0.02), 100
AGREE_STEPS = 3
BATCH = {"a": 64, "b": 256}
STEPS = {"a": 20, "b": 10}
LAYERS = ("0", "2", "4")


def arguments(tools):
    parser = argparse.ArgumentParser()
    parser.add_argument("out", help="folder with records.jsonl and exchange/")
    parser.add_argument("--works", default="a,b,e,f,g")
    parser.add_argument("--tools", default=",".join(tools))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=100, help="no work starts afterwards")
    return parser.parse_args()


class Bench:
    """Records of one tool's process, and its time."""

    def __init__(self, options):
        self.out = options.out
        self.small = options.small
        self.deadline = time.perf_counter() + options.seconds

    def left(self):
        return self.deadline - time.perf_counter()

    def record(self, kind, tool, **values):
        line = json.dumps({"kind": kind, "tool": tool, **values})
        print(line[:300], flush=True)
        with open(os.path.join(self.out, "records.jsonl"), "a") as file:
            file.write(line + "\n")

    def guarded(self, tool, work, m, run):
        """One failure, such as a compiler that is missing, must not hide the rest."""
        if self.left() < 0:
            self.record("skip", tool, work=work, m=m, reason="out of time")
            return
        try:
            run()
        except Exception as e:  # noqa: BLE001 - written down
            self.record("skip", tool, work=work, m=m, reason=f"{type(e).__name__}: {e}"[:600])

    def array(self, work, name):
        return np.load(os.path.join(self.out, "exchange", work, name + ".npy"))

    def samples(self, work):
        return self.array(work, "x"), self.array(work, "y").astype(np.int64)

    def parameters(self, work, m, dtype=np.float32):
        """Weights [M, in, out] and biases [M, 1, out] in turn; the stored models repeated."""
        found = []
        for layer in LAYERS:
            for name in ("weight", "bias"):
                p = self.array(work, f"{layer}.{name}")
                found.append(np.take(p, np.arange(m) % p.shape[0], axis=0).astype(dtype))
        return found

    def batch(self, work):
        return min(BATCH[work], 16) if self.small and work == "b" else BATCH[work]

    def packs(self, work):
        if self.small:
            return (1, 2)
        return {"a": (16, 256, 1, 64, 1024), "b": (1, 16, 64)}[work]

    def time(self, run, budget=4.0, repeats=21):
        """Milliseconds of runs that wait for the device; fewer repeats once the budget is used."""
        end = time.perf_counter() + min(budget, max(1.0, self.left()))
        for i in range(3):
            if i == 0 or time.perf_counter() < end:
                run()
        ms = []
        while len(ms) < 3 or (len(ms) < repeats and time.perf_counter() < end):
            start = time.perf_counter()
            run()
            ms.append(1e3 * (time.perf_counter() - start))
        return {"ms": statistics.median(ms), "least": min(ms), "most": max(ms), "repeats": len(ms)}


def ids(work, steps, m, batch, n):
    """A permutation for each model, as rows of [steps, M, batch]."""
    rng = np.random.default_rng(5)
    order = np.stack([rng.permutation(n)[: steps * batch] for _ in range(m)])
    return np.ascontiguousarray(order.reshape(m, steps, batch).transpose(1, 0, 2))


def scaled(times, factor):
    return {k: v if k == "repeats" else v * factor for k, v in times.items()}
