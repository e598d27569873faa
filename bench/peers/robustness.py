# SPDX-License-Identifier: Apache-2.0
"""Attacks of torchattacks and certificates of auto_LiRPA on a network of torch.nn."""
import os
import sys

import torch

import works

CHUNK = 500  # samples certified at once: hidden bounds of 10,000 need tens of gigabytes


def find_auto_lirpa():
    """Puts the folder that AUTO_LIRPA names, the one that holds auto_LiRPA/, before installed ones."""
    sys.path[:0] = [folder for folder in [os.environ.get("AUTO_LIRPA")] if folder]


def attack(net):
    """Returns a function from inputs and labels to which samples fall to PGD from random starts;
    what fell is left out of the next start."""
    import torchattacks

    step = works.REACH / works.RESTART_STEPS * works.RESTART_RADIUS
    pgd = torchattacks.PGD(
        net, eps=works.RESTART_RADIUS, alpha=step, steps=works.RESTART_STEPS, random_start=True)

    def fallen(x, y):
        with torch.no_grad():
            fooled = net(x).argmax(1) != y
        for _ in range(works.RESTARTS):
            left = (~fooled).nonzero()[:, 0]
            if len(left) == 0:
                break
            end = pgd(x[left], y[left])
            with torch.no_grad():
                fooled[left] = net(end).argmax(1) != y[left]
        return fooled.cpu()

    return fallen


def clamp_open_at_its_limits():
    """Lets torch.clamp pass gradients at its limits, as auto_LiRPA's slopes need, which begin there:
    PyTorch 2.14.1's and 2.15.0's are 0 there."""
    real = torch.clamp

    class Clamp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, low, high):
            y = real(x, low, high)
            ctx.save_for_backward(x == y)
            return y

        @staticmethod
        def backward(ctx, gradient):
            return gradient * ctx.saved_tensors[0], None, None

    def clamp(x, min=None, max=None, **others):
        plain = not others and not torch.is_tensor(min) and not torch.is_tensor(max)
        return Clamp.apply(x, min, max) if plain and x.requires_grad else real(x, min, max, **others)

    torch.clamp = torch.Tensor.clamp = clamp


def certificate(net, x, work="i"):
    """Returns a function from inputs like x and labels to the least margin of each sample in its ball
    within [0, 1]: by CROWN, in work k by alpha-CROWN."""
    from auto_LiRPA import BoundedModule, BoundedTensor
    from auto_LiRPA.perturbations import PerturbationLpNorm

    if work == "k":
        clamp_open_at_its_limits()
        torch.set_default_dtype(x.dtype)  # of the best bounds that it keeps
    radius = works.CROWN_RADII[work]
    ascends = {"optimize_bound_args": {"iteration": works.ALPHA_STEPS}}
    bounded = BoundedModule(net, x[:1], bound_opts=ascends)
    method = "CROWN-Optimized" if work == "k" else "CROWN"
    classes = net(x[:1]).shape[1]
    eye = torch.eye(classes, dtype=x.dtype, device=x.device)

    def chunk(x, y):
        low, high = (x - radius).clamp(0, 1), (x + radius).clamp(0, 1)
        ball = PerturbationLpNorm(norm=float("inf"), x_L=low, x_U=high)
        others = torch.arange(classes - 1, device=y.device)
        others = others + (others >= y[:, None])  # [B, classes - 1], without the label
        spec = eye[y][:, None] - eye[others]
        with torch.set_grad_enabled(work == "k"):
            found, _ = bounded.compute_bounds(
                x=(BoundedTensor(x, ball),), C=spec, method=method, bound_upper=False)
        return found.detach().amin(1)

    def margins(x, y):
        parts = zip(x.split(CHUNK), y.split(CHUNK))
        return torch.cat([chunk(*part) for part in parts]).cpu()

    return margins
