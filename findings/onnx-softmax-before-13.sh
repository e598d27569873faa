#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# onnx 1.23.2: ReferenceEvaluator computes Softmax of operator set 12 along the last axis. Before
# operator set 13 the axis, 1 by default, begins a block: all axes from it on are normalised together.
# ONNX Runtime 1.32.0 does so. Both accept the model; the sums over the last axis differ, 1 against less.
# Whoever takes the reference evaluator for the truth about a file of an older exporter is misled.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q numpy==2.3.5 onnx==1.23.2 onnxruntime==1.32.0
"$dir/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.zeros((2, 2, 2), np.float32)  # equal numbers: 1/2 each along the last axis, 1/4 each in a block
seen = {}
for version in (12, 13):
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"])], "g", info[:1], info[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    runtime = session.run(None, {"x": x})[0]
    seen[version] = float(reference[0, 0, 0]), float(runtime[0, 0, 0])
    print(f"operator set {version}: reference evaluator {seen[version][0]}, ONNX Runtime {seen[version][1]}")
assert seen == {12: (0.5, 0.25), 13: (0.5, 0.5)}, "the behaviour has changed"
PYTHON
