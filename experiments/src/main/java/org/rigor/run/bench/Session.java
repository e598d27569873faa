// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.nio.file.Path;

/**
 * The state that the works share.
 *
 * @param out folder of the records and of the arrays the peers read
 * @param kind device under measurement: {@code cpu}, {@code cuda} or {@code emulated}
 * @param small whether sizes are reduced, for a trial on a slow machine
 * @param seconds after which a timing, warm-up included, ends once it has enough runs; four times
 *     as many end it in any case, after one run or more
 * @param peers who take turns with the works
 */
public record Session(
    Path out, String kind, boolean small, double seconds, Records records, PeerProcesses peers) {
  /** Makes a session without peers that take turns. */
  public Session(Path out, String kind, boolean small, double seconds, Records records) {
    this(out, kind, small, seconds, records, PeerProcesses.none());
  }

  Session with(PeerProcesses taking) {
    return new Session(out, kind, small, seconds, records, taking);
  }

  /** Returns {@code full}, or {@code reduced} if sizes are reduced. */
  public int size(int full, int reduced) {
    return small ? reduced : full;
  }

  boolean gpu() {
    return kind.equals("cuda");
  }

  /** Starts a stopwatch that no peer shares. */
  Stopwatch stopwatch() {
    return new Stopwatch(PeerTurns.NONE, System::nanoTime);
  }

  /** Starts a stopwatch for a part of a work with M models, which the peers time in turn. */
  Stopwatch stopwatch(String work, int m) {
    return new Stopwatch(peers.turns(work, m), System::nanoTime);
  }
}
