// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A line of {@code metrics.jsonl}.
 *
 * @param step an epoch
 * @param values by name; may be infinite or NaN
 */
public record Metric(String trial, String phase, long step, Map<String, Double> values) {
  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException if it is not a metric
   */
  static Metric read(StrictJson in) {
    in.beginObject();
    String trial = leading(in, "trial").nextString();
    if (!Hex.is(trial)) {
      throw new IllegalArgumentException("trial must be hexadecimal, got '" + trial + "'");
    }
    String phase = leading(in, "phase").nextString();
    long step = leading(in, "step").nextLong();
    Map<String, Double> values = new LinkedHashMap<>();
    while (in.hasNext()) {
      values.put(in.nextName(), in.nextNumber());
    }
    in.endObject();
    in.end();
    return new Metric(trial, phase, step, values);
  }

  private static StrictJson leading(StrictJson in, String key) {
    if (!in.hasNext() || !in.nextName().equals(key)) {
      throw new IllegalArgumentException("it does not begin with trial, phase and step");
    }
    return in;
  }
}
