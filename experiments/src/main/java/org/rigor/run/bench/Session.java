// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.nio.file.Path;

/**
 * What the works share.
 *
 * @param out folder of the records and of the arrays the peers read
 * @param kind device under measurement: {@code cpu}, {@code cuda} or {@code emulated}
 * @param small reduced sizes, for a try on a slow machine
 * @param seconds most time of one timing, its warm-up included; one run always happens
 */
public record Session(Path out, String kind, boolean small, double seconds, Records records) {
  /** The first of the two unless the sizes are reduced. */
  public int size(int full, int reduced) {
    return small ? reduced : full;
  }

  boolean gpu() {
    return kind.equals("cuda");
  }
}
