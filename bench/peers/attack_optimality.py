# SPDX-License-Identifier: Apache-2.0
"""Attacks of other libraries on the networks and samples of a run of experiments/attack-optimality, against
the distances that the run brackets: optimality from both sides, forwards and backwards a sample, processor
time, beside the same of Rigor's attacks as the run has them; and the robust accuracy of AutoAttack.

adversarial-library and foolbox come from python3, auto-attack from the folder that AUTO_ATTACK names; one that
is missing is said so. Points are judged in float64. Prints Markdown and exits with 1 where one is nearer than
the certified lower side of a distance."""
import argparse
import glob
import json
import os
import sys
import time

import numpy as np
import torch

BEYOND = (1, 1 + 2 ** -20, 1 + 2 ** -16, 1 + 2 ** -12, 1 + 2 ** -8)
HALVINGS = 12  # of the radius, as many as Rigor's bisection takes from 1 to a thousandth of the distance


class Counted(torch.nn.Module):
    """A network that counts the samples it evaluates and differentiates."""

    def __init__(self, net):
        super().__init__()
        self.net, self.forwards, self.backwards = net, 0, 0

    def forward(self, x):
        self.forwards += len(x)
        y = self.net(x)
        if y.requires_grad:
            y.register_hook(self.count)
        return y

    def count(self, gradient):
        self.backwards += len(gradient)


def tensors(path):
    """The arrays of a file of safetensors."""
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:begin])
    return {name: np.frombuffer(data, "<f4", np.prod(t["shape"]), begin + t["data_offsets"][0]).reshape(t["shape"])
            for name, t in head.items() if name != "__metadata__"}


def network(path):
    stored = tensors(path)
    layers = []
    for name in sorted(n for n in stored if n.endswith(".weight")):
        weight = torch.from_numpy(stored[name].copy()).T
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data = weight
        linear.bias.data = torch.from_numpy(stored[name.replace("weight", "bias")].copy()).reshape(-1)
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).requires_grad_(False)


def distances(net, x, y, points, norm):
    """Distances of points in the box that the network misclassifies in float64, else infinity. A point that
    float32 alone misclassifies is moved as far beyond as Rigor moves its own: by 2^-8 of the way at most."""
    x, points = x.double(), points.detach().double()
    net.double()
    best = torch.full((len(x),), torch.inf, dtype=torch.float64)
    for beyond in BEYOND:
        moved = (x + (points - x) * beyond).clamp(0, 1)
        wrong = net(moved).argmax(1) != y
        far = torch.linalg.vector_norm(moved - x, norm, dim=1)
        best = torch.where(torch.isinf(best) & wrong, far, best)
    net.float()
    return best.numpy()


def nearest(runs):
    return np.min(list(runs), axis=0)


def fmn(steps, targeted=False):
    from adv_lib.attacks import fmn as attack

    def run(net, x, y, norm):
        if not targeted:
            return distances(net.net, x, y, attack(net, x, y, norm, steps=steps), norm)
        ends = (attack(net, x, (y + t) % 10, norm, targeted=True, steps=steps) for t in range(1, 10))
        return nearest(distances(net.net, x, y, end, norm) for end in ends)

    return run


def foolbox_fmn(steps):
    import foolbox

    def run(net, x, y, norm):
        kinds = {2.0: foolbox.attacks.L2FMNAttack, float("inf"): foolbox.attacks.LInfFMNAttack}
        model = foolbox.PyTorchModel(net.eval(), bounds=(0, 1), device="cpu")
        end = kinds[norm](steps=steps).run(model, x, foolbox.Misclassification(y))
        return distances(net.net, x, y, end, norm)

    return run


def deepfool(steps):
    from adv_lib.attacks.deepfool import df

    return lambda net, x, y, norm: distances(net.net, x, y, df(net, x, y, steps=steps, norm=norm), norm)


def ddn(steps):
    from adv_lib.attacks import ddn as attack

    return lambda net, x, y, norm: distances(net.net, x, y, attack(net, x, y, steps=steps, levels=None), norm)


