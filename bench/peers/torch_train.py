# SPDX-License-Identifier: Apache-2.0
"""Training steps in PyTorch: works a to d. Images are channels-last.

torch-eager: a loop over the models. torch-vmap: torch.func.vmap over them. torch-vmap-graph: the
same as a CUDA graph. torch-compile: torch.compile and a CUDA graph. Networks with batch norm are
one model, so that vmap has nothing to map: torch-graph is the eager step as a CUDA graph."""
import contextlib
import functools

import torch
import torch._dynamo
import torch.nn.functional as functional

import works
from works import EPSILON, MOMENTUM, PGD_STEPS, RATE, RELATIVE_STEP


def convert(name, p):
    """Rigor's [M, KH, KW, C, O] to PyTorch's [M, O, C, KH, KW]; biases to one axis."""
    p = torch.from_numpy(p)
    if name.endswith("bias"):
        return p.flatten(1)
    return p.permute(0, 4, 3, 1, 2) if p.ndim == 5 else p


def mlp(pairs):
    """A ReLU network of torch.nn from its pairs of weight [in, out] and bias."""
    layers = []
    for w, b in pairs:
        dense = torch.nn.Linear(*w.shape, dtype=torch.from_numpy(w).dtype)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(w).T)
            dense.bias.copy_(torch.from_numpy(b))
        layers += [dense, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).eval()


def forward(layers, p, x, train=False):
    """x [B, features] or [B, H, W, C]; one model. train: batch norms use the batch and move their
    running statistics in place."""
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2)  # channels-last in memory
    return walk(layers, p, x, train)


def walk(layers, p, x, train):
    for layer in layers:
        kind, pre = layer["type"], layer["prefix"]
        if kind == "dense":
            x = torch.addmm(p[pre + "bias"], x, p[pre + "weight"])
        elif kind == "relu":
            x = torch.relu(x)
        elif kind == "conv":
            how = {k: layer[k] for k in ("stride", "padding", "groups")}
            x = functional.conv2d(x, p[pre + "weight"], p.get(pre + "bias"), **how)
        elif kind == "batch-norm":
            x = functional.batch_norm(
                x, p[pre + "mean"], p[pre + "variance"], p[pre + "scale"], p[pre + "shift"],
                training=train, momentum=layer["momentum"], eps=layer["epsilon"])
        elif kind == "flatten":
            x = x.permute(0, 2, 3, 1).flatten(1)
        elif kind == "mean":
            x = x.mean((2, 3))
        elif kind == "chain":
            x = walk(layer["layers"], p, x, train)
        elif kind == "residual":
            inner = walk(layer["layers"], p, x, train)
            x = walk(layer["shortcut"], p, x, train) + inner
        else:
            raise ValueError("no layer " + kind)
    return x


def batched(layers, p, x):
    """Dense networks of M models on [M, B, features] as batched products."""
    for layer in layers:
        if layer["type"] == "dense":
            pre = layer["prefix"]
            x = torch.baddbmm(p[pre + "bias"][:, None], x, p[pre + "weight"])
        else:
            x = torch.relu(x)
    return x


def moved(a, x, g, epsilon, size):
    a = a + size * torch.sign(g)
    return torch.clamp(torch.minimum(torch.maximum(a, x - epsilon), x + epsilon), 0, 1)


def is_buffer(name):
    return name.endswith((".mean", ".variance"))


@contextlib.contextmanager
def fresh_workspaces():
    """A capture makes cuBLAS workspaces in the graph's own memory, and PyTorch would go on using
    them after the graph is gone: an illegal access in whatever runs next."""
    torch._C._cuda_clearCublasWorkspaces()
    yield
    torch._C._cuda_clearCublasWorkspaces()


