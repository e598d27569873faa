# SPDX-License-Identifier: Apache-2.0
"""The works in PyTorch, TF32 off. Argument: the folder of the acceptance.

torch-eager: a loop over the models. torch-vmap: torch.func.vmap over them. torch-vmap-graph: the
same as a CUDA graph. torch-compile: batched products, torch.compile, and a CUDA graph."""
import torch
import torch._dynamo
import torch.nn.functional as functional

import works
from works import ATTACK_STEPS, EPSILON, MOMENTUM, PGD_STEPS, RATE, RELATIVE_STEP

torch.set_float32_matmul_precision("highest")
CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
TOOLS = ("torch-eager", "torch-vmap", "torch-vmap-graph", "torch-compile")


def wait():
    if CUDA:
        torch.cuda.synchronize()


def put(a):
    return torch.from_numpy(a).to(DEVICE)


def network(p, x):
    for i in range(0, 6, 2):
        x = torch.addmm(p[i + 1], x, p[i])
        x = torch.relu(x) if i < 4 else x
    return x


def batched(p, x):
    for i in range(0, 6, 2):
        x = torch.baddbmm(p[i + 1], x, p[i])
        x = torch.relu(x) if i < 4 else x
    return x


def moved(a, x, g, epsilon, size):
    a = a + size * torch.sign(g)
    return torch.clamp(torch.minimum(torch.maximum(a, x - epsilon), x + epsilon), 0, 1)


class Eager:
    """M separate models with torch.optim.SGD, one after another."""

    def __init__(self, p, x, y, attacked):
        m = p[0].shape[0]
        self.models = [[q[i].clone().requires_grad_() for q in p] for i in range(m)]
        self.optimisers = [torch.optim.SGD(q, RATE, momentum=MOMENTUM) for q in self.models]
        self.x, self.y, self.attacked = x, y, attacked

    def step(self, ids):
        losses = []
        for i, (p, optimiser) in enumerate(zip(self.models, self.optimisers)):
            x, y = self.x[ids[i]], self.y[ids[i]]
            a = x
            for _ in range(PGD_STEPS if self.attacked else 0):
                a = a.detach().requires_grad_()
                loss = functional.cross_entropy(network(p, a), y, reduction="sum")
                (g,) = torch.autograd.grad(loss, a)
                a = moved(a.detach(), x, g, EPSILON, RELATIVE_STEP * EPSILON)
            optimiser.zero_grad()
            loss = functional.cross_entropy(network(p, a.detach()), y)
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses)


class Vmap:
    """torch.func: gradients of one model, mapped over the stacked parameters."""

    def __init__(self, p, x, y, attacked):
        self.p = [q.clone() for q in p]
        self.v = [torch.zeros_like(q) for q in p]
        self.x, self.y, self.attacked = x, y, attacked
        total = lambda a, q, y: functional.cross_entropy(network(q, a), y, reduction="sum")
        mean = lambda q, a, y: functional.cross_entropy(network(q, a), y)
        self.towards = torch.func.vmap(torch.func.grad(total))
        self.learn = torch.func.vmap(torch.func.grad_and_value(mean))

    def step(self, ids):
        x, y = self.x[ids], self.y[ids]
        a = x
        for _ in range(PGD_STEPS if self.attacked else 0):
            a = self.move(a, x, y)
        g, loss = self.learn(self.p, a, y)
        torch._foreach_mul_(self.v, MOMENTUM)
        torch._foreach_add_(self.v, list(g))
        torch._foreach_add_(self.p, self.v, alpha=-RATE)
        return loss

    def move(self, a, x, y):
        return moved(a, x, self.towards(a, self.p, y), EPSILON, RELATIVE_STEP * EPSILON)