def bisected(attack):
    """Halves the radii of each sample from 1 on: successes are carried to larger ones."""
    def run(net, x, y, norm):
        low, high = torch.zeros(len(x)), torch.full((len(x),), 1.0)
        best = np.full(len(x), np.inf)
        for k in range(HALVINGS + 1):
            radius = high if k == 0 else (low + high) / 2
            found = distances(net.net, x, y, attack(net, x, y, radius), norm)
            best = np.minimum(best, found)
            fell = torch.from_numpy(found <= radius.double().numpy() * BEYOND[-1])
            low, high = torch.where(fell, low, radius), torch.where(fell, radius, high)
        return best

    return run


def pgd(steps):
    from adv_lib.attacks import pgd_linf

    return bisected(lambda net, x, y, radius: pgd_linf(
        net, x, y, radius, steps=steps, relative_step_size=0.1, loss_function="dl"))


def apgd(steps):
    from adv_lib.attacks import apgd as attack

    return bisected(lambda net, x, y, radius: attack(
        net, x, y, eps=radius, norm=float("inf"), n_iter=steps, loss_function="dlr"))


def fab(steps):
    from autoattack.fab_pt import FABAttack_PT

    def run(net, x, y, norm):
        name = "Linf" if norm == float("inf") else "L2"
        one = FABAttack_PT(net, norm=name, n_iter=steps, eps=1.0, targeted=True, device="cpu")
        ends = []
        for t in range(2, 11):
            one.target_class = t
            ends.append(one.attack_single_run(x.clone(), y.clone(), use_rand_start=False, is_targeted=True))
        return nearest(distances(net.net, x, y, end, norm) for end in ends)

    return run


PEERS = {
    "linf": [
        ("fmn", "adv-lib, FMN 101", lambda: fmn(101)),
        ("fmn", "foolbox, FMN 101", lambda: foolbox_fmn(101)),
        ("fmn-1000", "adv-lib, FMN 1001", lambda: fmn(1001)),
        ("fmn-targeted", "adv-lib, FMN 101 toward each class", lambda: fmn(101, True)),
        ("deepfool", "adv-lib, DeepFool 50", lambda: deepfool(50)),
        ("pgd", "adv-lib, PGD 40, bisected", lambda: pgd(40)),
        ("apgd", "adv-lib, APGD 50, bisected", lambda: apgd(50)),
        ("fab-targeted", "auto-attack, FAB-T 101", lambda: fab(101))],
    "l2": [
        ("fmn", "adv-lib, FMN 101", lambda: fmn(101)),
        ("fmn-1000", "adv-lib, FMN 1001", lambda: fmn(1001)),
        ("fmn-targeted", "adv-lib, FMN 101 toward each class", lambda: fmn(101, True)),
        ("ddn", "adv-lib, DDN 101", lambda: ddn(101)),
        ("deepfool", "adv-lib, DeepFool 50", lambda: deepfool(50)),
        ("fab-targeted", "auto-attack, FAB-T 101", lambda: fab(101))]}


def optimality(low, high, found):
    """Both sides, as the measurement defines them."""
    right = high > 0
    cut = high[np.isfinite(high)].max()
    area = lambda d: (cut - np.minimum(d[right], cut)).sum()
    return area(found) / area(low), area(found) / area(np.minimum(high, found))


def runs(folder):
    x, y = (np.load(os.path.join(folder, "arrays", f"test-{n}.npy")) for n in "xy")
    for path in sorted(glob.glob(os.path.join(folder, "trials", "*.json"))):
        with open(path) as file:
            trial = json.load(file)
        own = os.path.join(folder, "arrays", trial["id"] + "-radius.npy")
        if os.path.exists(own):
            sides = np.load(own)
            n = len(sides)
            net = network(os.path.join(folder, "models", trial["model-id"] + ".safetensors"))
            yield (trial, sides, net, torch.from_numpy(x[:n].reshape(n, -1).astype(np.float32)),
                   torch.from_numpy(y[:n].astype(np.int64)))


