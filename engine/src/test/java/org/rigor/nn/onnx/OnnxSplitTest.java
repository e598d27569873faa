// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.rigor.nn.onnx.OnnxFormsTest.list;
import static org.rigor.nn.onnx.OnnxFormsTest.with;
import static org.rigor.nn.onnx.OnnxNetworkTest.compare;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;
import static org.rigor.nn.onnx.OnnxNetworkTest.refused;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxTensor;

/** Split, the one operator of several results, against ONNX Runtime. */
class OnnxSplitTest {
  /** Two or three parts of axis 1, joined again in another order. */
  private static OnnxFiles split(
      long opset, int extent, int parts, Map<String, OnnxAttribute> attributes, long... sizes) {
    OnnxFiles files = OnnxFiles.input(extent, 2).opset(opset);
    List<String> outputs = List.of("p", "q", "r").subList(0, parts);
    List<String> inputs = sizes.length == 0 ? List.of("x") : List.of("x", "s");
    if (sizes.length > 0) {
      files.constant("s", OnnxTensor.longs(sizes));
    }
    List<String> joined = new ArrayList<>(outputs);
    Collections.reverse(joined);
    return files
        .several("Split", inputs, outputs, attributes)
        .node("Concat", joined, "y", with("axis", of(1)))
        .then("Flatten");
  }

  @Test
  void axesAreSplit() throws OrtException {
    compare(split(17, 6, 3, with("axis", of(1))).output(12));
    compare(split(11, 6, 2, with("axis", of(-2), "split", list(1, 5))).output(12));
    compare(split(13, 6, 3, with("axis", of(1)), 2, 1, 3).output(12));
    compare(split(18, 7, 3, with("axis", of(1), "num_outputs", of(3))).output(14));
    compare(split(18, 7, 2, with("axis", of(1)), 3, 4).output(14));
    refused(split(17, 7, 3, with("axis", of(1))).output(14), "7 elements cannot be split into 3");
    refused(split(17, 6, 2, with()).output(12), "the batch cannot be cut");
    refused(split(17, 6, 2, with("axis", of(3))).output(12), "axis 3 is outside rank 3");
    refused(
        split(13, 6, 2, with("axis", of(1)), 2, 1).output(12),
        "the parts [2, 1] are not the 6 elements of axis 1");
    refused(
        split(13, 6, 2, with("axis", of(1)), 7, -1).output(12),
        "the parts must have at least 1 element and 6 together, got [7, -1]");
    refused(
        split(13, 6, 2, with("axis", of(1)), 2, 2, 2).output(12), "states 3 parts, has 2 results");
    refused(split(18, 6, 2, with("axis", of(1))).output(12), "states 0 parts, has 2 results");
  }
}
