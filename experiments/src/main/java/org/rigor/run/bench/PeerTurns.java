// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

/** Peers that run the same work in turn with Rigor, so that other load affects all alike. */
interface PeerTurns {
  /** No peer takes turns. */
  PeerTurns NONE =
      new PeerTurns() {
        @Override
        public void prepare(double budgetSeconds) {}

        @Override
        public void take() {}

        @Override
        public void end() {}
      };

  /**
   * Lets each peer prepare the work and warm up, one after another.
   *
   * @param budgetSeconds of Rigor's timing and of each peer's
   */
  void prepare(double budgetSeconds);

  /** Lets each peer run once. */
  void take();

  /** Lets each peer write down its times. */
  void end();
}
