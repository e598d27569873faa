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
  /**
   * The allowance for equal weights: 2,000 roundings of float32 in a row, each of 2^-24, as in the
   * longest sums of the networks that studies train.
   */
  static final double ROUNDING = 0x1p-13;

  /**
   * Beyond this numbers are not compared: the decisions of one sample in twenty might differ, and
   * an edited accuracy would hide among them. Trainings lie on either side of it by far. On digits,
   * 64-32 units, 20 epochs, two seeds, the emulated device and the CPU ended 3e-6 and 6e-4 apart
   * after standard training, but 0.1 and 0.8 after PGD training, where a rounding that flips the
   * sign of a gradient moves a sample by a whole step and the next epochs amplify it.
   */
  static final double MOST = 0.02;

  /**
   * Share of attacked samples whose success may depend on a step's sign that rounding flips. It
   * takes a gradient within rounding of 0 and a sample that falls by that step alone; none of 600
   * did in the standard trainings above, two of 100 where the weights were 0.8 apart.
   */
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
   * Returns how many of n samples may be decided differently. Each of the two logits of a margin
   * moves by {@code relative} of the largest logit z at most, so a decision flips only where the
   * margin is below 2 {@code relative} z. Of margins that are no denser there than if they were
   * uniform on [0, z], a share of 2 {@code relative} is. One sample more may lie there by chance.
   */
  int samples(int n, boolean attacked) {
    return exact ? 0 : 1 + (int) Math.ceil((2 * relative + (attacked ? ATTACKED : 0)) * n);
  }
}
