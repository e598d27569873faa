# SPDX-License-Identifier: Apache-2.0
"""A second judge of proofs that `rigor certify --proof` wrote, for dense ReLU networks: Python integers times a
power of two and fractions, no code of Rigor. Slopes, multipliers and sides are rounded to 2^-40, sides outward;
all else is exact. docs/proof.md tells the format. Of large proofs it checks a sample of the parts and the leaves.

    python3 check_proof.py PROOF NET.onnx PROPERTY.vnnlib [most parts and leaves of a row, 200]"""
import gzip, hashlib, itertools, random, re, struct, sys  # noqa: E401
from fractions import Fraction
import numpy as np
import onnx

BITS, FINE, GRID = 149, 40, 1 << 40  # a float32 has 149 bits behind the point
def integers(values):
    return np.vectorize(lambda v: int(Fraction(float(v)) * (1 << BITS)), otypes=[object])(values)
def network(path):
    """Returns [(W, b, node of the ReLU behind)] of dense layers, both times 2^149."""
    graph = onnx.load(path).graph
    const, layers, W, b = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}, [], None, None
    for n, node in enumerate(graph.node):
        at = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        c = [const[i] for i in node.input if i in const]
        if node.op_type == "Relu":
            layers.append((W, b, n))
            W, b = None, None
        elif node.op_type in ("Gemm", "MatMul"):
            assert W is None and at.get("alpha", 1) == 1 == at.get("beta", 1) and not at.get("transA")
            W = integers(c[0] if at.get("transB") or node.input[0] in const else c[0].T)
            moved = W @ (np.zeros(W.shape[1], int) if b is None else b)
            assert not any(int(v) % (1 << BITS) for v in moved), "too many bits"
            b = (moved >> BITS) + (integers(np.ravel(c[1])) if len(c) > 1 else 0)
        elif node.op_type in ("Add", "Sub") and c:
            b = (0 if b is None else b) + integers(np.ravel(c[0])) * (1 if node.op_type == "Add" else -1)
        elif node.op_type not in ("Flatten", "Reshape", "Identity", "Dropout"):
            sys.exit(f"{node.op_type} is no part of a dense ReLU network")
    return layers + [(W, b, None)]
def tree(text):
    stack = [[]]
    for token in re.sub("[()]", r" \g<0> ", re.sub(";.*", "", text)).split():
        if token == ")":
            stack[-2].append(stack.pop())
        else:
            stack.append([]) if token == "(" else stack[-1].append(token)
    return stack[0]
def linear(t):  # a term as {variable: coefficient}; the constant has the name ""
    if isinstance(t, str):
        return {t: Fraction(1)} if t[0] in "XY" else {"": Fraction(t)}
    parts = list(map(linear, t[1:]))
    if t[0] == "*":
        factor, rest = sorted(parts, key=lambda p: set(p) != {""})
        return {v: factor[""] * a for v, a in rest.items()}
    signs = [1 if t[0] == "+" or (i == 0 and len(parts) > 1) else -1 for i in range(len(parts))]
    return {v: sum(s * p.get(v, 0) for s, p in zip(signs, parts)) for v in set().union(*parts)}
def clauses(f):  # alternatives, each a list of linear functions that are at most 0
    if f[0] == "or":
        return [c for x in f[1:] for c in clauses(x)]
    if f[0] == "and":
        return [sum(c, []) for c in itertools.product(*map(clauses, f[1:]))]
    return [[linear(["-", f[1], f[2]] if f[0] == "<=" else ["-", f[2], f[1]])]]
def split(clause, inputs):  # the sides of a clause's box, and its rows
    lo, hi, rows = {}, {}, []
    for g in clause:
        name, *more = [v for v, a in g.items() if v and a]
        if more or name[0] != "X":
            rows.append(g)
            continue
        i, at = int(name[2:]), -g.get("", 0) / g[name]
        side, better = (hi, min) if g[name] > 0 else (lo, max)
        side[i] = better(side.get(i, at), at)
    return [lo[i] for i in range(inputs)], [hi[i] for i in range(inputs)], rows
