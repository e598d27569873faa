# SPDX-License-Identifier: Apache-2.0
"""The works in JAX: jit of vmap over models, a scan over the steps of an epoch. TF32 off.

Arguments: the folder of the acceptance (--works, --small, --seconds)."""
import os

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

import works  # noqa: E402
from works import ATTACK_STEPS, EPSILON, MOMENTUM, PGD_STEPS, RATE, RELATIVE_STEP  # noqa: E402

jax.config.update("jax_default_matmul_precision", "highest")
jax.config.update("jax_enable_x64", True)
TOOL = "jax"


def network(p, x):
    for i in range(0, 6, 2):
        x = x @ p[i] + p[i + 1]
        x = jax.nn.relu(x) if i < 4 else x
    return x


def losses(p, x, y):
    z = network(p, x)
    picked = jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]
    return jax.nn.logsumexp(z, axis=1) - picked


def attack(p, x, y, epsilon, steps, relative):
    gradient = jax.grad(lambda a: losses(p, a, y).sum())

    def move(_, a):
        a = a + relative * epsilon * jnp.sign(gradient(a))
        return jnp.clip(jnp.clip(a, x - epsilon, x + epsilon), 0, 1)

    return jax.lax.fori_loop(0, steps, move, x)


def train_step(attacked, p, v, x, y):
    """One model: parameters, momentum, batch."""
    if attacked:
        x = attack(p, x, y, jnp.float32(EPSILON), PGD_STEPS, jnp.float32(RELATIVE_STEP))
    loss, g = jax.value_and_grad(lambda q: losses(q, x, y).mean())(p)
    v = [MOMENTUM * a + b for a, b in zip(v, g)]
    p = [a - RATE * b for a, b in zip(p, v)]
    return p, v, loss


def epoch(attacked):
    step = jax.vmap(lambda p, v, x, y: train_step(attacked, p, v, x, y))

    @jax.jit
    def run(p, v, x, y, ids):
        def body(state, i):
            p, v, loss = step(*state, x[i], y[i])
            return (p, v), loss

        (p, v), loss = jax.lax.scan(body, (p, v), ids)
        return p, v, loss

    return run


def training(bench, work):
    x, y = (jnp.asarray(a) for a in bench.samples(work))
    batch = bench.batch(work)
    run = epoch(work == "a")

    def agree():
        m = 3
        p = [jnp.asarray(a) for a in bench.parameters(work, m)]
        same = jnp.tile(jnp.arange(batch), (works.AGREE_STEPS, m, 1))
        _, _, loss = run(p, [jnp.zeros_like(a) for a in p], x, y, same)
        bench.record("agree", TOOL, work=work, values=[float(a) for a in loss.ravel()])

    def timed(m):
        p = [jnp.asarray(a) for a in bench.parameters(work, m)]
        state = [p, [jnp.zeros_like(a) for a in p]]
        steps = 2 if bench.small else works.STEPS[work]
        rows = jnp.asarray(works.ids(work, steps, m, batch, x.shape[0]))

        def once():
            p, v, loss = run(*state, x, y, rows)
            state[:] = [p, v]
            loss.block_until_ready()

        times = works.scaled(bench.time(once), 1 / steps)
        bench.record("time", TOOL, work=work, m=m, **times)

    bench.guarded(TOOL, work, 3, agree)
    for m in bench.packs(work):
        bench.guarded(TOOL, work, m, lambda m=m: timed(m))


def attacks(bench):
    x, y = (jnp.asarray(a) for a in bench.samples("e"))
    p = [jnp.asarray(a[0]) for a in bench.parameters("e", 1)]

    @jax.jit
    def run(p, x, y, epsilon):
        def body(_, state):
            a, fooled = state

            def loss(b):
                z = network(p, b)
                picked = jnp.take_along_axis(z, y[:, None], axis=1)[:, 0]
                return (jax.nn.logsumexp(z, axis=1) - picked).sum(), z

            g, z = jax.grad(loss, has_aux=True)(a)
            fooled = fooled | (z.argmax(1) != y)
            a = a + jnp.float32(2.5 / ATTACK_STEPS) * epsilon * jnp.sign(g)
            return jnp.clip(jnp.clip(a, x - epsilon, x + epsilon), 0, 1), fooled

        start = (x, jnp.zeros(y.shape, bool))
        a, fooled = jax.lax.fori_loop(0, ATTACK_STEPS, body, start)
        return fooled | (network(p, a).argmax(1) != y)

    robust = []
    for r, radius in enumerate(works.ATTACK_RADII):
        epsilon = jnp.float32(radius)
        last = [None]

        def once():
            last[0] = run(p, x, y, epsilon).block_until_ready()

        times = bench.time(once)
        robust.append(1 - float(last[0].mean()))
        bench.record("time", TOOL, work=f"e{r + 1}", m=1, **times)
    bench.record("agree", TOOL, work="e", values=robust)


def jacobians(bench):
    x = jnp.asarray(bench.samples("f")[0].astype("float64"))
    p = [jnp.asarray(a[0]) for a in bench.parameters("f", 1, "float64")]

    @jax.jit
    def run(x):
        j = jax.vmap(jax.jacrev(lambda a: network(p, a[None])[0]))(x)  # [N, 10, 784]
        return jnp.sqrt(jnp.linalg.eigvalsh(j @ j.transpose(0, 2, 1))[:, -1])

    last = [None]

    def once():
        last[0] = run(x).block_until_ready()

    bench.record("time", TOOL, work="f", m=1, **bench.time(once))
    norms = last[0]
    values = [float(norms.mean()), float(norms.max()), float(norms.min())]
    bench.record("agree", TOOL, work="f", values=values)


def main():
    options = works.arguments([TOOL])
    bench = works.Bench(options)
    bench.record("peer", TOOL, version=jax.__version__, device=str(jax.devices()[0]), tf32=False)
    for work in options.works.split(","):
        if work in ("a", "b"):
            training(bench, work)
        elif work == "e":
            bench.guarded(TOOL, work, 1, lambda: attacks(bench))
        elif work == "f":
            bench.guarded(TOOL, work, 1, lambda: jacobians(bench))


if __name__ == "__main__":
    main()
