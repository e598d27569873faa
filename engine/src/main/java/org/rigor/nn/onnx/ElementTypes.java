// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.HashMap;
import java.util.Map;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxNode;

/**
 * The real element types of a graph's tensors. By the specification the real operands of a node
 * have one type, which is that of its result; a file that mixes them has no meaning, although its
 * function of real numbers could be computed. Integers are checked where they are read.
 */
final class ElementTypes {
  /** Codes of TensorProto.DataType that Cast may name. */
  private static final Map<Long, ElementKind> REAL =
      Map.of(
          1L, ElementKind.F32, 10L, ElementKind.F16, 11L, ElementKind.F64, 16L, ElementKind.BF16);

  private final long opset;
  private final Map<String, ElementKind> known = new HashMap<>();

  ElementTypes(long opset) {
    this.opset = opset;
  }

  /**
   * Declares a tensor that no node computes.
   *
   * @param kind null if it is not stated
   */
  void put(String name, ElementKind kind) {
    if (kind != null && kind.host().isFloating()) {
      known.put(name, kind);
    }
  }

  /** Returns the type of a tensor; null if it is not known, or not a real one. */
  ElementKind of(String name) {
    return known.get(name);
  }

  /**
   * Checks the operands of a node and follows their type to its result.
   *
   * @throws IllegalArgumentException naming two operands of different types
   */
  void follow(OnnxNode n) {
    Map<Integer, String> first = new HashMap<>();
    for (int i = 0; i < n.inputs().size(); i++) {
      String name = n.inputs().get(i);
      ElementKind kind = known.get(name);
      if (kind == null) {
        continue;
      }
      String other = first.putIfAbsent(group(n.op(), i), name);
      if (other != null && known.get(other) != kind) {
        throw new IllegalArgumentException(
            "the operands '%s' of type %s and '%s' of type %s must be of one type"
                .formatted(other, known.get(other), name, kind));
      }
    }
    ElementKind result = result(n, first.containsKey(0) ? known.get(first.get(0)) : null);
    (n.op().equals("Split") ? n.outputs() : n.outputs().subList(0, 1))
        .forEach(name -> put(name, result));
  }

  private static ElementKind result(OnnxNode n, ElementKind operand) {
    return switch (n.op()) {
      case "Cast" -> REAL.get(n.integer("to", 0));
      case "ConstantOfShape" ->
          n.attributes().get("value") instanceof OnnxAttribute.Constant c
              ? c.value().kind()
              : ElementKind.F32;
      case "Shape", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual" -> null;
      default -> operand;
    };
  }

  /** Returns the number of an operand's type parameter; the result has that of operand 0. */
  private int group(String op, int operand) {
    return switch (op) {
      case "Pow" -> opset < 12 ? 0 : operand;
      case "Dropout", "Resize", "Upsample" -> operand;
      case "BatchNormalization" ->
          opset < 14 ? 0 : opset < 15 ? operand / 3 : (operand + 1) / 2; // X, scale B, mean var
      default -> 0;
    };
  }
}
