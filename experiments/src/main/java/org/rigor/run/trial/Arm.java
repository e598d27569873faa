// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Trials that differ only in their seed.
 *
 * @param method name of the training method
 * @param settings values of the grid's keys at this point
 */
public record Arm(String method, Map<String, String> settings) {

  /** Returns the label for tables and legends, for example {@code pgd, model.hidden = [64]}. */
  public String label() {
    List<String> parts = new ArrayList<>();
    parts.add(method);
    settings.forEach((k, v) -> parts.add(k + " = " + v));
    return String.join(", ", parts);
  }
}
