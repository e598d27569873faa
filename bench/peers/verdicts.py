# SPDX-License-Identifier: Apache-2.0
"""A list of VNN-LIB instances as one command each: `rigor certify --instances`, then alpha-beta-CROWN's
`abcrown.py`, from the start of the program to its end.

CSV has network, property and seconds a line, paths from its own folder. ALPHA_BETA_CROWN names the folder
with abcrown.py, ALPHA_BETA_PYTHON the Python that runs it (default: this one). --config is a file of its
options without `general` and `data`, which this fills in. Prints a Markdown table and exits with 1 where one
says verified and the other violated."""
import argparse
import csv
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ANSWER = {"unsat": "verified", "safe": "verified", "safe-incomplete": "verified",
          "sat": "violated", "unsafe": "violated", "unsafe-pgd": "violated",
          "unsafe-bab": "violated"}


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv")
    parser.add_argument("--config", help="options of alpha-beta-CROWN; without it, its defaults")
    parser.add_argument("--timeout", type=float, help="seconds of each instance, for both")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--rigor", default=os.path.join(HERE, "..", "..", "rigor"))
    return parser.parse_args()


def timed(line, **more):
    """What a process printed, its seconds of wall and of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return done, wall, busy


def rigor(given, instances, work):
    out = os.path.join(work, "rigor")
    done, *times = timed([given.rigor, "certify", "--instances", instances, "--out", out])
    if done.returncode not in (0, 5):
        sys.exit(done.stdout)
    with open(os.path.join(out, "results.csv")) as file:
        return [ANSWER.get(row[4], "unknown") for row in csv.reader(file)], times


def peer(given, folder, instances, count, work):
    config = os.path.join(work, "config.yaml")
    with open(config, "w") as file:
        file.write(f"general:\n  device: cpu\n  root_path: {os.path.dirname(instances)}\n"
                   f"  csv_name: {os.path.basename(instances)}\n"
                   f"data:\n  start: 0\n  end: {count}\n")
        if given.config:
            with open(given.config) as own:
                file.write(own.read())
    python = os.environ.get("ALPHA_BETA_PYTHON", sys.executable)
    done, *times = timed([python, "abcrown.py", "--config", config], cwd=folder)
    found = re.findall(r"Result: (\S+)(?: \(timed out\))? in", done.stdout)
    if len(found) != count:
        sys.exit(f"alpha-beta-CROWN says {len(found)} results of {count}:\n{done.stdout[-2000:]}")
    return [ANSWER.get(word, "unknown") for word in found], times


def row(tool, answers, times):
    counts = [answers.count(a) for a in ("verified", "violated", "unknown")]
    return "| " + " | ".join([tool, *map(str, counts), *(f"{t:.1f}" for t in times)]) + " |"


def main():
    given = options()
    folder = os.environ.get("ALPHA_BETA_CROWN")
    if not folder:
        print("not measured: alpha-beta-CROWN; ALPHA_BETA_CROWN can name the folder of abcrown.py")
    with open(given.csv) as file:
        rows = [r for r in csv.reader(file) if r]
    differ = []
    head = ("tool", "verified", "violated", "unknown", "wall s", "processor s")
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    base = os.path.dirname(os.path.abspath(given.csv))
    with tempfile.TemporaryDirectory() as work:
        instances = os.path.join(work, "instances.csv")
        with open(instances, "w", newline="") as file:
            csv.writer(file).writerows(
                [os.path.join(base, r[0]), os.path.join(base, r[1]), given.timeout or r[2]]
                for r in rows)
        for _ in range(given.repeats):
            ours, times = rigor(given, instances, work)
            print(row("Rigor", ours, times), flush=True)
            if folder:
                theirs, times = peer(given, folder, instances, len(rows), work)
                print(row("alpha-beta-CROWN", theirs, times), flush=True)
                differ += [(r[:2], a, b) for r, a, b in zip(rows, ours, theirs)
                           if {a, b} == {"verified", "violated"}]
    for where, a, b in differ:
        print(f"\n{where}: Rigor says {a}, alpha-beta-CROWN {b}")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main())
