# SPDX-License-Identifier: Apache-2.0
"""Work i by auto_LiRPA: CROWN in double. AUTO_LIRPA names the folder that holds its source, the one
with auto_LiRPA/__init__.py; without it an installed one is used, and without that none. Arguments:
see works.py; the first is the folder that Rigor wrote."""
import os
import sys

import works

TOOL = "auto-lirpa"
OPTIONS = works.arguments([TOOL])
sys.path[:0] = [folder for folder in [os.environ.get("AUTO_LIRPA")] if folder]
works.need(OPTIONS, TOOL, "numpy", "torch")
works.need(OPTIONS, TOOL, "auto_LiRPA", hint="; AUTO_LIRPA can name the folder of its source")

import torch  # noqa: E402
from auto_LiRPA import BoundedModule, BoundedTensor  # noqa: E402
from auto_LiRPA.perturbations import PerturbationLpNorm  # noqa: E402

from torch_train import mlp  # noqa: E402

RADIUS = works.CROWN_RADII["i"]
CHUNK = 500  # samples at once: hidden bounds of 10,000 need tens of gigabytes


def margins(bench, part, n):
    """The least margin of each sample in its ball within the box."""
    x, y = bench.samples("i", n)
    x, y = (torch.from_numpy(a).to(OPTIONS.device) for a in (x.astype("float64"), y))
    net = mlp(works.dense(bench.parameters("i", 1, "float64"))).to(OPTIONS.device)
    bounded = BoundedModule(net, x[:1])
    classes = net(x[:1]).shape[1]
    eye = torch.eye(classes, dtype=torch.float64, device=OPTIONS.device)
    last = [None]

    def least(x, y):
        low, high = (x - RADIUS).clamp(0, 1), (x + RADIUS).clamp(0, 1)
        ball = PerturbationLpNorm(norm=float("inf"), x_L=low, x_U=high)
        others = torch.arange(classes - 1, device=y.device)
        others = others + (others >= y[:, None])  # [B, classes - 1], without the label
        spec = eye[y][:, None] - eye[others]
        with torch.no_grad():
            found, _ = bounded.compute_bounds(
                x=(BoundedTensor(x, ball),), C=spec, method="CROWN", bound_upper=False)
        return found.amin(1)

    def run():
        parts = zip(x.split(CHUNK), y.split(CHUNK))
        last[0] = torch.cat([least(*pair) for pair in parts]).cpu()

    def call(seconds):
        times = bench.time(run, seconds)
        bench.record("time", TOOL, work=part, m=1, precision="f64", **times)
        bench.record("agree", TOOL, work=part, values=works.summary(last[0]))

    return call



def main():
    bench = works.Bench(OPTIONS)
    bench.record("peer", TOOL, version=torch.__version__, device=OPTIONS.device, tf32=False)
    for part, n in bench.parts("i") if bench.has("i") else ():
        bench.add(TOOL, part, 1, lambda part=part, n=n: margins(bench, part, n))
    bench.run_all()


if __name__ == "__main__":
    main()
