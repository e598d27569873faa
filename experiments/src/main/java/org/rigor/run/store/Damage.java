// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.List;

/**
 * A file of a run folder that exists but cannot be used. A missing file is not damage.
 *
 * @param file its path in the run folder
 * @param why what was required and what was found, with the key for JSON
 */
public record Damage(String file, String why) {

  /** Returns the damage as one line. */
  public String text() {
    return file + ": " + why;
  }

  /** Returns one line per damage; empty if there is none. */
  public static String text(List<Damage> all) {
    StringBuilder out = new StringBuilder();
    all.forEach(d -> out.append("damaged  ").append(d.text()).append('\n'));
    return out.toString();
  }
}
