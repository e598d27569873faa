// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.nio.file.Path;

/**
 * The state that the works share.
 *
 * @param out folder of the records and of the arrays the peers read
 * @param kind device under measurement: {@code cpu}, {@code cuda} or {@code emulated}
 * @param small whether sizes are reduced, for a trial on a slow machine
 * @param seconds upper limit of one timing, warm-up included; at least one run always happens
 */
public record Session(Path out, String kind, boolean small, double seconds, Records records) {
  /** Returns {@code full}, or {@code reduced} if sizes are reduced. */
  public int size(int full, int reduced) {
    return small ? reduced : full;
  }

  boolean gpu() {
    return kind.equals("cuda");
  }
}
