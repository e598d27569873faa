# SPDX-License-Identifier: Apache-2.0
"""What the peers share: the works, their inputs as Rigor wrote them, records, timing."""
import argparse
import importlib
import json
import os
import statistics
import sys
import time

RATE, MOMENTUM = 0.05, 0.9
EPSILON, RELATIVE_STEP, PGD_STEPS = 0.1, 0.25, 10
ATTACK_RADII, ATTACK_STEPS = (0.0005, 0.05), 100
RESTART_RADIUS, RESTART_STEPS, RESTARTS = 0.03, 40, 5
REACH = 2.5  # length of all steps of an attack, in radii
SAMPLES = ((100, 1000, 10_000), (4, 8, 16))  # of the parts of i and j
CROWN_RADII = {"h": 0.001, "i": 0.005, "k": 0.12}
DECIDED, ALPHA_STEPS = (100, 8), 20  # samples of k, and steps of its first part
AGREE_STEPS = {"a": 3, "b": 3, "c": 3, "d": 2}
POWER_STEPS, POWER = 20, ((4096, 256), (8, 32))  # matrices and their side, full and reduced
ATTACKED = ("a", "d")
BATCH = {"a": (64, 64), "b": (256, 16), "c": (256, 8), "d": (256, 4)}
STEPS = {"a": 20, "b": 10, "c": 10, "d": 1}
AGREE_MODELS = {"a": 3, "b": 3, "c": 3, "d": 1}
PACKS = {"a": (16, 256, 1, 64, 1024), "b": (1, 64, 16), "c": (1, 32), "d": (1,)}
TRAINING = ("a", "b", "c", "d")
REPEATS, ENOUGH, OVERRUN = 51, 7, 4  # as Rigor's Stopwatch has them
WARM_UP = 3  # what a peer compiles it compiles in its first run


def arguments(tools):
    parser = argparse.ArgumentParser()
    parser.add_argument("out", help="folder with records.jsonl and exchange/")
    parser.add_argument("--works", default="", help="letters, such as a,b,e; all if left out")
    parser.add_argument("--tools", default=",".join(tools))
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=600, help="time of the process")
    parser.add_argument("--turns", action="store_true", help="take turns with Rigor")
    return parser.parse_args()


