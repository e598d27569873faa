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
  static Metric of(Fields f) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (String key : f.json().keySet()) {
      if (!key.equals("trial") && !key.equals("phase") && !key.equals("step")) {
        values.put(key, f.number(key));
      }
    }
    return new Metric(f.text("trial"), f.text("phase"), f.whole("step"), values);
  }
}
