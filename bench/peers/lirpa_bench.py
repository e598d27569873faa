# SPDX-License-Identifier: Apache-2.0
"""Works i and k by auto_LiRPA: CROWN and alpha-CROWN in double. AUTO_LIRPA names the folder of its source; without it an
installed one is used, and without that none. Arguments: see works.py; the first is the folder that
Rigor wrote."""
import works

TOOL = "auto-lirpa"
OPTIONS = works.arguments([TOOL])
works.need(OPTIONS, TOOL, "numpy", "torch")

import torch  # noqa: E402

import robustness  # noqa: E402
from torch_train import mlp  # noqa: E402

robustness.find_auto_lirpa()
works.need(OPTIONS, TOOL, "auto_LiRPA", hint="; AUTO_LIRPA can name the folder of its source")


def margins(bench, part, n):
    work = part[0]
    x, y = bench.samples(work, n)
    x, y = (torch.from_numpy(a).to(OPTIONS.device) for a in (x.astype("float64"), y))
    net = mlp(works.dense(bench.parameters(work, 1, "float64"))).to(OPTIONS.device)
    least = robustness.certificate(net, x, work)
    last = [None]

    def run():
        last[0] = least(x, y)

    def call(seconds):
        times = bench.time(run, seconds)
        bench.record("time", TOOL, work=part, m=1, precision="f64", **times)
        verified = [float((last[0] > 0).double().mean())]
        values = verified if work == "k" else works.summary(last[0])
        bench.record("agree", TOOL, work=part, values=values)

    return call


def main():
    bench = works.Bench(OPTIONS)
    bench.record("peer", TOOL, version=torch.__version__, device=OPTIONS.device, tf32=False)
    for part, n in bench.parts("i") if bench.has("i") else ():
        bench.add(TOOL, part, 1, lambda part=part, n=n: margins(bench, part, n))
    if bench.has("k"):
        n = works.DECIDED[bench.small]
        bench.add(TOOL, "k1", 1, lambda: margins(bench, "k1", n))
    bench.run_all()


if __name__ == "__main__":
    main()