def need(options, tool, *modules, hint=""):
    """Imports them, or notes which is missing and ends well: a peer may be absent."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as e:
            reason = f"python3 has no {name}: {e}{hint}"
            Bench(options).record("skip", tool, work="", m=0, reason=reason)
            sys.exit(0)


class Bench:
    """Records of one tool's process, and its time."""

    def __init__(self, options):
        self.out = options.out
        self.small = options.small
        self.begin = time.perf_counter()
        self.seconds = options.seconds
        self.turns = options.turns
        self.mark = self.begin
        self.cells = []
        self.wanted = options.works.split(",") if options.works else None

    def left(self):
        return self.begin + self.seconds - time.perf_counter()

    def record(self, kind, tool, **values):
        line = json.dumps({"kind": kind, "tool": tool, **values})
        print(line[:300], flush=True)
        with open(os.path.join(self.out, "records.jsonl"), "a") as file:
            file.write(line + "\n")

    def has(self, work):
        """Whether the work was asked for, or all were, and Rigor wrote its inputs or will."""
        made = work == "g" or self.turns or os.path.isdir(os.path.join(self.out, "exchange", work))
        return made and (self.wanted is None or work in self.wanted)

    def parts(self, work):
        """Pairs of name and number of samples of a work that has several sizes."""
        return [(f"{work}{i + 1}", n) for i, n in enumerate(SAMPLES[self.small])]

    def add(self, tool, work, m, run):
        """Something to measure: run() prepares and checks, and returns what is called with the
        seconds that a timing may take."""
        self.cells.append((tool, work, m, run))

    def run_all(self):
        self.in_turn() if self.turns else self.one_by_one()

    def heard(self):
        """What Rigor says next; the time until then is not ours."""
        start = time.perf_counter()
        line = sys.stdin.readline()
        self.begin += time.perf_counter() - start
        return line.split()

    def say(self, word):
        print("@" + word, flush=True)

    def in_turn(self):
        """Prepares and times what Rigor asks for, a run after each of Rigor's own."""
        self.say("idle")
        while command := self.heard():
            _, work, m, seconds = command
            for cell in self.cells:
                if cell[1:3] == (work, int(m)):
                    self.guarded(cell, float(seconds))
            self.say("idle")

    def one_by_one(self):
        """First each work and tool once and shortly, then the other sizes, the works in turns, then,
        with the time that is left, the first ones again and longer. So a slow one hides no other."""
        first, rest, sizes = [], [], {}
        for cell in self.cells:
            turn = sizes[cell[:2]] = sizes.get(cell[:2], -1) + 1
            (rest if turn else first).append((turn, cell))
        first = [cell for _, cell in first]
        rest = [cell for _, cell in sorted(rest, key=lambda r: r[0])]  # stable: one size of each
        timings = []
        for i, cell in enumerate(first):
            share = max(0.3, min(1.0, self.left() / (len(first) - i) / 8))
            timings.append((cell, self.guarded(cell, share, must=i == 0)))
        for i, cell in enumerate(rest):
            self.guarded(cell, max(0.5, min(3.0, self.left() / (len(rest) - i) / 4)))
        for i, (cell, again) in enumerate(timings):
            if again and self.left() > 5 and not self.small:
                share = min(3.0, self.left() / (len(timings) - i))
                self.guarded((*cell[:3], lambda again=again: again), share)

    def guarded(self, cell, seconds, must=False):
        """One failure, such as a compiler that is missing, must not hide the rest."""
        tool, work, m, run = cell
        if self.left() < 1 and not must:
            self.record("skip", tool, work=work, m=m, reason="out of time")
            return None
        try:
            self.prepares()
            call = run()
            call(seconds)
            return call
        except Exception as e:  # noqa: BLE001 - written down
            self.record("skip", tool, work=work, m=m, reason=f"{type(e).__name__}: {e}"[:600])
            return None

    def array(self, work, name):
        import numpy as np

        return np.load(os.path.join(self.out, "exchange", work, name + ".npy"))

    def samples(self, work, n=None):
        """Inputs and labels, all or the first n."""
        return self.array(work, "x")[:n], self.array(work, "y")[:n].astype("int64")

    def network(self, work):
        with open(os.path.join(self.out, "exchange", work, "network.json")) as file:
            return json.load(file)

    def parameters(self, work, m, dtype="float32"):
        """By name, [M, shape...]; the stored models repeated."""
        import numpy as np

        found = {}
        for name in sorted(os.listdir(os.path.join(self.out, "exchange", work))):
            if name.endswith(".npy") and name not in ("x.npy", "y.npy"):
                p = self.array(work, name[:-4])
                found[name[:-4]] = np.take(p, np.arange(m) % p.shape[0], axis=0).astype(dtype)
        return found

    def batch(self, work):
        return BATCH[work][self.small]

    def packs(self, work):
        return PACKS[work] if not self.small else (1, 2) if work != "d" else (1,)

    def steps(self, work):
        return min(2, STEPS[work]) if self.small else STEPS[work]

    def prepares(self):
        """What follows, up to the end of the first run, belongs to the first call."""
        self.mark = time.perf_counter()

    def time(self, run, seconds):
        """Milliseconds of runs that wait for the device: 51, fewer once the time is used, but 7
        unless they take four times as long; in turn with Rigor, as many as it asks for at most."""
        spent, ms = 0, []

        def once():
            nonlocal spent
            start = time.perf_counter()
            run()
            took = time.perf_counter() - start
            spent += took
            return took

        def done():
            limit = min(OVERRUN * seconds, self.left())
            few = spent >= limit if len(ms) < ENOUGH else spent >= seconds
            return len(ms) > 0 and (few or len(ms) >= REPEATS)

        once()
        first = 1e3 * (time.perf_counter() - self.mark)
        for _ in range(WARM_UP - 1):
            if spent < min(seconds, self.left()):
                once()
        spent = 0  # what was compiled while warming up takes no time from the runs that count
        if not self.turns:
            while not done():
                ms.append(1e3 * once())
        else:
            self.say("ready")
            while self.heard() == ["turn"]:
                ms.append(1e3 * once())
                self.say("spent" if done() else "took")
        self.prepares()
        least, most = min(ms), max(ms)
        return {"firstMs": first, "ms": statistics.median(ms), "least": least, "most": most,
                "repeats": len(ms)}


