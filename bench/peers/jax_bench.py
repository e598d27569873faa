# SPDX-License-Identifier: Apache-2.0
"""The works in JAX: jit of vmap over models, a scan over the steps of an epoch. TF32 off, images
channels-last. Arguments: see works.py; the first is the folder that Rigor wrote."""
import functools
import os

import works

TOOL = "jax"
OPTIONS = works.arguments([TOOL])
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
if OPTIONS.device == "cpu":
    os.environ["JAX_PLATFORMS"] = "cpu"
works.need(OPTIONS, TOOL, "numpy", "jax")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

from works import ATTACK_STEPS, EPSILON, MOMENTUM, PGD_STEPS, RATE, REACH, RELATIVE_STEP  # noqa: E402

jax.config.update("jax_default_matmul_precision", "highest")
jax.config.update("jax_enable_x64", True)


def forward(layers, p, x, train=False):
    """One model on [B, features] or [B, H, W, C]; returns logits and moved running statistics."""
    moved = {}

    def norm(layer, x):
        pre = layer["prefix"]
        mean, variance = p[pre + "mean"], p[pre + "variance"]
        if train:
            axes = tuple(range(x.ndim - 1))
            n = x.size // x.shape[-1]
            share = jnp.float32(layer["momentum"])
            mean, variance = x.mean(axes), x.var(axes)
            moved[pre + "mean"] = (1 - share) * p[pre + "mean"] + share * mean
            now = jnp.float32(n / (n - 1)) * variance
            moved[pre + "variance"] = (1 - share) * p[pre + "variance"] + share * now
        slope = p[pre + "scale"] * jax.lax.rsqrt(variance + jnp.float32(layer["epsilon"]))
        return (x - mean) * slope + p[pre + "shift"]

    def walk(layers, x):
        for layer in layers:
            kind, pre = layer["type"], layer["prefix"]
            if kind == "dense":
                x = x @ p[pre + "weight"] + p[pre + "bias"]
            elif kind == "relu":
                x = jax.nn.relu(x)
            elif kind == "conv":
                pad = layer["padding"]
                x = jax.lax.conv_general_dilated(
                    x, p[pre + "weight"], (layer["stride"],) * 2, ((pad, pad),) * 2,
                    dimension_numbers=("NHWC", "HWIO", "NHWC"),
                    feature_group_count=layer["groups"])
                x = x + p[pre + "bias"] if pre + "bias" in p else x
            elif kind == "batch-norm":
                x = norm(layer, x)
            elif kind == "flatten":
                x = x.reshape(x.shape[0], -1)
            elif kind == "mean":
                x = x.mean((1, 2))
            elif kind == "chain":
                x = walk(layer["layers"], x)
            elif kind == "residual":
                x = walk(layer["shortcut"], x) + walk(layer["layers"], x)
            else:
                raise ValueError("no layer " + kind)
        return x

    return walk(layers, x), moved


def cross_entropy(z, y):
    picked = jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]
    return jax.nn.logsumexp(z, axis=1) - picked


def is_buffer(name):
    return name.endswith((".mean", ".variance"))


def train_step(layers, attacked, p, v, x, y):
    """One model: parameters and buffers, momentum, batch."""
    a = x
    if attacked:
        gradient = jax.grad(lambda b: cross_entropy(forward(layers, p, b)[0], y).sum())
        epsilon, size = jnp.float32(EPSILON), jnp.float32(RELATIVE_STEP * EPSILON)

        def move(_, b):
            b = b + size * jnp.sign(gradient(b))
            return jnp.clip(jnp.clip(b, x - epsilon, x + epsilon), 0, 1)

        a = jax.lax.fori_loop(0, PGD_STEPS, move, x)
    buffers = {n: q for n, q in p.items() if is_buffer(n)}
    weights = {n: q for n, q in p.items() if not is_buffer(n)}

    def mean(w):
        z, moved = forward(layers, {**w, **buffers}, a, True)
        return cross_entropy(z, y).mean(), moved

    (loss, moved), g = jax.value_and_grad(mean, has_aux=True)(weights)
    v = {n: MOMENTUM * v[n] + g[n] for n in v}
    weights = {n: w - RATE * v[n] for n, w in weights.items()}
    return {**weights, **buffers, **moved}, v, loss


