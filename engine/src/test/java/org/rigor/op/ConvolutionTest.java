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

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.Diff;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.ImageCases.Case;
import org.rigor.op.ImageCases.Tensor;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Convolution in double against its definition, written out in loops. */
class ConvolutionTest {
  private static Tensor kernels(Case c) {
    return Tensor.random(
        2, M, c.w().height(), c.w().width(), c.channels() / c.groups(), c.outputs());
  }

  private interface Term {
    void at(int y, int x, int w);
  }

  /** Every term y[..] += x[..] w[..] of the convolution. */
  private static void terms(Case c, Tensor x, Tensor k, Tensor y, Term term) {
    int in = c.channels() / c.groups();
    int out = c.outputs() / c.groups();
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int o = 0; inside(c, row, column) && o < c.outputs(); o++) {
              for (int p = 0; p < in; p++) {
                term.at(
                    y.at(model, b, oy, ox, o),
                    x.at(model, b, row, column, o / out * in + p),
                    k.at(model, i, j, p, o));
              }
            }
          });
    }
  }

  @ParameterizedTest
  @MethodSource("org.rigor.op.ImageCases#cases")
  void convolutionItsAdjointAndBothGradients(Case c) {
    Tensor x = images(c);
    Tensor k = kernels(c);
    Tensor g = results(c, c.outputs(), 3);
    Tensor y = Tensor.zeros(g.shape().dims());
    Tensor dx = Tensor.zeros(x.shape().dims());
    Tensor dk = Tensor.zeros(k.shape().dims());
    terms(
        c,
        x,
        k,
        y,
        (yi, xi, ki) -> {
          y.v()[yi] += x.v()[xi] * k.v()[ki];
          dx.v()[xi] += g.v()[yi] * k.v()[ki];
          dk.v()[ki] += g.v()[yi] * x.v()[xi];
        });
    Value vx = input(x);
    Value vk = input(k);
    Value vg = input(g);
    Map<Value, Tensor> env = new IdentityHashMap<>(Map.of(vx, x, vk, k, vg, g));
    Value vy = F.conv2d(vx, vk, c.w(), c.groups());
    assertThat(vy.shape()).isEqualTo(y.shape());
    assertClose(eval(vy, env), y.v());
    List<Value> grads = Diff.vjp(vy, vg, List.of(vx, vk));
    assertClose(eval(grads.get(0), env), dx.v());
    assertClose(eval(grads.get(1), env), dk.v());
    Value back = F.convTranspose2d(vg, vk, c.w(), c.groups(), c.height(), c.width());
    assertClose(eval(back, env), dx.v());
  }

  @Test
  void sharedImagesAndSharedKernels() {
    Case c = new Case(Windows.of(2).padding(1, 0, 0, 1), 4, 3, 4, 6, 2);
    Tensor x = images(c);
    Tensor k = kernels(c);
    Tensor x1 = new Tensor(x.shape().with(0, 1), Arrays.copyOf(x.v(), x.v().length / M));
    Tensor k1 = new Tensor(k.shape().with(0, 1), Arrays.copyOf(k.v(), k.v().length / M));
    Value vx = input(x);
    Value vk = input(k);
    Value vx1 = input(x1);
    Value vk1 = input(k1);
    Map<Value, Tensor> env = Map.of(vx, x, vk, k, vx1, x1, vk1, k1);
    double[] full = eval(F.conv2d(vx, vk, c.w(), 2), env);
    double[] images = eval(F.conv2d(vx1, vk, c.w(), 2), env);
    double[] kernels = eval(F.conv2d(vx, vk1, c.w(), 2), env);
    int half = full.length / M;
    for (int i = 0; i < half; i++) {
      assertThat(images[i]).isEqualTo(full[i]);
      assertThat(kernels[i]).isEqualTo(full[i]);
    }
  }

  /** Sums that cancel: the computed one is wrong, its sides hold the exact one. */
  @ParameterizedTest
  @MethodSource("org.rigor.op.ImageCases#cases")
  void sidesOfFoldHoldTheExactSum(Case c) {
    int[] d = c.w().on(images(c).shape(), c.groups()).dims();
    Tensor t = Tensor.random(5, d);
    Random r = new Random(6);
    for (int i = 0; i < t.v().length; i++) {
      t.v()[i] *= Math.pow(10, r.nextInt(17));
    }
    BigDecimal[] exact = new BigDecimal[images(c).v().length];
    Arrays.fill(exact, BigDecimal.ZERO);
    Tensor x = images(c);
    int each = c.channels() / c.groups();
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int p = 0; inside(c, row, column) && p < c.channels(); p++) {
              double v = t.v()[t.at(model, b, oy, ox, p / each, i, j, p % each)];
              int to = x.at(model, b, row, column, p);
              exact[to] = exact[to].add(new BigDecimal(v));
            }
          });
    }
    Value in = input(t);
    Value y = F.fold(in, c.w(), c.groups(), c.height(), c.width());
    Interval sides = y.op().bound(y, List.of(Interval.point(in)));
    double[] lower = eval(sides.lower(), Map.of(in, t));
    double[] upper = eval(sides.upper(), Map.of(in, t));
    for (int i = 0; i < exact.length; i++) {
      assertThat(new BigDecimal(lower[i])).isLessThanOrEqualTo(exact[i]);
      assertThat(new BigDecimal(upper[i])).isGreaterThanOrEqualTo(exact[i]);
      assertThat(upper[i] - lower[i]).isLessThan(1e5);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWhereItIsTraced() {
    Value x = input(Tensor.zeros(1, 2, 4, 5, 6));
    Value k = input(Tensor.zeros(1, 3, 3, 6, 4));
    assertThatThrownBy(() -> F.conv2d(x, k, Windows.of(3).dilation(2)))
        .hasMessageContaining("windows need at least 5 rows")
        .hasMessageContaining("(0 + 4 + 0)")
        .hasMessageContaining("traced at");
    assertThatThrownBy(() -> F.conv2d(x, k, Windows.of(3, 6)))
        .hasMessageContaining("windows need at least 6 columns");
    assertThatThrownBy(() -> F.conv2d(x, k, Windows.of(2)))
        .hasMessageContaining("kernels must be [M, 2, 2, 6, multiple of 1], got [1, 3, 3, 6, 4]");
    assertThatThrownBy(() -> F.conv2d(x, k, Windows.of(3), 4))
        .hasMessageContaining("groups must divide the channels: 4 groups, 6 channels");
    assertThatThrownBy(() -> F.conv2d(x, k, Windows.of(3), 2)).hasMessageContaining("3, multiple");
    Value large =
        Program.builder("t").input("x", new TensorType(DType.F32, Shape.of(3, 1 << 20, 32, 32, 1)));
    assertThatThrownBy(() -> F.unfold(large, Windows.of(2), 1, 0))
        .hasMessageContaining("more than 2^31 elements a model");
    assertThatThrownBy(() -> Windows.of(2).stride(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> Windows.of(2).padding(-1)).hasMessageContaining("at least 0");
    assertThatThrownBy(() -> F.convTranspose2d(x, k, Windows.of(3), 4, 5))
        .hasMessageContaining("do not give 6 channels");
    Value y = input(Tensor.zeros(1, 2, 2, 2, 4));
    assertThatThrownBy(() -> F.convTranspose2d(y, k, Windows.of(3), 4, 5))
        .hasMessageContaining("windows of images");
  }
}
