// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * Trace of the nodes of a file in order, each by its operator. Errors are
 * IllegalArgumentExceptions; the caller adds file and node.
 */
final class OnnxTrace {
  /** A tensor of one sample with more elements is an oversight of the exporter, or hostile. */
  private static final long MOST_ELEMENTS = 1L << 28;

  private final long opset;
  private final DType dtype;
  private final int batch;
  private final Map<String, Operand> operands = new HashMap<>();
  private final Map<Value, HostTensor> stated = new IdentityHashMap<>();
  private final List<String> notes;

  /**
   * @param x the input [M or 1, N, ...]
   * @param free true if the file takes any number of samples, false if it takes one
   * @param notes receives what a reader of results must know
   */
  OnnxTrace(long opset, String input, Value x, boolean free, List<String> notes) {
    this.opset = opset;
    this.notes = notes;
    this.dtype = x.dtype();
    this.batch = x.shape().dim(1);
    put(input, new Term(x, Batch.first(free)));
  }

  /** Declares a tensor that no node computes. */
  void put(String name, Operand value) {
    operands.put(name, value);
    if (value instanceof Term t && t.host() != null) {
      stated.put(t.stored(), t.host());
    }
  }

  Operand get(String name) {
    Operand found = operands.get(name);
    if (found == null) {
      throw new IllegalArgumentException("'" + name + "' is a result that is not supported");
    }
    return found;
  }

  /** Traces one node, whose operands are known. */
  void node(OnnxNode n) {
    List<Operand> in = new ArrayList<>();
    for (String name : n.inputs()) {
      in.add(name.isEmpty() ? null : get(name));
    }
    Call call = new Call(n, in, opset, dtype, batch, stated, notes);
    List<Operand> results = Operators.of(n.op()).handler().trace(call);
    call.requireRead();
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i) instanceof Term t && t.elements() > MOST_ELEMENTS) {
        throw new IllegalArgumentException(
            "gives " + t.elements() + " elements of a sample, at most " + MOST_ELEMENTS);
      }
      Operand result = results.get(i);
      operands.put(n.outputs().get(i), result instanceof Term t ? t.closed() : result);
    }
  }
}
