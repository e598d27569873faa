# SPDX-License-Identifier: Apache-2.0
"""Work j by torchattacks: its PGD, once for each start. Arguments: see works.py; the first is the
folder that Rigor wrote."""
import works

TOOL = "torchattacks"
OPTIONS = works.arguments([TOOL])
works.need(OPTIONS, TOOL, "numpy", "torch", "torchattacks")

import torch  # noqa: E402
import torchattacks  # noqa: E402

import robustness  # noqa: E402
from torch_train import mlp  # noqa: E402

torch.set_float32_matmul_precision("highest")


def restarts(bench, part, n):
    x, y = (torch.from_numpy(a).to(OPTIONS.device) for a in bench.samples("j", n))
    fallen = robustness.attack(mlp(works.dense(bench.parameters("j", 1))).to(OPTIONS.device))
    last = [None]

    def run():
        last[0] = fallen(x, y)

    def call(seconds):
        times = bench.time(run, seconds)
        bench.record("time", TOOL, work=part, m=1, precision="f32", **times)
        bench.record("agree", TOOL, work=part, values=works.robust(last[0]))

    return call


def main():
    bench = works.Bench(OPTIONS)
    version = f"{torchattacks.__version__}, PyTorch {torch.__version__}"
    bench.record("peer", TOOL, version=version, device=OPTIONS.device, tf32=False)
    for part, n in bench.parts("j") if bench.has("j") else ():
        bench.add(TOOL, part, 1, lambda part=part, n=n: restarts(bench, part, n))
    bench.run_all()


if __name__ == "__main__":
    main()