class Eager:
    """M separate models with torch.optim.SGD, one after another."""

    def __init__(self, layers, p, x, y, attacked, compiled=False):
        m = next(iter(p.values())).shape[0]
        self.models, self.optimisers = [], []
        for i in range(m):
            one = {}
            for name, v in p.items():
                v = v[i].clone()
                if v.ndim == 4:
                    v = v.contiguous(memory_format=torch.channels_last)
                one[name] = v if is_buffer(name) else v.requires_grad_()
            trained = [v for v in one.values() if v.requires_grad]
            self.models.append(one)
            self.optimisers.append(torch.optim.SGD(trained, RATE, momentum=MOMENTUM))
        self.x, self.y, self.attacked = x, y, attacked

        def total(a, q, y):
            return functional.cross_entropy(forward(layers, q, a), y, reduction="sum")

        def mean(a, q, y):
            return functional.cross_entropy(forward(layers, q, a, True), y)

        if compiled:
            torch._dynamo.reset()
            total, mean = torch.compile(total, dynamic=False), torch.compile(mean, dynamic=False)
        self.total, self.mean = total, mean

    def tensors(self):
        """All that a step changes."""
        state = [v for one in self.models for v in one.values()]
        for optimiser in self.optimisers:
            state += [s["momentum_buffer"] for s in optimiser.state.values()]
        return state

    def step(self, ids):
        losses = []
        for i, (p, optimiser) in enumerate(zip(self.models, self.optimisers)):
            x, y = self.x[ids[i]], self.y[ids[i]]
            a = x
            for _ in range(PGD_STEPS if self.attacked else 0):
                a = a.detach().requires_grad_()
                (g,) = torch.autograd.grad(self.total(a, p, y), a)
                a = moved(a.detach(), x, g, EPSILON, RELATIVE_STEP * EPSILON)
            optimiser.zero_grad()
            loss = self.mean(a.detach(), p, y)
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses)


class Vmap:
    """torch.func: gradients of one model, mapped over the stacked parameters."""

    def __init__(self, layers, p, x, y, attacked):
        self.p = {name: v.clone() for name, v in p.items()}
        self.v = {name: torch.zeros_like(v) for name, v in p.items()}
        self.x, self.y, self.attacked = x, y, attacked

        def total(a, q, y):
            return functional.cross_entropy(forward(layers, q, a), y, reduction="sum")

        def mean(q, a, y):
            return functional.cross_entropy(forward(layers, q, a), y)

        self.towards = torch.func.vmap(torch.func.grad(total))
        self.learn = torch.func.vmap(torch.func.grad_and_value(mean))

    def tensors(self):
        return list(self.p.values()) + list(self.v.values())

    def step(self, ids):
        x, y = self.x[ids], self.y[ids]
        a = x
        for _ in range(PGD_STEPS if self.attacked else 0):
            a = self.move(a, x, y)
        g, loss = self.learn(self.p, a, y)
        v, p = list(self.v.values()), list(self.p.values())
        torch._foreach_mul_(v, MOMENTUM)
        torch._foreach_add_(v, [g[name] for name in self.v])
        torch._foreach_add_(p, v, alpha=-RATE)
        return loss

    def move(self, a, x, y):
        return moved(a, x, self.towards(a, self.p, y), EPSILON, RELATIVE_STEP * EPSILON)


class Compiled(Vmap):
    """The attack step and the gradients are compiled; dense networks as batched products."""

    def __init__(self, layers, p, x, y, attacked):
        super().__init__(layers, p, x, y, attacked)
        torch._dynamo.reset()  # else the limit of recompilations ends in eager mode
        if any(layer["type"] not in ("dense", "relu") for layer in layers):
            self.learn = torch.compile(self.learn, dynamic=False)
            return

        def total(a, q, y):
            z = batched(layers, q, a).flatten(0, 1)
            return functional.cross_entropy(z, y.flatten(), reduction="sum")

        def each(q, a, y):
            z = batched(layers, q, a).flatten(0, 1)
            losses = functional.cross_entropy(z, y.flatten(), reduction="none")
            mean = losses.view(y.shape).mean(1)
            return mean.sum(), mean

        def move(a, q, x, y):
            g = torch.func.grad(total)(a, q, y)
            return moved(a, x, g, EPSILON, RELATIVE_STEP * EPSILON)

        def learn(q, a, y):
            return torch.func.grad(each, has_aux=True)(q, a, y)

        compiled = torch.compile(move, dynamic=False)
        self.move = lambda a, x, y: compiled(a, self.p, x, y)
        self.learn = torch.compile(learn, dynamic=False)


