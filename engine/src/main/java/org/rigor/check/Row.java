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

  /** Returns the coefficients, each by the nearest double, by which a proof names the row. */
  String key() {
    return terms(outputs) + "|" + terms(inputs);
  }

  Row negated() {
    return new Row(negated(outputs), negated(inputs), constant.negate());
  }

  private static SortedMap<Integer, BigDecimal> negated(Map<Integer, BigDecimal> terms) {
    SortedMap<Integer, BigDecimal> all = new TreeMap<>();
    terms.forEach((i, a) -> all.put(i, a.negate()));
    return all;
  }

  private static String terms(Map<Integer, BigDecimal> terms) {
    return terms.entrySet().stream()
        .map(e -> e.getKey() + "*" + e.getValue().doubleValue())
        .collect(Collectors.joining(" "));
  }
}
