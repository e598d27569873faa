// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.math.BigDecimal;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A linear function of outputs and inputs, with exact decimals. It is unsafe where it is at most 0.
 *
 * @param outputs coefficients by number, none of them 0
 * @param inputs likewise
 */
record Row(
    SortedMap<Integer, BigDecimal> outputs,
    SortedMap<Integer, BigDecimal> inputs,
    BigDecimal constant) {
  Row {
    outputs = new TreeMap<>(outputs);
    inputs = new TreeMap<>(inputs);
    outputs.values().removeIf(v -> v.signum() == 0);
    inputs.values().removeIf(v -> v.signum() == 0);
  }

  /**
   * Returns the coefficients as floats, over the largest of the outputs, by which a proof names the
   * row: a unit of the property is no matter.
   */
  String key() {
    double most = 0;
    for (BigDecimal a : outputs.values()) {
      most = Math.max(most, Math.abs(a.doubleValue()));
    }
    double unit = most == 0 ? 1 : most;
    return terms(outputs, unit) + "|" + terms(inputs, unit);
  }

  Row negated() {
    return new Row(negated(outputs), negated(inputs), constant.negate());
  }

  private static SortedMap<Integer, BigDecimal> negated(Map<Integer, BigDecimal> terms) {
    SortedMap<Integer, BigDecimal> all = new TreeMap<>();
    terms.forEach((i, a) -> all.put(i, a.negate()));
    return all;
  }

  private static String terms(Map<Integer, BigDecimal> terms, double unit) {
    return terms.entrySet().stream()
        .map(e -> "%d*%08x".formatted(e.getKey(), bits(e.getValue().doubleValue() / unit)))
        .collect(Collectors.joining(" "));
  }

  private static int bits(double v) {
    return Float.floatToIntBits((float) v);
  }
}