def double(v, down):
    off = Fraction(float(v)) > v if down else Fraction(float(v)) < v
    return float(np.nextafter(float(v), -np.inf if down else np.inf)) + 0.0 if off else float(v) + 0.0
def unpack(path):
    """Returns digests of network and property, and {region: [(tightenings, clauses, cut)]}."""
    data = open(path, "rb").read()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    assert hashlib.sha256(data[:-32]).digest() == data[-32:], "the file is damaged"
    at, free, regions = len("RIGOR-PROOF 1\n"), {}, {}
    def take(form):
        nonlocal at
        found = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return found if len(found) != 1 else found[0]
    many = lambda read: [read() for _ in range(take("i"))]  # noqa: E731
    def leaf():
        literals = many(lambda: (take("ii"), 1 if take("b") else -1, take("f")))
        slopes = {}
        for node in (take("i") for _ in range(take("i"))):
            slopes.update({(node, u): take("f") for u in free[node]})
        return {u: s for u, s, _ in literals}, {u: b for u, _, b in literals}, slopes
    def tightening():
        scope = many(lambda: take("iibf"))
        return bool(scope), take("ii"), 1 if take("b") else -1, many(leaf)
    digests = [take("32s"), take("32s")]
    for _ in range(take("i")):
        key = take("32s")
        free = dict(many(lambda: (take("i"), many(lambda: take("i")))))
        row = lambda: (take(f"{take('i')}s").decode(), many(leaf))  # noqa: E731
        regions.setdefault(key, []).append((many(tightening), [dict(many(row)) for _ in range(take("i"))], take("id")))
    return digests, regions
def parts(lo, hi, regions, names):
    """Returns the parts of a box, as the proof cuts it, that refute rows of these names, and how."""
    todo, found = [(lo, hi)], []
    while todo:
        lo, hi = todo.pop()
        sides = [double(v, side is lo) for side in (lo, hi) for v in side]
        known = regions[hashlib.sha256(struct.pack(f"<{len(sides)}d", *sides)).digest()]
        refuted = [(t, p) for t, all, _ in known for p in all if p and set(p) <= names]
        found += [(lo, hi, *refuted[0])] if refuted else []
        if not refuted:
            i, at = next(cut for *_, cut in known if cut[0] >= 0)
            assert lo[i] < at < hi[i], "a cut that is none"
            todo += [(lo, [*hi[:i], Fraction(at), *hi[i + 1:]]), ([*lo[:i], Fraction(at), *lo[i + 1:]], hi)]
    return found
def covers(cells):
    if not cells or not all(cells):
        return bool(cells)
    shared = set.intersection(*map(set, cells))
    unit = min(shared, default=None)
    halves = [[{v: s for v, s in c.items() if v != unit} for c in cells if c.get(unit) == sign] for sign in (1, -1)]
    return bool(shared) and all(map(covers, halves))

