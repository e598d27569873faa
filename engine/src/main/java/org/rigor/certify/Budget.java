// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/**
 * What a search may take.
 *
 * @param nodes most cells that are bounded for a problem of a model
 * @param deadline {@link System#nanoTime} at which the search ends with what it has; {@link
 *     Long#MAX_VALUE} for none. Results depend on the machine if it passes.
 */
public record Budget(int nodes, long deadline) {
  public Budget {
    if (nodes < 0) {
      throw new IllegalArgumentException("budget: nodes must be >= 0, got " + nodes);
    }
  }

  /** Returns a budget of nodes, whatever time they take. */
  public static Budget nodes(int nodes) {
    return new Budget(nodes, Long.MAX_VALUE);
  }

  /** Returns this budget until a time. */
  public Budget until(long nanoTime) {
    return new Budget(nodes, nanoTime);
  }

  /**
   * Returns this budget with a part of the time that is left.
   *
   * @param now as {@link System#nanoTime} has it
   * @param part in [0, 1]
   */
  Budget share(long now, double part) {
    return deadline == Long.MAX_VALUE
        ? this
        : until(now + (long) (part * Math.max(0, deadline - now)));
  }

  boolean isOver() {
    return deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0;
  }
}
