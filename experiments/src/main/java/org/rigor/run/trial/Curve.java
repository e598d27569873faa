// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.util.Arrays;
import org.rigor.diff.Kind;

/**
 * Robust accuracy over epsilon, stored per sample. A success at one epsilon counts at every larger
 * one, so the number of leading epsilons that a sample survives describes it.
 *
 * @param side whether the accuracy is an upper side (attacked) or a lower side (certified)
 * @param method for example {@code pgd} or {@code crown}
 * @param kind how reliable the accuracy is
 * @param epsilons ascending radii
 * @param survived per test sample, in data order: the number of leading epsilons at which it still
 *     counts as robust, 0 to {@code epsilons.length}
 */
public record Curve(Side side, String method, Kind kind, double[] epsilons, int[] survived) {
  /** The side of the true robust accuracy on which a curve lies. */
  public enum Side {
    ATTACKED,
    CERTIFIED
  }

  /** Method of the two curves of verdicts: what is verified, and what is not violated. */
  public static final String VERDICTS = "verdicts";

  public Curve {
    for (int i = 1; i < epsilons.length; i++) {
      if (!(epsilons[i] > epsilons[i - 1])) {
        throw new IllegalArgumentException("epsilons must ascend: " + Arrays.toString(epsilons));
      }
    }
    for (int s : survived) {
      if (s < 0 || s > epsilons.length) {
        throw new IllegalArgumentException(
            "a sample survives 0 to %d epsilons, got %d".formatted(epsilons.length, s));
      }
    }
  }

  /** Returns whether it is one of the two curves of verdicts. */
  public boolean ofVerdicts() {
    return method.equals(VERDICTS);
  }

  /** Returns the number of samples that count as robust at the i-th epsilon. */
  public int correct(int i) {
    int n = 0;
    for (int s : survived) {
      n += s > i ? 1 : 0;
    }
    return n;
  }

  /** Returns the share of samples that count as robust at the i-th epsilon. */
  public double accuracy(int i) {
    return (double) correct(i) / survived.length;
  }

  /** Returns the position of an epsilon, or -1. */
  public int indexOf(double epsilon) {
    for (int i = 0; i < epsilons.length; i++) {
      if (epsilons[i] == epsilon) {
        return i;
      }
    }
    return -1;
  }
}
