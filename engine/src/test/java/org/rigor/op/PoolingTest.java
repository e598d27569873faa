// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.op.ImageCases.M;
import static org.rigor.op.ImageCases.assertClose;
import static org.rigor.op.ImageCases.eval;
import static org.rigor.op.ImageCases.images;
import static org.rigor.op.ImageCases.input;
import static org.rigor.op.ImageCases.inside;
import static org.rigor.op.ImageCases.results;
import static org.rigor.op.ImageCases.taps;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.Diff;
import org.rigor.ir.Value;
import org.rigor.op.ImageCases.Case;
import org.rigor.op.ImageCases.Tensor;

/** Pooling in double against its definition, written out in loops. */
class PoolingTest {
  /** Window by window, the numbers on the image. */
  private static void pooled(Case c, Tensor x, Tensor y, BinaryOperator<Double> join) {
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int p = 0; inside(c, row, column) && p < c.channels(); p++) {
              int to = y.at(model, b, oy, ox, p);
              y.v()[to] = join.apply(y.v()[to], x.v()[x.at(model, b, row, column, p)]);
            }
          });
    }
  }

  private static boolean paddingOnly(Case c) {
    try {
      c.w().requirePixels(c.height(), c.width());
      return false;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("org.rigor.op.ImageCases#cases")
  void pooling(Case c) {
    Tensor x = images(c);
    Value vx = input(x);
    Map<Value, Tensor> env = Map.of(vx, x);
    Tensor n = Tensor.zeros(results(c, c.channels(), 0).shape().dims());
    Tensor sum = Tensor.zeros(n.shape().dims());
    Tensor max = Tensor.zeros(n.shape().dims());
    Arrays.fill(max.v(), Double.NEGATIVE_INFINITY);
    pooled(c, x, n, (a, b) -> a + 1);
    pooled(c, x, sum, Double::sum);
    pooled(c, x, max, Math::max);
    double[] all = sum.v().clone();
    for (int i = 0; i < all.length; i++) {
      all[i] /= c.w().taps();
      sum.v()[i] /= n.v()[i];
    }
    assertClose(eval(F.averagePool2d(vx, c.w(), true), env), all);
    if (paddingOnly(c)) {
      assertThatThrownBy(() -> F.maxPool2d(vx, c.w())).hasMessageContaining("padding only");
      assertThatThrownBy(() -> F.averagePool2d(vx, c.w(), false))
          .hasMessageContaining("padding only");
    } else {
      assertThat(eval(F.maxPool2d(vx, c.w()), env)).containsExactly(max.v());
      assertClose(eval(F.averagePool2d(vx, c.w(), false), env), sum.v());
    }
  }

  /** Blocks side by side, with and without a rest, and the mean of all places. */
  @Test
  void blocksAndTheWholeImage() {
    for (UnaryOperator<Windows> shift :
        List.<UnaryOperator<Windows>>of(w -> w, w -> w.padding(1))) {
      pooling(new Case(shift.apply(Windows.of(2).stride(2)), 4, 6, 3, 1, 1));
      pooling(new Case(shift.apply(Windows.of(2, 3).stride(2, 3)), 5, 8, 2, 1, 1));
      pooling(new Case(shift.apply(Windows.of(2).stride(2).dilation(2)), 5, 8, 2, 1, 1));
    }
    Case c = new Case(Windows.of(3, 5), 3, 5, 2, 1, 1);
    Tensor x = images(c);
    Value vx = input(x);
    assertClose(
        eval(F.globalAveragePool(vx), Map.of(vx, x)),
        eval(F.averagePool2d(vx, c.w(), true), Map.of(vx, x)));
  }

  /** The gradient goes to the largest number of a window, summed where windows overlap. */
  @ParameterizedTest
  @MethodSource("org.rigor.op.ImageCases#cases")
  void gradientOfMaximum(Case c) {
    if (paddingOnly(c)) {
      return;
    }
    Tensor x = images(c);
    Tensor y = Tensor.zeros(results(c, c.channels(), 0).shape().dims());
    Arrays.fill(y.v(), Double.NEGATIVE_INFINITY);
    pooled(c, x, y, Math::max);
    Tensor g = results(c, c.channels(), 3);
    Tensor dx = Tensor.zeros(x.shape().dims());
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int p = 0; inside(c, row, column) && p < c.channels(); p++) {
              int from = x.at(model, b, row, column, p);
              int to = y.at(model, b, oy, ox, p);
              dx.v()[from] += x.v()[from] == y.v()[to] ? g.v()[to] : 0;
            }
          });
    }
    Value vx = input(x);
    Value vg = input(g);
    Value grad = Diff.vjp(F.maxPool2d(vx, c.w()), vg, List.of(vx)).get(0);
    assertClose(eval(grad, Map.of(vx, x, vg, g)), dx.v());
  }
}
