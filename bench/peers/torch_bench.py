# SPDX-License-Identifier: Apache-2.0
"""The works in PyTorch, TF32 off. Arguments: see works.py; the first is the folder that Rigor wrote.

Works a to d are in torch_train.py; here are those about many samples, and single kernels."""
import works

OPTIONS = works.arguments(("torch-eager", "torch-vmap", "torch-vmap-graph", "torch-compile"))
works.need(OPTIONS, "torch", "numpy", "torch")

import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402

from torch_train import fresh_workspaces, moved, training  # noqa: E402
from works import ATTACK_STEPS, REACH  # noqa: E402

torch.set_float32_matmul_precision("highest")
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
CUDA = OPTIONS.device == "cuda" and torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"


def wait():
    if CUDA:
        torch.cuda.synchronize()


def put(a):
    return torch.from_numpy(a).to(DEVICE)


def layers(bench, work, dtype="float32"):
    """Pairs of weight and bias of the one model 784-256-256-10."""
    return [(put(w), put(b)) for w, b in works.dense(bench.parameters(work, 1, dtype))]


def network(net, x):
    for w, b in net[:-1]:
        x = torch.relu(torch.addmm(b, x, w))
    return torch.addmm(net[-1][1], x, net[-1][0])


def chunks(bench, n, full):
    return [slice(i, min(n, i + full)) for i in range(0, n, full)]


def ascent(net, tool):
    """One step of PGD on the cross-entropy: where it leads, and which samples were already wrong."""

    def step(a, x, y, epsilon, size):
        z, back = torch.func.vjp(lambda b: network(net, b), a)
        hot = functional.one_hot(y, z.shape[1]).to(z.dtype)
        (g,) = back(torch.softmax(z, 1) - hot)
        return moved(a, x, g, epsilon, size), z.argmax(1) != y

    def eager(a, x, y, epsilon, size):
        a = a.detach().requires_grad_()
        z = network(net, a)
        (g,) = torch.autograd.grad(functional.cross_entropy(z, y, reduction="sum"), a)
        return moved(a.detach(), x, g, epsilon, size), z.detach().argmax(1) != y

    if tool == "torch-compile":
        torch._dynamo.reset()
        return torch.compile(step, dynamic=False)
    return eager


def attacks(bench, tool, part):
    x, y = (put(a) for a in bench.samples("e"))
    net = layers(bench, "e")
    epsilon = torch.full((), works.ATTACK_RADII[int(part[1]) - 1], device=DEVICE)
    step = ascent(net, tool)

    def run():
        a, fooled = x, torch.zeros_like(y, dtype=torch.bool)
        for _ in range(ATTACK_STEPS):
            a, wrong = step(a, x, y, epsilon, REACH / ATTACK_STEPS * epsilon)
            fooled = fooled | wrong
        return fooled | (network(net, a).argmax(1) != y)

    def graphed():
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            run()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with fresh_workspaces(), torch.cuda.graph(graph):
            fooled = run()

        def replay():
            graph.replay()
            return fooled

        return replay

    whole = graphed() if tool == "torch-graph" else run
    return reported(bench, tool, part, whole, precision="f32", of=works.robust)


def restarts(bench, tool, part, n):
    """PGD from random starts; what fell is left out of the next start."""
    x, y = (put(a) for a in bench.samples("j", n))
    net = layers(bench, "j")
    step = ascent(net, tool)
    epsilon = works.RESTART_RADIUS
    size = REACH / works.RESTART_STEPS * epsilon
    # A compiled step has one shape: all samples, in each start.
    whole = tool == "torch-compile"

    def start(x, y):
        noise = torch.empty_like(x).uniform_(-epsilon, epsilon)
        a, fooled = (x + noise).clamp(0, 1), torch.zeros_like(y, dtype=torch.bool)
        for _ in range(works.RESTART_STEPS):
            a, wrong = step(a, x, y, epsilon, size)
            fooled = fooled | wrong
        return fooled | (network(net, a).argmax(1) != y)

    def run():
        fooled = network(net, x).argmax(1) != y
        for _ in range(works.RESTARTS):
            if whole:
                fooled = fooled | start(x, y)
                continue
            left = (~fooled).nonzero()[:, 0]
            fooled[left] = start(x[left], y[left])
        return fooled

    return reported(bench, tool, part, run, precision="f32", of=works.robust)


def reported(bench, tool, work, run, m=1, precision="f64", of=works.summary):
    """A call that times run, whose result is on the host, and hands over its summary."""

    def call(seconds):
        last = [None]

        def once():
            last[0] = run().cpu()

        times = bench.time(once, seconds)
        bench.record("time", tool, work=work, m=m, precision=precision, **times)
        bench.record("agree", tool, work=work, values=of(last[0]))

    return call


def jacobians(bench, tool):
    x = put(bench.samples("f")[0].astype("float64"))
    net = layers(bench, "f", "float64")
    one = torch.func.jacrev(lambda a: network(net, a[None])[0])
    rows = torch.func.vmap(one, chunk_size=2500)

    def run():
        j = rows(x)  # [N, 10, 784]
        return torch.linalg.eigvalsh(j @ j.mT)[:, -1].sqrt()

    return reported(bench, tool, "f1", run)