class Judge:
    """Bounds over one box. A leaf is its signs, multipliers and slopes, each by (node, unit)."""
    def __init__(self, layers, lo, hi, tightenings):
        self.layers, self.lo, self.hi, self.sides = layers, lo, hi, {}
        for k, (W, b, node) in enumerate(layers[:-1]):
            eye, found = np.identity(len(W), int).astype(object), self.interval(k)
            for j in [j for j in range(len(W)) if k and found[j, 1] < 0 and found[j, -1] < 0]:
                for s in (1, -1):
                    found[j, s] = max(found[j, s], self.bound(k, s * eye[j], 0, ({}, {}, {})))
            for scope, (at, j), s, leaves in tightenings:
                assert not scope, "sides within cells are beyond this judge"
                if at == node:
                    assert covers([c for c, _, _ in leaves]), f"a gap before node {node}, unit {j}"
                    found[j, s] = max(found[j, s], min(self.bound(k, s * eye[j], 0, leaf) for leaf in leaves))
            for (j, s), v in found.items():
                self.sides[node, j, s] = Fraction(s * (v * GRID // 1), GRID)
    def interval(self, k):
        (W, b, _), node = self.layers[k], self.layers[k - 1][2]
        sides = [[max(self.sides[node, j, s], 0) for j in range(W.shape[1])] for s in (1, -1) if k] or [self.lo, self.hi]
        low, high = (np.array([*side, None], object)[:-1] for side in sides)
        up, down = np.maximum(W, 0), np.minimum(W, 0)
        both = (1, up @ low + down @ high + b), (-1, up @ high + down @ low + b)
        return {(j, s): s * Fraction(v) / (1 << BITS) for s, found in both for j, v in enumerate(found)}
    def bound(self, k, A, e, leaf, const=Fraction(0), x=None):
        """Returns a lower side of (A 2^-e) z_k + const + x input."""
        signs, multipliers, slopes = leaf
        for i in range(k, -1, -1):
            W, b, _ = self.layers[i]
            const += Fraction(int(A @ b), 1 << (e + BITS))
            A, e = A @ W, e + BITS
            node = self.layers[i - 1][2]
            for j in range(len(A)) if i else ():
                l, u, sign = self.sides[node, j, 1], self.sides[node, j, -1], signs.get((node, j), 0)
                if sign or l >= 0 or u <= 0:
                    d = GRID * int(sign > 0 or sign == 0 and l >= 0)
                elif A[j] > 0:
                    given = slopes.get((node, j), -1)
                    d = int(given * GRID) if 0 <= given <= 1 else GRID * int(u >= -l)
                else:
                    d = int(u / (u - l) * GRID)  # any slope will do, with this intercept
                    const += Fraction(int(A[j]), GRID << e) * max(-d * l, (GRID - d) * u)
                A[j] *= d
                if sign and 0 < multipliers[node, j] < 2.0**100:
                    A[j] -= sign * (int(multipliers[node, j] * GRID) << e)
            e += FINE if i else 0
        A = [Fraction(int(a), 1 << e) + (x or {}).get(i, 0) for i, a in enumerate(A)]
        return const + sum(a * (l if a > 0 else u) for a, l, u in zip(A, self.lo, self.hi))

def main():
    proof, model, vnnlib, most = (sys.argv[1:] + ["200"])[:4]
    files = [open(f, "rb").read() for f in (model, vnnlib)]
    digests, regions = unpack(proof)
    assert digests == [hashlib.sha256(f).digest() for f in files], "a proof of something else"
    layers, judges, total, done, draw = network(model), {}, 0, 0, random.Random(1)
    asserted = [clauses(f[1]) for f in tree(files[1].decode()) if f[0] == "assert"]
    for n, clause in enumerate(itertools.product(*asserted)):
        lo, hi, rows = split(sum(clause, []), layers[0][0].shape[1])
        named = {}
        for g in rows:
            terms = [sorted((int(v[2:]), a) for v, a in g.items() if v[:1] == c and a) for c in "YX"]
            unit = max([abs(float(a)) for _, a in terms[0]], default=1.0)
            named["|".join(" ".join(f"{i}*{struct.pack('>f', float(a) / unit).hex()}" for i, a in t) for t in terms)] = g
        found = parts(lo, hi, regions, set(named))
        for *_, proved in found:
            assert covers([c for r in named for c, _, _ in proved.get(r, [])]), f"clause {n + 1}: a gap between leaves"
            total += sum(map(len, proved.values()))
        for lo, hi, tightenings, proved in draw.sample(found, min(int(most), len(found))):
            judge = judges[id(tightenings)] = judges.get(id(tightenings)) or Judge(layers, lo, hi, tightenings)
            for name, leaves in proved.items():
                g, drawn = named[name], draw.sample(leaves, min(int(most), len(leaves)))
                done += len(drawn)
                outputs = integers([float(g.get(f"Y_{j}", 0)) for j in range(len(layers[-1][0]))])
                more = g.get("", Fraction(0)), {int(v[2:]): a for v, a in g.items() if v[:1] == "X"}
                for leaf in drawn:
                    least = judge.bound(len(layers) - 1, outputs, BITS, leaf, *more)
                    assert least > 0, f"clause {n + 1}: a leaf has the bound {float(least)}"
    print(f"proved: {done} of {total} leaves are above 0, and all cells cover")
main()