def autoattack(given, all_runs, value):
    """Robust accuracy of auto-attack at some of the run's radii, beside Rigor's and the true one; square images."""
    from autoattack import AutoAttack

    print("\n| radius | true robust accuracy | Rigor's suite above it | auto-attack above it | CPU s |")
    print("|---|---|---|---|---|")
    norm = "Linf" if given.norm == "linf" else "L2"
    for radius in given.radii:
        low, high, theirs, ours, busy = [], [], [], [], time.process_time()
        for trial, sides, net, x, y in all_runs:
            low.append((sides[:, 0] >= radius)[sides[:, 1] > 0].sum() / len(sides))
            high.append((sides[:, 1] > radius).mean())
            # its square attack takes images alone
            side = int(x.shape[1] ** 0.5)
            on_images = torch.nn.Sequential(torch.nn.Flatten(), net)
            attack = AutoAttack(on_images, norm=norm, eps=radius, device="cpu", verbose=False, seed=0)
            end = attack.run_standard_evaluation(x.reshape(-1, 1, side, side), y, bs=len(x))
            far = distances(net, x, y, end.flatten(1), float("inf") if norm == "Linf" else 2.0)
            theirs.append((far > radius * BEYOND[-1]).mean())
            ours.append([value(trial, f"excess-{s}/autoattack@{radius:g}") for s in ("lower", "upper")])
        low, high, theirs = np.mean(low), np.mean(high), np.mean(theirs)
        ours = np.mean(ours, axis=0)
        print(f"| {radius:g} | {100 * low:.2f} to {100 * high:.2f} % | {100 * ours[0]:.2f} to {100 * ours[1]:.2f} |"
              f" {100 * (theirs - high):.2f} to {100 * (theirs - low):.2f} |"
              f" {time.process_time() - busy:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of a run")
    parser.add_argument("--norm", default="linf", choices=PEERS)
    parser.add_argument("--networks", type=int, default=0, help="the first so many; 0 means all")
    parser.add_argument("--attacks", default="", help="names in the run, such as pgd,apgd; all if left out")
    parser.add_argument("--radii", type=float, nargs="*", default=[], help="of AutoAttack")
    given = parser.parse_args()
    sys.path[:0] = [f for f in [os.environ.get("AUTO_ATTACK")] if f]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    value = lambda trial, name: trial["scalars"][name]["value"]
    all_runs = list(runs(given.run))[:given.networks or None]
    norm = float("inf") if given.norm == "linf" else 2.0
    pairs = sum(len(r[1]) for r in all_runs)
    print(f"{len(all_runs)} networks, {pairs} pairs; {torch.__version__} on one thread\n")
    print("| attack | by | optimality | forwards | backwards | CPU ms a sample |")
    print("|---|---|---|---|---|---|")
    crossed = 0
    shown = set()
    for name, peer, make in PEERS[given.norm]:
        if given.attacks and name not in given.attacks.split(","):
            continue
        if name not in shown:
            shown.add(name)
            sides = [np.mean([value(r[0], f"optimality-{s}/{name}") for r in all_runs]) for s in ("lower", "upper")]
            asked = [np.mean([value(r[0], f"{k}/{name}") for r in all_runs]) for k in ("forwards", "backwards")]
            print(f"| {name} | Rigor | {sides[0]:.4f} to {sides[1]:.4f} | {asked[0]:,.0f} | {asked[1]:,.0f} | |")
        try:
            attack = make()
        except ImportError as e:
            print(f"| {name} | {peer} | not measured: {e} | | | |")
            continue
        found, counts, busy = [], [], time.process_time()
        for trial, sides, net, x, y in all_runs:
            counted = Counted(net)
            far = attack(counted, x, y, norm)
            far = np.where(sides[:, 1] == 0, 0, far)
            crossed += (far < sides[:, 0] * (1 - 1e-12)).sum()
            found.append(optimality(sides[:, 0], sides[:, 1], far))
            counts.append((counted.forwards / len(x), counted.backwards / len(x)))
        busy = time.process_time() - busy
        low, high = np.mean(found, axis=0)
        f, b = np.mean(counts, axis=0)
        print(f"| {name} | {peer} | {low:.4f} to {high:.4f} | {f:,.0f} | {b:,.0f} | {1e3 * busy / pairs:.1f} |",
              flush=True)
    if given.radii:
        autoattack(given, all_runs, value)
    if crossed:
        print(f"\n{crossed} points nearer than a certified lower side")
    return int(crossed > 0)


if __name__ == "__main__":
    sys.exit(main())