class Compiled(Vmap):
    """Batched products; the attack step and the gradients are compiled."""

    def __init__(self, p, x, y, attacked):
        super().__init__(p, x, y, attacked)

        def total(a, q, y):
            z = batched(q, a).flatten(0, 1)
            return functional.cross_entropy(z, y.flatten(), reduction="sum")

        def each(q, a, y):
            z = batched(q, a).flatten(0, 1)
            losses = functional.cross_entropy(z, y.flatten(), reduction="none")
            mean = losses.view(y.shape).mean(1)
            return mean.sum(), mean

        def move(a, q, x, y):
            g = torch.func.grad(total)(a, q, y)
            return moved(a, x, g, EPSILON, RELATIVE_STEP * EPSILON)

        def learn(q, a, y):
            return torch.func.grad(each, has_aux=True)(q, a, y)

        torch._dynamo.reset()  # else the limit of recompilations ends in eager mode
        compiled = torch.compile(move, dynamic=False)
        self.move = lambda a, x, y: compiled(a, self.p, x, y)
        self.learn = torch.compile(learn, dynamic=False)


class Graph:
    """One step of another class, captured once and replayed."""

    def __init__(self, inner, m, batch):
        self.ids = torch.zeros((m, batch), dtype=torch.int64, device=DEVICE)
        saved = [q.clone() for q in inner.p]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                inner.step(self.ids)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.loss = inner.step(self.ids)
        for q, s in zip(inner.p, saved):
            q.copy_(s)
        for q in inner.v:
            q.zero_()
        self.inner = inner

    def step(self, ids):
        self.ids.copy_(ids)
        self.graph.replay()
        return self.loss


def build(tool, p, x, y, attacked, batch):
    if tool == "torch-eager":
        return Eager(p, x, y, attacked)
    if tool == "torch-vmap":
        return Vmap(p, x, y, attacked)
    inner = (Compiled if tool == "torch-compile" else Vmap)(p, x, y, attacked)
    return Graph(inner, p[0].shape[0], batch) if CUDA else inner


def training(bench, work, tools):
    x, y = (put(a) for a in bench.samples(work))
    batch = bench.batch(work)

    def agree(tool):
        p = [put(a) for a in bench.parameters(work, 3)]
        net = build(tool, p, x, y, work == "a", batch)
        ids = torch.arange(batch, device=DEVICE).expand(3, batch).contiguous()
        values = [net.step(ids).tolist() for _ in range(works.AGREE_STEPS)]
        bench.record("agree", tool, work=work, values=sum(values, []))

    def timed(tool, m):
        slow = tool == "torch-eager" and m >= 64
        p = [put(a) for a in bench.parameters(work, m)]
        net = build(tool, p, x, y, work == "a", batch)
        steps = 1 if slow else 2 if bench.small else works.STEPS[work]
        rows = put(works.ids(work, steps, m, batch, x.shape[0]))

        def once():
            for i in range(steps):
                loss = net.step(rows[i])
            loss.tolist()  # waits

        if slow and m > 64:
            start = works.time.perf_counter()
            once()
            ms = 1e3 * (works.time.perf_counter() - start)
            times = {"ms": ms, "least": ms, "most": ms, "repeats": 1}
        else:
            times = bench.time(once, budget=3)
        bench.record("time", tool, work=work, m=m, **works.scaled(times, 1 / steps))

    for tool in tools:
        bench.guarded(tool, work, 3, lambda tool=tool: agree(tool))
    for m in bench.packs(work):
        for tool in tools:
            bench.guarded(tool, work, m, lambda tool=tool, m=m: timed(tool, m))


def attacks(bench):
    x, y = (put(a) for a in bench.samples("e"))
    p = [put(a[0]) for a in bench.parameters("e", 1)]
    epsilon = torch.zeros((), device=DEVICE)

    def gradient(a):
        a = a.detach().requires_grad_()
        z = network(p, a)
        (g,) = torch.autograd.grad(functional.cross_entropy(z, y, reduction="sum"), a)
        return g, z.detach().argmax(1) != y

    def run():
        a, fooled = x, torch.zeros_like(y, dtype=torch.bool)
        for _ in range(ATTACK_STEPS):
            g, wrong = gradient(a)
            fooled = fooled | wrong
            a = moved(a, x, g, epsilon, 2.5 / ATTACK_STEPS * epsilon)
        return fooled | (network(p, a).argmax(1) != y)

    def timed(tool, call):
        robust = []
        for r, radius in enumerate(works.ATTACK_RADII):
            epsilon.fill_(radius)
            last = [None]

            def once():
                last[0] = call().cpu()

            times = bench.time(once)
            robust.append(1 - last[0].double().mean().item())
            bench.record("time", tool, work=f"e{r + 1}", m=1, **times)
        bench.record("agree", tool, work="e", values=robust)

    bench.guarded("torch-eager", "e", 1, lambda: timed("torch-eager", run))
    if CUDA:

        def graphed():
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                run()
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                fooled = run()

            def replay():
                graph.replay()
                return fooled

            timed("torch-vmap-graph", replay)

        bench.guarded("torch-vmap-graph", "e", 1, graphed)


