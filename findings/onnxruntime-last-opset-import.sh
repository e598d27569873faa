#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# ONNX Runtime 1.32.0: of two imports of one operator set it takes the last. onnx.proto says that a node
# binds to the operator of the highest version among the imports, and onnx 1.23.2's checker accepts both
# orders. So the order of two entries decides what a network computes; here Softmax, whose axis means
# another thing before version 13. Files with an import twice exist (extract_model of older releases).
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

x = np.zeros((2, 2, 2), np.float32)
seen = {}
for versions in ((12,), (13,), (12, 13), (13, 12)):
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"])], "g", info[:1], info[1:])
    imports = [helper.make_opsetid("", v) for v in versions]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    seen[versions] = float(session.run(None, {"x": x})[0][0, 0, 0])
    print(f"imports {versions}: {seen[versions]}")
assert seen == {(12,): 0.25, (13,): 0.5, (12, 13): 0.5, (13, 12): 0.25}, "the behaviour has changed"
PYTHON
