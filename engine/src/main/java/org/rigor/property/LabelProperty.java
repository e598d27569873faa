// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Properties that say of samples that all points near them are classified as labelled. */
public final class LabelProperty {
  private LabelProperty() {}

  /**
   * Returns the property of one sample: a point of its ball is unsafe where another output is at
   * least the label's.
   *
   * @param x the sample, finite
   * @param label in [0, outputs)
   * @param epsilon radius in the maximum norm, exact, at least 0
   * @param box least and greatest valid input, exact; empty for all
   */
  public static Property linf(
      double[] x, int label, int outputs, BigDecimal epsilon, List<BigDecimal> box) {
    InputBox ball = InputBox.all(x.length);
    for (int i = 0; i < x.length; i++) {
      BigDecimal at = Decimals.exact(x[i]);
      ball.atLeast(i, at.subtract(epsilon));
      ball.atMost(i, at.add(epsilon));
      if (!box.isEmpty()) {
        ball.atLeast(i, box.get(0));
        ball.atMost(i, box.get(1));
      }
    }
    List<Clause> clauses = new ArrayList<>();
    for (int j = 0; j < outputs; j++) {
      if (j != label) {
        Row row = Row.atMost(Affine.output(label), Affine.output(j), false);
        clauses.add(new Clause(ball, List.of(row)));
      }
    }
    return new Property(x.length, outputs, clauses, List.of(), 0);
  }
}
