// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.List;

/** The processes of peers that take turns with the works. */
public final class PeerProcesses implements AutoCloseable {
  private final List<PeerProcess> all;

  private PeerProcesses(List<PeerProcess> all) {
    this.all = all;
  }

  static PeerProcesses none() {
    return of(List.of());
  }

  static PeerProcesses of(List<PeerProcess> all) {
    return new PeerProcesses(List.copyOf(all));
  }

  /** Returns the turns for a part of a work with M models. */
  PeerTurns turns(String work, int m) {
    return new PeerTurns() {
      @Override
      public void prepare(double budgetSeconds) {
        all.forEach(p -> p.prepare(work, m, budgetSeconds));
      }

      @Override
      public void take() {
        all.forEach(PeerProcess::take);
      }

      @Override
      public void end() {
        all.forEach(PeerProcess::end);
      }
    };
  }

  @Override
  public void close() {
    all.forEach(PeerProcess::close);
  }
}
