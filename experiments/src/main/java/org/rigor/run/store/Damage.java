// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.List;

/**
 * A file of a run folder that is there and cannot be used; one that is not there is no damage.
 *
 * @param file its path in the run folder
 * @param why what was required and what was found, with the key where it is JSON
 */
public record Damage(String file, String why) {

  /** Returns it in a line. */
  public String text() {
    return file + ": " + why;
  }

  /** Returns a line for each of some files; empty if there is none. */
  public static String text(List<Damage> all) {
    StringBuilder out = new StringBuilder();
    all.forEach(d -> out.append("damaged  ").append(d.text()).append('\n'));
    return out.toString();
  }
}