def jacobians(bench):
    x = put(bench.samples("f")[0].astype("float64"))
    p = [put(a[0]) for a in bench.parameters("f", 1, "float64")]
    one = torch.func.jacrev(lambda a: network(p, a[None])[0])
    rows = torch.func.vmap(one, chunk_size=2500)

    def run():
        j = rows(x)  # [N, 10, 784]
        return torch.linalg.eigvalsh(j @ j.mT)[:, -1].sqrt()

    last = [None]

    def once():
        last[0] = run().cpu()

    bench.record("time", "torch-vmap", work="f", m=1, **bench.time(once))
    norms = last[0]
    values = [norms.mean().item(), norms.max().item(), norms.min().item()]
    bench.record("agree", "torch-vmap", work="f", values=values)


def speeds(bench):
    tool = "torch-eager"

    def note(name, call, count, **extra):
        def once():
            for _ in range(count):
                call()
            wait()

        times = works.scaled(bench.time(once, budget=1.5), 1 / count)
        bench.record("time", tool, work="g", m=0, name=name, **times, **extra)

    n = 1 << (12 if bench.small else 26)
    side = 64 if bench.small else 8192
    x = torch.rand(n, device=DEVICE) - 0.5
    out = torch.empty_like(x)
    note("copy", lambda: out.copy_(x), 10, bytes=8 * n)
    note("map, 1 in 1 out", lambda: torch.mul(x, 0.5, out=out), 10, bytes=8 * n)
    note("map tanh", lambda: torch.tanh(x, out=out), 10, bytes=8 * n)
    w = torch.rand((side, side), device=DEVICE) - 0.5
    product = torch.empty_like(w)
    note("sum over the last axis", lambda: w.sum(1), 10, bytes=4 * side * side)
    note("sum over the middle axis", lambda: w.sum(0), 10, bytes=4 * side * side)
    note("max over the last axis", lambda: w.amax(1), 10, bytes=4 * side * side)
    note("transpose and add", lambda: torch.add(w.T, 1, out=product), 10, bytes=8 * side * side)
    note("product 1x8192", lambda: torch.matmul(w, w, out=product), 3, flops=2 * side**3)
    k, d = (4, 16) if bench.small else (1024, 128)
    s = torch.rand((k, d, d), device=DEVICE) - 0.5
    small = torch.empty_like(s)
    note("product 1024x128", lambda: torch.bmm(s, s, out=small), 10, flops=2 * k * d**3)
    page = torch.zeros(4096, device=DEVICE)
    note("launch", lambda: page.add_(1), 100)
    if CUDA:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(100):
                page.add_(1)

        def replay():
            for _ in range(10):
                graph.replay()
            wait()

        times = works.scaled(bench.time(replay, budget=1.5), 1 / 1000)
        bench.record("time", tool, work="g", m=0, name="replayed node", **times)


def main():
    options = works.arguments(TOOLS)
    bench = works.Bench(options)
    name = torch.cuda.get_device_name() if CUDA else "cpu"
    tf32 = torch.backends.cuda.matmul.allow_tf32
    bench.record("peer", "torch", version=torch.__version__, device=name, tf32=tf32)
    tools = options.tools.split(",")
    for work in options.works.split(","):
        if work in ("a", "b"):
            training(bench, work, tools)
        elif work == "e":
            bench.guarded("torch-eager", work, 1, lambda: attacks(bench))
        elif work == "f":
            bench.guarded("torch-vmap", work, 1, lambda: jacobians(bench))
        elif work == "g":
            bench.guarded("torch-eager", work, 0, lambda: speeds(bench))


if __name__ == "__main__":
    main()
