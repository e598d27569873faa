# SPDX-License-Identifier: Apache-2.0
"""Work j by torchattacks: its PGD, once for each start. Arguments: see works.py; the first is the
folder that Rigor wrote."""
import works

TOOL = "torchattacks"
OPTIONS = works.arguments([TOOL])
works.need(OPTIONS, TOOL, "numpy", "torch", "torchattacks")

import torch  # noqa: E402
import torchattacks  # noqa: E402

from torch_train import mlp  # noqa: E402

torch.set_float32_matmul_precision("highest")


def restarts(bench, part, n):
    """What fell is left out of the next start."""
    x, y = (torch.from_numpy(a).to(OPTIONS.device) for a in bench.samples("j", n))
    net = mlp(works.dense(bench.parameters("j", 1))).to(OPTIONS.device)
    step = works.REACH / works.RESTART_STEPS * works.RESTART_RADIUS
    attack = torchattacks.PGD(
        net, eps=works.RESTART_RADIUS, alpha=step, steps=works.RESTART_STEPS, random_start=True)
    last = [None]

    def run():
        with torch.no_grad():
            fooled = net(x).argmax(1) != y
        for _ in range(works.RESTARTS):
            left = (~fooled).nonzero()[:, 0]
            if len(left) == 0:
                break
            end = attack(x[left], y[left])
            with torch.no_grad():
                fooled[left] = net(end).argmax(1) != y[left]
        last[0] = fooled.cpu()

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
