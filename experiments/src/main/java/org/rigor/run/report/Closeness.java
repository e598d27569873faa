// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.Map;
import org.rigor.run.store.RunFacts;
import org.rigor.tensor.HostTensor;

/**
 * The distance allowed between two results of a trial. Equal circumstances give equal bits. On
 * another device rounding moves the trained weights; that movement is measured, and the rest
 * follows from it: a ReLU network's outputs are homogeneous of degree one in each layer's weights,
 * so a relative change d of the weights in each of L layers moves outputs by a relative (1 + d)^L -
 * 1. A sample's decision flips only if its margin is smaller than that.
 *
 * @param exact whether equal bits are required
 * @param relative change of outputs explained by the weights' distance
 */
record Closeness(boolean exact, double relative) {
  /** Rounding of float32 sums of 2,000 terms, the allowance for equal weights. */
  static final double ROUNDING = 0x1p-13;

  /** Beyond this the two trainings diverged and their numbers do not compare. */
  static final double MOST = 0.02;

  /** Share of attacked samples whose success depends on a step's sign that rounding may flip. */
  private static final double ATTACKED = 0.01;

  /** Returns whether two runs must agree in every bit. */
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
   * Returns the closeness that the distance between two networks allows.
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

  /** Returns whether the weights are close enough to compare the networks' numbers. */
  boolean near() {
    return exact || relative <= MOST;
  }

  /** Returns the allowed difference of a number: relative, but absolute for numbers below 1. */
  double number(double v) {
    return exact ? 0 : relative * Math.max(1, Math.abs(v));
  }

  /**
   * Returns how many of n samples may be decided differently: those with a margin within the
   * outputs' change, at twice the mean density of margins, plus one.
   */
  int samples(int n, boolean attacked) {
    return exact ? 0 : 1 + (int) Math.ceil((2 * relative + (attacked ? ATTACKED : 0)) * n);
  }
}