def power(bench, tool):
    a = put(works.matrices(bench.small))
    count, side, _ = a.shape
    start = torch.full((count, side, 1), side**-0.5, device=DEVICE)

    def run():
        v = start
        for _ in range(works.POWER_STEPS):
            v = a.mT @ (a @ v)
            v = v / v.norm(dim=1, keepdim=True)
        return (a @ v).norm(dim=1)

    return reported(bench, tool, "f2", run, count, "f32")


def crown(bench, tool, part, n=None):
    work = part[0]
    x, y = bench.samples(work, n)
    x, y = put(x.astype("float64")), put(y)
    net = layers(bench, work, "float64")
    eyes = [torch.eye(len(b), dtype=torch.float64, device=DEVICE) for _, b in net]
    radius = works.CROWN_RADII[work]

    def run():
        found = []
        for part in chunks(bench, len(x), 500):
            one_hot = eyes[-1][y[part]]
            margins = works.crown_margins(torch, net, x[part], one_hot, radius, eyes)
            found.append(margins.amin(-1))
        return torch.cat(found)

    return reported(bench, tool, part, run)


def speeds(bench, tool):
    n = 1 << (12 if bench.small else 26)
    side = 64 if bench.small else 8192
    large = 32 if bench.small else 8192 if CUDA else 1024
    k, d = (4, 16) if bench.small else (1024, 128)
    x = torch.rand(n, device=DEVICE) - 0.5
    out = torch.empty_like(x)
    w = torch.rand((side, side), device=DEVICE) - 0.5
    product = torch.empty_like(w)
    a = torch.rand((large, large), device=DEVICE) - 0.5
    b = torch.empty_like(a)
    s = torch.rand((k, d, d), device=DEVICE) - 0.5
    small = torch.empty_like(s)
    page = torch.zeros(4096, device=DEVICE)
    cells = [
        ("copy", lambda: out.copy_(x), 10, 0),
        ("map, 1 in 1 out", lambda: torch.mul(x, 0.5, out=out), 10, 0),
        ("map tanh", lambda: torch.tanh(x, out=out), 10, 0),
        ("sum over the last axis", lambda: w.sum(1), 10, 0),
        ("sum over the middle axis", lambda: w.sum(0), 10, 0),
        ("max over the last axis", lambda: w.amax(1), 10, 0),
        ("transpose and add", lambda: torch.add(w.T, 1, out=product), 10, 0),
        (f"product 1x{large}", lambda: torch.matmul(a, a, out=b), 3, 2 * large**3),
        ("product 1024x128", lambda: torch.bmm(s, s, out=small), 10, 2 * k * d**3),
        ("launch", lambda: page.add_(1), 100, 0),
    ]
    if CUDA:
        graph = torch.cuda.CUDAGraph()
        with fresh_workspaces(), torch.cuda.graph(graph):
            for _ in range(100):
                page.add_(1)
        cells.append(("replayed node", lambda: [graph.replay() for _ in range(10)], 1, 0))

    def call(seconds):
        for name, run, count, flops in cells:

            def once():
                for _ in range(count):
                    run()
                wait()

            each = 1000 if name == "replayed node" else count
            times = works.scaled(bench.time(once, seconds / 4), 1 / each)
            times = {**times, "flops": flops} if flops else times
            bench.record("time", tool, work="g", m=0, name=name, precision="f32", **times)

    return call


def cells(bench):
    """Tool, work, number of models, the function that prepares it, and what that needs besides."""
    yield "torch-eager", "g", 0, speeds, ()
    for tool in ("torch-eager", "torch-graph", "torch-compile"):
        for part in ("e1", "e2"):
            yield tool, part, 1, attacks, (part,)
    yield "torch-vmap", "f1", 1, jacobians, ()
    yield "torch-eager", "f2", works.POWER[bench.small][0], power, ()
    yield "torch-eager", "h", 1, crown, ("h",)
    for part, n in bench.parts("i"):
        yield "torch-eager", part, 1, crown, (part, n)
    for tool in ("torch-eager", "torch-compile"):
        for part, n in bench.parts("j"):
            yield tool, part, 1, restarts, (part, n)


def main():
    bench = works.Bench(OPTIONS)
    name = torch.cuda.get_device_name() if CUDA else "cpu"
    tf32 = torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32
    if OPTIONS.device == "cuda" and not CUDA:
        bench.record("skip", "torch", work="", m=0, reason="PyTorch finds no CUDA device")
        return
    bench.record("peer", "torch", version=torch.__version__, device=name, tf32=tf32)
    tools = OPTIONS.tools.split(",")
    for tool, work, m, make, args in cells(bench):
        if tool in tools and bench.has(work[0]) and (CUDA or tool != "torch-graph"):
            run = lambda make=make, tool=tool, args=args: make(bench, tool, *args)  # noqa: E731
            bench.add(tool, work, m, run)
    # By itself, in a process of its own: measured again after other works, its replay ends in an
    # illegal access (PyTorch 2.11, CUDA 13.0), after which that process can measure nothing more.
    for work in works.TRAINING if tools != ["torch-graph"] else ():
        if bench.has(work):
            training(bench, work, tools, DEVICE)
    bench.run_all()


if __name__ == "__main__":
    main()
