#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# onnx 1.23.2: shape inference and the reference evaluator disagree on MaxPool with ceil_mode.
#
# Input [1, 1, 6, 6], kernel 3 x 2, strides 2 x 3, pads 1, 0 (begin) and 2, 1 (end), ceil_mode 1.
# Along the width the third window would start at 6, in the padding behind the input. It is left
# out when the node runs, by onnx's own reference evaluator and by ONNX Runtime 1.32.0 alike:
# output [1, 1, 4, 2]. Shape inference counts it: [1, 1, 4, 3]. ONNX Runtime takes the inferred
# shape for the output that it declares, [1, 12] behind a Flatten, and returns [1, 8] with a
# warning. Whoever allocates by the declared shape is wrong by a column.
#
# Installs pinned packages in a temporary folder. Exit code 1 if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numpy==2.3.5 onnx==1.23.2 onnxruntime==1.32.0
"$work/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

pool = helper.make_node(
    "MaxPool", ["x"], ["p"], kernel_shape=[3, 2], strides=[2, 3], pads=[1, 0, 2, 1], ceil_mode=1)
flat = helper.make_node("Flatten", ["p"], ["y"])
graph = helper.make_graph(
    [pool, flat], "pool",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 6, 6])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "k"])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)

def extents(value):
    return [d.dim_value for d in value.type.tensor_type.shape.dim]

x = np.arange(36, dtype=np.float32).reshape(1, 1, 6, 6)
inferred = onnx.shape_inference.infer_shapes(model)
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(
    model.SerializeToString(), options, providers=["CPUExecutionProvider"])
seen = {
    "onnx " + onnx.__version__ + " infers behind the pool": extents(inferred.graph.value_info[0]),
    "onnx's reference evaluator returns": list(reference.shape),
    "onnxruntime " + onnxruntime.__version__ + " declares": session.get_outputs()[0].shape,
    "onnxruntime returns": list(session.run(None, {"x": x})[0].shape),
}
for what, value in seen.items():
    print(f"{what}: {value}")
expected = [[1, 1, 4, 3], [1, 8], [1, 12], [1, 8]]
sys.exit(0 if list(seen.values()) == expected else "this has changed")
PYTHON
