// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.DataException;

/**
 * One application of an operator (NodeProto).
 *
 * @param index position in the graph, from 0
 * @param op operator type
 * @param domain of the operator; empty for the standard ones
 * @param name may be empty
 * @param inputs names; empty where an optional input is left out
 */
public record OnnxNode(
    int index,
    String op,
    String domain,
    String name,
    List<String> inputs,
    List<String> outputs,
    Map<String, OnnxAttribute> attributes) {

  public OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /** Returns the operator, with its domain if that is not the standard one. */
  public String operator() {
    return domain.isEmpty() ? op : domain + "." + op;
  }

  /** Returns number, operator and name, for messages. */
  public String describe() {
    return "node " + index + " (" + operator() + (name.isEmpty() ? "" : " '" + name + "'") + ")";
  }

  /**
   * Returns an integer attribute, or {@code absent} if there is none.
   *
   * @throws DataException if it has another type
   */
  public long integer(String key, long absent) {
    OnnxAttribute a = attributes.get(key);
    return a == null ? absent : as(OnnxAttribute.Int.class, key, a).value();
  }

  /** Returns a real attribute; see {@link #integer}. */
  public float real(String key, float absent) {
    OnnxAttribute a = attributes.get(key);
    return a == null ? absent : as(OnnxAttribute.Real.class, key, a).value();
  }

  /** Returns a list of integers; see {@link #integer}. */
  public List<Long> integers(String key, List<Long> absent) {
    OnnxAttribute a = attributes.get(key);
    return a == null ? absent : as(OnnxAttribute.Ints.class, key, a).values();
  }

  /** Returns a text; see {@link #integer}. */
  public String text(String key, String absent) {
    OnnxAttribute a = attributes.get(key);
    return a == null ? absent : as(OnnxAttribute.Text.class, key, a).value();
  }

  /** Returns a constant, or null if there is none; see {@link #integer}. */
  public OnnxTensor tensor(String key) {
    OnnxAttribute a = attributes.get(key);
    return a == null ? null : as(OnnxAttribute.Constant.class, key, a).value();
  }

  private <T extends OnnxAttribute> T as(Class<T> type, String key, OnnxAttribute a) {
    if (!type.isInstance(a)) {
      throw new DataException(
          describe()
              + " must have an attribute "
              + key
              + " of type "
              + type.getSimpleName()
              + ", got "
              + a);
    }
    return type.cast(a);
  }
}