def ids(steps, m, batch, n):
    """Rows of [steps, M, batch]: a permutation for each model, again and again."""
    import numpy as np

    rng = np.random.default_rng(5)
    order = [np.concatenate([rng.permutation(n) for _ in range(-(-steps * batch // n))])
             for _ in range(m)]
    rows = np.stack([o[: steps * batch] for o in order])
    return np.ascontiguousarray(rows.reshape(m, steps, batch).transpose(1, 0, 2))


def matrices(small):
    """What Rigor's work f2 takes: hashed indices in [-0.5, 0.5), [count, side, side]."""
    import numpy as np

    count, side = POWER[small]
    h = np.arange(count * side * side, dtype=np.uint32) * np.uint32(0x9E3779B9)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))).view(np.int32).astype(np.float32)
    return (h * np.float32(2.0**-32)).reshape(count, side, side)


def scaled(times, factor):
    return {k: v if k in ("repeats", "firstMs") else v * factor for k, v in times.items()}


def robust(fooled):
    return [1 - sum(fooled.tolist()) / len(fooled)]


def summary(values):
    return [float(values.mean()), float(values.max()), float(values.min())]


def dense(parameters):
    """Pairs of weight [in, out] and bias [out] of one model's dense layers."""
    layers = sorted({int(name.split(".")[0]) for name in parameters})
    return [(parameters[f"{i}.weight"][0], parameters[f"{i}.bias"][0].reshape(-1)) for i in layers]


def split(xp, a):
    zero = a * 0
    return xp.maximum(a, zero), xp.minimum(a, zero)


def crown_back(xp, net, a, bounds, low, high):
    """Lower bounds of a z, for a [B, S, out] and the sides of all hidden pre-activations."""
    total = 0
    for i in range(len(net) - 1, -1, -1):
        total, a = total + a @ net[i][1], a @ net[i][0].swapaxes(0, 1)
        if i > 0:
            l, u = (s[:, None] for s in bounds[i - 1])
            pos, neg = split(xp, a)
            bent = (l < 0) & (u > 0)
            one = xp.ones_like(u)
            active = xp.where(l >= 0, one, 0 * one)
            chord = xp.where(bent, u / xp.where(bent, u - l, one), active)
            total = total - (neg * chord * xp.where(bent, l, 0 * one)).sum(-1)
            a = pos * xp.where(bent, xp.where(u >= -l, one, 0 * one), active) + neg * chord
    pos, neg = split(xp, a)
    return total + (pos * low[:, None] + neg * high[:, None]).sum(-1)


def crown_margins(xp, net, x, one_hot, epsilon, eyes):
    """CROWN (Zhang et al. 2018): z_y - z_j [B, K], infinite at y; hidden sides by CROWN met with intervals.

    one_hot [B, K]; eyes: identity matrices of the widths of the hidden layers and the outputs."""
    low, high = xp.clip(x - epsilon, 0, 1), xp.clip(x + epsilon, 0, 1)
    bounds, l, u = [], low, high
    for k, (w, b) in enumerate(net[:-1]):
        pos, neg = split(xp, w)
        l, u = l @ pos + u @ neg + b, u @ pos + l @ neg + b
        if k > 0:
            each = eyes[k] + xp.zeros_like(x[:, :1, None])
            l = xp.maximum(l, crown_back(xp, net[: k + 1], each, bounds, low, high))
            u = xp.minimum(u, -crown_back(xp, net[: k + 1], -each, bounds, low, high))
        bounds.append((l, u))
        l, u = xp.maximum(l, 0 * l), xp.maximum(u, 0 * u)
    spec = one_hot[:, None] - eyes[-1]
    found = crown_back(xp, net[-1:], spec, [], l, u)
    found = xp.maximum(found, crown_back(xp, net, spec, bounds, low, high))
    return xp.where(one_hot > 0, xp.full_like(found, float("inf")), found)
