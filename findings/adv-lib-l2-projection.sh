#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# adv-lib 0.2.8 (and its repository at 9dec220): the projection onto l2 balls in fast_minimum_norm.py bounds
# the entries of the perturbation by 1 instead of the factor that shortens it. So a perturbation inside the ball is
# stretched to its surface, and one beyond it loses what its entries have above 1. A projection leaves the first
# as it is and only shortens the second. FMN in l2 therefore never stays inside its radius; inputs in [0, 1] hide the
# cut. Whoever compares distances of FMN with those of the paper's algorithm sees the difference.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q numpy==2.3.5 torch==2.15.0 torchvision==0.29.2 tqdm==4.67.1
"$dir/venv/bin/pip" install -q --no-deps adv-lib==0.2.8 # visdom, which it does not need for this, has to be built
"$dir/venv/bin/python" - <<'PYTHON'
import sys
import types

import torch

sys.modules["visdom"] = types.ModuleType("visdom")  # for plots
from adv_lib.attacks.fast_minimum_norm import l2_projection_

inside = l2_projection_(torch.tensor([[0.3, 0.4]]), torch.tensor([2.0]))  # of length 0.5, in a ball of radius 2
beyond = l2_projection_(torch.tensor([[6.0, 8.0]]), torch.tensor([5.0]))  # of length 10, onto radius 5: (3, 4)
print(f"inside: (0.3, 0.4) becomes {inside.tolist()[0]}, beyond: (6, 8) becomes {beyond.tolist()[0]}, not (3, 4)")
assert torch.allclose(inside, torch.tensor([[1.0, 1.0]])), "the behaviour has changed"
assert torch.allclose(beyond, torch.tensor([[1.0, 1.0]])), "the behaviour has changed"
PYTHON
