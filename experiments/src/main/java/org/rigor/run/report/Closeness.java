// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.Map;
import org.rigor.run.store.RunFacts;
import org.rigor.tensor.HostTensor;

/**
 * How far two results of a trial may lie apart. Equal circumstances give equal bits. On another
 * device rounding moves the trained weights, by what is measured here, and everything else follows
 * from that: a ReLU network's outputs are of degree one in each layer's weights, so weights that
 * lie apart by a share d in each of L layers move outputs by (1 + d)^L - 1 of their size. A
 * sample's decision turns only if its margin is smaller than that.
 *
 * @param exact whether equal bits are asked for
 * @param relative change of outputs that the weights' distance explains
 */
record Closeness(boolean exact, double relative) {
  /** Rounding of float32 sums of 2,000 terms, for weights that are equal. */
  static final double ROUNDING = 0x1p-13;

  /** Beyond this the trainings went apart, and no number of one is a number of the other. */
  static final double MOST = 0.02;

  /** Share of attacked samples whose success hangs on a step's sign that rounding may turn. */
  private static final double ATTACKED = 0.01;

  /** Whether results of two runs must be equal in every bit. */
  static boolean exact(RunFacts a, RunFacts b) {
    return a.deviceKind().equals("cpu")
        && b.deviceKind().equals("cpu")
        && a.numerics() == b.numerics()
        && a.gemm().equals(b.gemm());
  }

  static Closeness bits() {
    return new Closeness(true, 0);
  }

  /**
   * Returns what the distance of two networks allows.
   *
   * @param before parameters by name, all of which are in {@code again} in the same shape
   */
  static Closeness of(Map<String, HostTensor> before, Map<String, HostTensor> again) {
    double outputs = 1;
    for (Map.Entry<String, HostTensor> e : before.entrySet()) {
      HostTensor a = e.getValue();
      HostTensor b = again.get(e.getKey());
      if (a.shape().rank() < 2) {
        continue; // a bias or a scale moves with its layer
      }
      double apart = 0;
      double size = 0;
      for (int i = 0; i < a.shape().size(); i++) {
        apart += Math.pow(a.get(i) - b.get(i), 2);
        size += Math.pow(a.get(i), 2);
      }
      outputs *= 1 + Math.sqrt(apart / Math.max(size, Double.MIN_NORMAL));
    }
    return new Closeness(false, Math.max(ROUNDING, outputs - 1));
  }

  /** Whether the weights are near enough for their numbers to be compared. */
  boolean near() {
    return exact || relative <= MOST;
  }

  /** Returns by how much a number may differ; numbers below 1 as if they were 1. */
  double number(double v) {
    return exact ? 0 : relative * Math.max(1, Math.abs(v));
  }

  /**
   * Returns how many of n samples may be decided otherwise: those with a margin within the outputs'
   * change, at twice the mean density of margins, and one.
   */
  int samples(int n, boolean attacked) {
    return exact ? 0 : 1 + (int) Math.ceil((2 * relative + (attacked ? ATTACKED : 0)) * n);
  }
}
