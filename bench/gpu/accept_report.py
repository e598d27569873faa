# SPDX-License-Identifier: Apache-2.0
"""Turns the records of the acceptance into accept.json and accept.md. Arguments: their folder, --small.

A ratio to a peer stands only where both computed the same: losses of three training steps, robust
accuracies, norms of Jacobians."""
import json
import os
import re
import sys

# Relative tolerance of what must agree; the steps of training diverge by the signs of gradients.
AGREE = {"a": (1e-4, 5e-4, 2e-3), "b": (1e-4, 1e-4, 1e-4), "e": 0.01, "f": 1e-6}
TITLES = {
    "a": "PGD-10 training step, 64-128-128-10, batch 64",
    "b": "training step, 784-512-512-10, batch 256",
    "e1": "PGD-100 of 10,000 samples, radius 0.0005 (few fall)",
    "e2": "PGD-100 of 10,000 samples, radius 0.02 (most fall)",
    "f": "Jacobian norms of 10,000 samples, f64",
}


def read(folder):
    with open(os.path.join(folder, "records.jsonl")) as file:
        lines = []
        for line in file:
            try:
                lines.append(json.loads(line))
            except ValueError:
                pass  # cut off by a crash
    return lines


def close(work, ours, theirs):
    """Largest difference over what is allowed; at most 1 agrees."""
    if len(ours) != len(theirs):
        return float("inf")
    worst = 0.0
    for i, (a, b) in enumerate(zip(ours, theirs)):
        limit = AGREE[work]
        if isinstance(limit, tuple):
            limit = limit[i * len(limit) // len(ours)]
        scale = 1.0 if work == "e" else abs(a)
        ratio = abs(a - b) / (limit * scale) if scale > 0 else float("inf")
        worst = max(worst, ratio if ratio == ratio else float("inf"))
    return worst


def agreement(records, rigor):
    values = {}
    for r in records:
        if r["kind"] == "agree":
            values[r["work"], r["tool"]] = r["values"]
    found = {}
    for (work, tool), theirs in values.items():
        ours = values.get((work, rigor))
        if tool != rigor and ours is not None:
            found[f"{work} {tool}"] = close(work, ours, theirs)
    return found


def peaks(records):
    """Product speed and copy bandwidth of this machine, as measured without the engine."""
    for r in records:
        if r["kind"] == "yardstick":
            flops = [v for k, v in r.items() if re.fullmatch(r"F32 1x\d+ TFLOP/s", k)]
            doubles = [v for k, v in r.items() if re.fullmatch(r"F64 1x\d+ TFLOP/s", k)]
            return {
                "TFLOP/s": flops[0],
                "TFLOP/s f64": doubles[0],
                "GB/s": r["deviceToDeviceGBs"],
            }
    return None


def floor(record, peak):
    if peak is None:
        return None
    speed = peak["TFLOP/s f64" if record.get("type") == "f64" else "TFLOP/s"]
    return 1e3 * max(record["flops"] / (speed * 1e12), record["bytes"] / (peak["GB/s"] * 1e9))


def number(x):
    return "" if x is None else f"{x:.4g}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return lines + [""]


def works(records, rigor, agree, peak, found):
    times = {}
    for r in records:
        if r["kind"] == "time" and r["work"] != "g":
            times[r["work"], r["m"], r["tool"]] = r
    ours = sorted((w, m) for (w, m, t) in times if t == rigor)
    rows = []
    for work, m in ours:
        mine = times[work, m, rigor]
        least = floor(mine, peak)
        entry = {"work": work, "m": m, "rigorMs": mine["ms"], "floorMs": least, "peers": {}}
        theirs = []
        for (w, k, tool), r in sorted(times.items()):
            if (w, k) == (work, m) and tool != rigor:
                same = agree.get(f"{work[0]} {tool}")
                ratio = r["ms"] / mine["ms"] if same is not None and same <= 1 else None
                entry["peers"][tool] = {"ms": r["ms"], "ratio": ratio, "repeats": r["repeats"]}
                shown = f"{ratio:.2f}" if ratio else "results differ" if same else "not checked"
                theirs.append(f"{tool} {number(r['ms'])} ({shown})")
        found.append(entry)
        gap = f"{mine['ms'] / least:.1f}" if least else ""
        row = [TITLES[work], m, number(mine["ms"]), number(least), gap]
        rows.append(row + ["<br>".join(theirs)])
    header = ["work", "M", "Rigor ms", "floor ms", "gap", "peers: ms (times Rigor's time)"]
    return table(header, rows)


def speeds(records, rigor, peak, found):
    theirs = {}
    for r in records:
        if r["kind"] == "time" and r["work"] == "g" and r["tool"] != rigor:
            theirs[r["name"]] = r["ms"]
    rows = []
    for r in records:
        if r["kind"] == "time" and r["work"] == "g" and r["tool"] == rigor:
            of = None
            if peak and r["flops"]:
                of = r["flops"] / r["ms"] / 1e9 / peak["TFLOP/s"]
            elif peak and "GB/s" in r:
                of = r["GB/s"] / peak["GB/s"]
            peer = theirs.get(r["name"])
            entry = {"name": r["name"], "ms": r["ms"], "share": of, "torchMs": peer}
            found.append(entry)
            share = "" if of is None else f"{100 * of:.0f} %"
            speed = number(r.get("GB/s")) or number(r.get("TFLOP/s"))
            rows.append([r["name"], number(1e3 * r["ms"]), speed, share, number(peer and 1e3 * peer)])
    header = ["kernel", "Rigor us", "GB/s or TFLOP/s", "of copy or product 8192", "PyTorch us"]
    return table(header, rows)


def tests(folder):
    try:
        with open(os.path.join(folder, "tests.txt")) as file:
            text = file.read()
    except OSError:
        return None
    counts = re.findall(r"\[\s*(\d+) tests (\w+)\s*\]", text)
    return {word: int(n) for n, word in counts}


def main():
    folder = sys.argv[1]
    records = read(folder)
    tools = [r["tool"] for r in records if r.get("tool", "").startswith("rigor-")]
    rigor = tools[0] if tools else "rigor-cuda"
    agree = agreement(records, rigor)
    peak = peaks(records)
    result = {
        "tool": rigor,
        "tf32": False,
        "parts": [r for r in records if r["kind"] == "part"],
        "steps": [r for r in records if r["kind"] == "step"],
        "tests": tests(folder),
        "peers": [r for r in records if r["kind"] == "peer"],
        "agreement": agree,
        "yardstick": next((r for r in records if r["kind"] == "yardstick"), None),
        "works": [],
        "kernels": [],
        "times": [r for r in records if r["kind"] == "time"],
        "skipped": [r for r in records if r["kind"] == "skip"],
    }
    page = [f"# Acceptance of {rigor}", "", "TF32 is off in every tool.", ""]
    if "--small" in sys.argv:
        page += ["Reduced sizes: the titles below state the full ones.", ""]
    steps = []
    for s in result["steps"]:
        note = s.get("error", "").split("\n")[0][:200]
        steps.append([s["step"], "pass" if s["pass"] else "FAIL", f"{s['seconds']:.1f}", note])
    page += table(["step", "", "s", ""], steps)
    page += [f"Tests on the device: {result['tests']}", ""]
    page += works(records, rigor, agree, peak, result["works"])
    page += speeds(records, rigor, peak, result["kernels"])
    page += ["Agreement with the peers, 1 = the tolerance:", ""]
    page += table(["work and peer", "difference"], [[k, number(v)] for k, v in agree.items()])
    for s in result["skipped"]:
        page.append(f"- not measured: {s['tool']} {s['work']} M={s['m']}: {s['reason'][:200]}")
    with open(os.path.join(folder, "accept.json"), "w") as file:
        json.dump(result, file, indent=1)
    with open(os.path.join(folder, "accept.md"), "w") as file:
        file.write("\n".join(page) + "\n")


if __name__ == "__main__":
    main()