def training(bench, work):
    batch, attacked = bench.batch(work), work in works.ATTACKED

    @functools.cache
    def inputs():
        return tuple(jnp.asarray(a) for a in bench.samples(work))

    # Data are arguments: what a traced function closes over is a constant to its compiler.
    @jax.jit
    def run(p, v, x, y, ids):
        layers = bench.network(work)
        step = jax.vmap(lambda p, v, x, y: train_step(layers, attacked, p, v, x, y))

        def body(state, i):
            p, v, loss = step(*state, x[i], y[i])
            return (p, v), loss

        (p, v), loss = jax.lax.scan(body, (p, v), ids)
        return p, v, loss

    def start(m):
        p = {n: jnp.asarray(q) for n, q in bench.parameters(work, m).items()}
        return p, {n: jnp.zeros_like(q) for n, q in p.items() if not is_buffer(n)}

    def agree():
        m = works.AGREE_MODELS[work]
        same = jnp.tile(jnp.arange(batch), (works.AGREE_STEPS[work], m, 1))
        _, _, loss = run(*start(m), *inputs(), same)
        bench.record("agree", TOOL, work=work, values=[float(a) for a in loss.ravel()])

    def prepare(m, check):
        if check:
            agree()
            bench.prepares()
        state = list(start(m))
        x, y = inputs()
        steps = bench.steps(work)
        rows = jnp.asarray(works.ids(steps, m, batch, x.shape[0]))

        def once():
            p, v, loss = run(*state, x, y, rows)
            state[:] = [p, v]
            loss.block_until_ready()

        def call(seconds):
            times = works.scaled(bench.time(once, seconds), 1 / steps)
            bench.record("time", TOOL, work=work, m=m, precision="f32", **times)

        return call

    for i, m in enumerate(bench.packs(work)):
        bench.add(TOOL, work, m, lambda m=m, i=i: prepare(m, i == 0))


def dense(bench, work, dtype="float32"):
    pairs = works.dense(bench.parameters(work, 1, dtype))
    return [(jnp.asarray(w), jnp.asarray(b)) for w, b in pairs]


def network(net, x):
    for w, b in net[:-1]:
        x = jax.nn.relu(x @ w + b)
    return x @ net[-1][0] + net[-1][1]


def pgd(net, a, x, y, epsilon, steps):
    """Which samples fall on the way from a, in the ball around x."""

    def body(_, state):
        a, fooled = state

        def loss(b):
            z = network(net, b)
            return cross_entropy(z, y).sum(), z

        g, z = jax.grad(loss, has_aux=True)(a)
        fooled = fooled | (z.argmax(1) != y)
        a = a + jnp.float32(REACH / steps) * epsilon * jnp.sign(g)
        return jnp.clip(jnp.clip(a, x - epsilon, x + epsilon), 0, 1), fooled

    a, fooled = jax.lax.fori_loop(0, steps, body, (a, jnp.zeros(y.shape, bool)))
    return fooled | (network(net, a).argmax(1) != y)


def attacks(bench, part):
    x, y = (jnp.asarray(a) for a in bench.samples("e"))
    net = dense(bench, "e")
    radius = jnp.float32(works.ATTACK_RADII[int(part[1]) - 1])
    run = jax.jit(lambda net, x, y, epsilon: pgd(net, x, x, y, epsilon, ATTACK_STEPS))
    return reported(bench, part, lambda: run(net, x, y, radius), precision="f32", of=works.robust)