class Graph:
    """One step of another class, captured once and replayed."""

    def __init__(self, inner, m, batch, device):
        self.ids = torch.arange(batch, device=device).expand(m, batch).contiguous()
        saved = [v.detach().clone() for v in inner.tensors()]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                inner.step(self.ids)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with fresh_workspaces(), torch.cuda.graph(self.graph):
            self.loss = inner.step(self.ids)
        with torch.no_grad():
            for v in inner.tensors():
                # Momentum that appeared while warming up begins at zero.
                v.copy_(saved.pop(0)) if saved else v.zero_()
        self.inner = inner

    def step(self, ids):
        self.ids.copy_(ids)
        self.graph.replay()
        return self.loss


def build(tool, layers, p, x, y, attacked, batch, device):
    normed = any(map(is_buffer, p))
    if tool in ("torch-eager", "torch-graph"):
        inner = Eager(layers, p, x, y, attacked)
    elif tool == "torch-compile":
        args = (layers, p, x, y, attacked)
        inner = Eager(*args, compiled=True) if normed else Compiled(*args)
    else:
        inner = Vmap(layers, p, x, y, attacked)
    graph = device == "cuda" and tool not in ("torch-eager", "torch-vmap")
    return Graph(inner, next(iter(p.values())).shape[0], batch, device) if graph else inner


def tools_of(work, tools, device):
    if device == "cpu":
        tools = [t for t in tools if not t.endswith("-graph")]
    if work != "d":
        return tools
    return [t.replace("torch-vmap-graph", "torch-graph") for t in tools if t != "torch-vmap"]


def training(bench, work, tools, device):
    """Adds a cell for each tool and pack; the first of a tool checks the losses as well."""
    batch, attacked = bench.batch(work), work in works.ATTACKED

    @functools.cache
    def inputs():
        x, y = (torch.from_numpy(a).to(device) for a in bench.samples(work))
        return bench.network(work), x, y

    def parameters(m):
        found = bench.parameters(work, m)
        return {name: convert(name, v).to(device) for name, v in found.items()}

    def agree(tool):
        layers, x, y = inputs()
        m = works.AGREE_MODELS[work]
        net = build(tool, layers, parameters(m), x, y, attacked, batch, device)
        ids = torch.arange(batch, device=device).expand(m, batch).contiguous()
        values = [net.step(ids).tolist() for _ in range(works.AGREE_STEPS[work])]
        bench.record("agree", tool, work=work, values=sum(values, []))

    def prepare(tool, m, check):
        if check:
            agree(tool)
            bench.prepares()
        layers, x, y = inputs()
        slow = tool == "torch-eager" and m >= 64
        net = build(tool, layers, parameters(m), x, y, attacked, batch, device)
        steps = 1 if slow else bench.steps(work)
        rows = torch.from_numpy(works.ids(steps, m, batch, x.shape[0])).to(device)

        def once():
            for i in range(steps):
                loss = net.step(rows[i])
            loss.tolist()  # waits

        def call(seconds):
            times = works.scaled(bench.time(once, seconds), 1 / steps)
            bench.record("time", tool, work=work, m=m, precision="f32", **times)

        return call

    for i, m in enumerate(bench.packs(work)):
        for tool in tools_of(work, tools, device):
            run = lambda tool=tool, m=m, i=i: prepare(tool, m, i == 0)  # noqa: E731
            bench.add(tool, work, m, run)
