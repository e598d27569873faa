// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trials that differ only in their seed.
 *
 * @param method name of the training method
 * @param settings values of the grid's keys at this point
 */
public record Arm(String method, Map<String, String> settings) {

  /** The grid key that tells networks from files apart. */
  private static final String FILE = "model.path";

  /** Returns the label for tables and legends, for example {@code pgd, model.hidden = [64]}. */
  public String label() {
    List<String> parts = new ArrayList<>();
    parts.add(network());
    others().forEach((k, v) -> parts.add(k + " = " + v));
    return String.join(", ", parts);
  }

  /**
   * Returns what made the network: the method, or, where the grid has files, the file's name behind
   * that of its folder.
   */
  public String network() {
    String file = settings.get(FILE);
    if (file == null) {
      return method;
    }
    Path path = Path.of(file);
    int n = path.getNameCount();
    return path.subpath(Math.max(0, n - 2), n).toString();
  }

  /** Returns the arm of one file of a folder of networks. */
  public Arm of(String file) {
    Map<String, String> own = new LinkedHashMap<>(settings);
    own.merge(FILE, file, (folder, name) -> folder + "/" + name);
    return new Arm(method, own);
  }

  /** Returns the settings that {@link #network} does not tell. */
  public Map<String, String> others() {
    Map<String, String> out = new LinkedHashMap<>(settings);
    out.remove(FILE);
    return out;
  }
}