def restarts(bench, part, n):
    """All samples in each start: a compiled program has one shape."""
    x, y = (jnp.asarray(a) for a in bench.samples("j", n))
    net = dense(bench, "j")
    epsilon = jnp.float32(works.RESTART_RADIUS)

    @jax.jit
    def run(net, x, y, key):
        def start(r, fooled):
            u = jax.random.uniform(jax.random.fold_in(key, r), x.shape, x.dtype, -1, 1)
            a = jnp.clip(x + epsilon * u, 0, 1)
            return fooled | pgd(net, a, x, y, epsilon, works.RESTART_STEPS)

        clean = network(net, x).argmax(1) != y
        return jax.lax.fori_loop(0, works.RESTARTS, start, clean)

    key = jax.random.key(0)
    return reported(bench, part, lambda: run(net, x, y, key), precision="f32", of=works.robust)


def reported(bench, work, run, m=1, precision="f64", of=works.summary):
    def call(seconds):
        last = [None]

        def once():
            last[0] = jax.device_get(run())

        times = bench.time(once, seconds)
        bench.record("time", TOOL, work=work, m=m, precision=precision, **times)
        bench.record("agree", TOOL, work=work, values=of(last[0]))

    return call


def jacobians(bench):
    x = jnp.asarray(bench.samples("f")[0].astype("float64"))
    net = dense(bench, "f", "float64")

    @jax.jit
    def part(net, x):
        j = jax.vmap(jax.jacrev(lambda a: network(net, a[None])[0]))(x)  # [N, 10, 784]
        return jnp.sqrt(jnp.linalg.eigvalsh(j @ j.transpose(0, 2, 1))[:, -1])

    return reported(bench, "f1", lambda: part(net, x))


def power(bench):
    a = jnp.asarray(works.matrices(bench.small))
    count, side, _ = a.shape
    start = jnp.full((count, side, 1), side**-0.5, jnp.float32)

    @jax.jit
    def run(a):
        def step(_, v):
            v = a.swapaxes(1, 2) @ (a @ v)
            return v / jnp.linalg.norm(v, axis=1, keepdims=True)

        v = jax.lax.fori_loop(0, works.POWER_STEPS, step, start)
        return jnp.linalg.norm(a @ v, axis=1)

    return reported(bench, "f2", lambda: run(a), count, "f32")


def crown(bench, part, n=None):
    work = part[0]
    x, y = bench.samples(work, n)
    net = dense(bench, work, "float64")
    eyes = [jnp.eye(len(b)) for _, b in net]
    size = 500 if len(x) % 500 == 0 else len(x)
    x = jnp.asarray(x.astype("float64")).reshape(-1, size, x.shape[1])
    hot = eyes[-1][jnp.asarray(y)].reshape(-1, size, len(eyes[-1]))

    @jax.jit
    def run(net, x, hot):
        def part(pair):
            margins = works.crown_margins(jnp, net, *pair, works.CROWN_RADII[work], eyes)
            return margins.min(-1)

        return jax.lax.map(part, (x, hot)).ravel()

    return reported(bench, part, lambda: run(net, x, hot))


def cells(bench):
    """Work, number of models, the function that prepares it, and what that needs besides."""
    for part in ("e1", "e2"):
        yield part, 1, attacks, (part,)
    yield "f1", 1, jacobians, ()
    yield "f2", works.POWER[bench.small][0], power, ()
    yield "h", 1, crown, ("h",)
    for part, n in bench.parts("i"):
        yield part, 1, crown, (part, n)
    for part, n in bench.parts("j"):
        yield part, 1, restarts, (part, n)


def main():
    bench = works.Bench(OPTIONS)
    device = jax.devices()[0]
    if OPTIONS.device == "cuda" and device.platform != "gpu":
        bench.record("skip", TOOL, work="", m=0, reason=f"JAX finds no CUDA device, but {device}")
        return
    bench.record("peer", TOOL, version=jax.__version__, device=str(device), tf32=False)
    for work, m, make, args in cells(bench):
        if bench.has(work[0]):
            bench.add(TOOL, work, m, lambda make=make, args=args: make(bench, *args))
    for work in works.TRAINING:
        if bench.has(work):
            training(bench, work)
    bench.run_all()


if __name__ == "__main__":
    main()
