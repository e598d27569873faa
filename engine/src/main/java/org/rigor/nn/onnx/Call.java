// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * One node and its operands, as read by its operator. Whatever the operator leaves unread is
 * refused, so no attribute or operand is ignored by oversight.
 */
final class Call {
  private final OnnxNode node;
  private final List<Operand> operands;
  private final long opset;
  private final DType dtype;
  private final int batch;
  private final Map<Value, HostTensor> stated;
  private final List<String> notes;
  private final Set<String> read = new HashSet<>();
  private final Set<Integer> used = new HashSet<>();

  /**
   * @param operands null for omitted ones
   * @param dtype type in which real numbers are computed
   * @param batch number of samples traced
   * @param stated numbers of the file's constants
   * @param notes receives what a reader of results must know
   */
  Call(
      OnnxNode node,
      List<Operand> operands,
      long opset,
      DType dtype,
      int batch,
      Map<Value, HostTensor> stated,
      List<String> notes) {
    this.node = node;
    this.operands = operands;
    this.opset = opset;
    this.dtype = dtype;
    this.batch = batch;
    this.stated = stated;
    this.notes = notes;
  }

  /** Returns the numbers of the file's constants. */
  Map<Value, HostTensor> stated() {
    return stated;
  }

  /** Returns where to say what a reader of results must know. */
  List<String> notes() {
    return notes;
  }

  long opset() {
    return opset;
  }

  DType dtype() {
    return dtype;
  }

  int batch() {
    return batch;
  }

  /** Returns the number of results, with a name or without. */
  int results() {
    return node.outputs().size();
  }

  /** Returns the number of outputs that have a name. */
  long outputs() {
    return node.outputs().stream().filter(o -> !o.isEmpty()).count();
  }

  /** Returns whether an operand is present; an empty tensor counts as omitted. */
  boolean has(int i) {
    used.add(i);
    boolean named = i < operands.size() && operands.get(i) != null;
    return named && !(operands.get(i) instanceof Ints v && v.size() == 0);
  }

  Operand operand(int i) {
    used.add(i);
    if (i >= operands.size() || operands.get(i) == null) {
      throw new IllegalArgumentException("operand " + i + " is missing");
    }
    return operands.get(i);
  }

  /** Returns all operands. */
  List<Operand> all() {
    for (int i = 0; i < operands.size(); i++) {
      operand(i);
    }
    return operands;
  }

  /** Returns operand {@code i}, a tensor of real numbers. */
  Term term(int i) {
    if (operand(i) instanceof Term t && t.stored().dtype() != DType.BOOL) {
      return t;
    }
    throw new IllegalArgumentException(
        "'" + node.inputs().get(i) + "' is not a tensor of real numbers");
  }

  /** Returns operand {@code i}, a tensor of truth values that depend on the input. */
  Term truths(int i) {
    if (operand(i) instanceof Term t && t.stored().dtype() == DType.BOOL) {
      return t;
    }
    throw new IllegalArgumentException(
        "'" + node.inputs().get(i) + "' is not a tensor of truth values");
  }

  /** Returns integers known before the network runs. */
  Ints ints(int i) {
    if (operand(i) instanceof Ints v) {
      return v;
    }
    throw new IllegalArgumentException(
        "'" + node.inputs().get(i) + "' must be integers that do not depend on the input");
  }

  /** Returns 64-bit integers, the only type of shapes, pads and axes. */
  Ints longs(int i) {
    Ints v = ints(i);
    if (v.kind() != ElementKind.I64) {
      throw new IllegalArgumentException(
          "'" + node.inputs().get(i) + "' must be of type I64, got " + v.kind());
    }
    return v;
  }

  /** Returns real numbers stated in the file. */
  HostTensor stated(int i) {
    Term t = term(i);
    if (t.host() == null) {
      throw new IllegalArgumentException(
          "'" + node.inputs().get(i) + "' must be a constant of the file");
    }
    return t.host();
  }

  /** Returns a single real number stated in the file. */
  double scalar(int i) {
    HostTensor t = stated(i);
    if (t.shape().size() != 1) {
      throw new IllegalArgumentException(
          "'" + node.inputs().get(i) + "' must be a single number, got " + t.shape());
    }
    return t.get(0);
  }

  long integer(String key, long absent) {
    read.add(key);
    return node.integer(key, absent);
  }

  /** Returns an attribute that is 0 or 1. */
  boolean flag(String key, boolean absent) {
    long v = integer(key, absent ? 1 : 0);
    if (v != 0 && v != 1) {
      throw new IllegalArgumentException(key + " must be 0 or 1, got " + v);
    }
    return v == 1;
  }

  /** Returns a finite real attribute. */
  float real(String key, float absent) {
    read.add(key);
    float v = node.real(key, absent);
    if (!Float.isFinite(v)) {
      throw new IllegalArgumentException(key + " must be finite, got " + v);
    }
    return v;
  }

  /** Returns a list of integers; null if absent. */
  long[] integers(String key) {
    read.add(key);
    List<Long> v = node.integers(key, null);
    return v == null ? null : v.stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns a list of real numbers; empty if absent. */
  float[] reals(String key) {
    read.add(key);
    List<Float> all =
        node.attributes().get(key) instanceof OnnxAttribute.Reals r ? r.values() : List.of();
    float[] out = new float[all.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = all.get(i);
    }
    return out;
  }

  OnnxTensor tensor(String key) {
    read.add(key);
    return node.tensor(key);
  }

  /** Returns a text among those supported. */
  String choice(String key, String absent, String... supported) {
    read.add(key);
    String v = node.text(key, absent);
    if (!List.of(supported).contains(v)) {
      throw new IllegalArgumentException(
          key + " '" + v + "' is not supported, supported are " + Arrays.toString(supported));
    }
    return v;
  }

  /** Marks attributes that do not affect the result as read. */
  void irrelevant(String... keys) {
    read.addAll(List.of(keys));
  }

  /**
   * Returns axes: an attribute below operator set {@code since}, then an operand; null if absent.
   */
  long[] axes(String key, int since, int operand) {
    if (opset < since) {
      return integers(key);
    }
    return has(operand) ? longs(operand).known("the axes") : null;
  }

  /**
   * @throws IllegalArgumentException if the operator left an attribute or an operand unread
   */
  void requireRead() {
    Set<String> left = new TreeSet<>(node.attributes().keySet());
    left.removeAll(read);
    if (!left.isEmpty()) {
      throw new IllegalArgumentException("the attributes " + left + " are not supported here");
    }
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i) != null && !used.contains(i)) {
        throw new IllegalArgumentException(
            "the operand '" + node.inputs().get(i) + "' is not supported here");
      }
    }
  }
}
