// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.Diff;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Convolution and pooling in double against their definitions, written out in loops. */
class ConvolutionTest {
  private static final int M = 2;
  private static final int B = 2;

  /** Images are M x B x height x width x channels. */
  record Case(Windows w, int height, int width, int channels, int outputs, int groups) {}

  /** All kinds of windows on images of odd and of unequal extents. */
  static Stream<Case> cases() {
    Random r = new Random(3);
    List<Case> out = new ArrayList<>();
    out.add(new Case(Windows.of(3).stride(2).padding(1), 7, 7, 1, 4, 1));
    out.add(new Case(Windows.of(1), 3, 4, 3, 2, 1));
    out.add(new Case(Windows.of(2).padding(0, 0, 1, 1), 4, 5, 2, 3, 1)); // even, "same"
    out.add(new Case(Windows.of(5, 7).padding(4, 6, 4, 6), 1, 2, 1, 2, 1));
    out.add(new Case(Windows.of(3), 4, 5, 6, 6, 6)); // depthwise
    while (out.size() < 60) {
      int groups = 1 + r.nextInt(3);
      Windows w =
          new Windows(
              1 + r.nextInt(4),
              1 + r.nextInt(4),
              1 + r.nextInt(3),
              1 + r.nextInt(3),
              1 + r.nextInt(3),
              1 + r.nextInt(3),
              r.nextInt(3),
              r.nextInt(3),
              r.nextInt(3),
              r.nextInt(3));
      int height = 1 + r.nextInt(9);
      int width = 1 + r.nextInt(9);
      if ((w.height() - 1) * w.dilationH() < height + w.top() + w.bottom()
          && (w.width() - 1) * w.dilationW() < width + w.left() + w.right()) {
        out.add(
            new Case(
                w,
                height,
                width,
                groups * (1 + r.nextInt(3)),
                groups * (1 + r.nextInt(3)),
                groups));
      }
    }
    return out.stream();
  }

  /** A double tensor with its extents. */
  private record Tensor(Shape shape, double[] v) {
    static Tensor zeros(int... dims) {
      return new Tensor(Shape.of(dims), new double[(int) Shape.of(dims).size()]);
    }

    static Tensor random(long seed, int... dims) {
      Tensor t = zeros(dims);
      Random r = new Random(seed);
      for (int i = 0; i < t.v.length; i++) {
        t.v[i] = r.nextGaussian();
      }
      return t;
    }

    int at(int... index) {
      int i = 0;
      for (int k = 0; k < index.length; k++) {
        i = i * shape.dim(k) + index[k];
      }
      return i;
    }
  }

  private interface Tap {
    void at(int b, int y, int x, int i, int j, int row, int column);
  }

  /** Every tap of every window, padding included. */
  private static void taps(Case c, Tap tap) {
    Windows w = c.w;
    for (int b = 0; b < B; b++) {
      for (int y = 0; y < w.rows(c.height); y++) {
        for (int x = 0; x < w.columns(c.width); x++) {
          for (int i = 0; i < w.height(); i++) {
            for (int j = 0; j < w.width(); j++) {
              int row = y * w.strideH() - w.top() + i * w.dilationH();
              int column = x * w.strideW() - w.left() + j * w.dilationW();
              tap.at(b, y, x, i, j, row, column);
            }
          }
        }
      }
    }
  }

  private static boolean inside(Case c, int row, int column) {
    return row >= 0 && row < c.height && column >= 0 && column < c.width;
  }

  private static Tensor images(Case c) {
    return Tensor.random(1, M, B, c.height, c.width, c.channels);
  }

  private static Tensor kernels(Case c) {
    return Tensor.random(2, M, c.w.height(), c.w.width(), c.channels / c.groups, c.outputs);
  }

  private static Tensor results(Case c, int channels, long seed) {
    return Tensor.random(seed, M, B, c.w.rows(c.height), c.w.columns(c.width), channels);
  }

  private interface Term {
    void at(int y, int x, int w);
  }

  /** Every term y[..] += x[..] w[..] of the convolution. */
  private static void terms(Case c, Tensor x, Tensor k, Tensor y, Term term) {
    int in = c.channels / c.groups;
    int out = c.outputs / c.groups;
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int o = 0; inside(c, row, column) && o < c.outputs; o++) {
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

  private static Value input(Tensor t) {
    return Program.builder("t").input("x", new TensorType(DType.F64, t.shape));
  }

  private static double[] eval(Value y, Map<Value, Tensor> env) {
    Map<Value, HostTensor> host = new IdentityHashMap<>();
    env.forEach((v, t) -> host.put(v, HostTensor.of(t.shape, t.v)));
    return NaiveEvaluator.eval(y, host).doubles();
  }

  private static void assertClose(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("element %d", i).isCloseTo(expected[i], within(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void convolutionItsAdjointAndBothGradients(Case c) {
    Tensor x = images(c);
    Tensor k = kernels(c);
    Tensor g = results(c, c.outputs, 3);
    Tensor y = Tensor.zeros(g.shape.dims());
    Tensor dx = Tensor.zeros(x.shape.dims());
    Tensor dk = Tensor.zeros(k.shape.dims());
    terms(
        c,
        x,
        k,
        y,
        (yi, xi, ki) -> {
          y.v[yi] += x.v[xi] * k.v[ki];
          dx.v[xi] += g.v[yi] * k.v[ki];
          dk.v[ki] += g.v[yi] * x.v[xi];
        });
    Value vx = input(x);
    Value vk = input(k);
    Value vg = input(g);
    Map<Value, Tensor> env = new IdentityHashMap<>(Map.of(vx, x, vk, k, vg, g));
    Value vy = F.conv2d(vx, vk, c.w, c.groups);
    assertThat(vy.shape()).isEqualTo(y.shape);
    assertClose(eval(vy, env), y.v);
    List<Value> grads = Diff.vjp(vy, vg, List.of(vx, vk));
    assertClose(eval(grads.get(0), env), dx.v);
    assertClose(eval(grads.get(1), env), dk.v);
    Value back = F.convTranspose2d(vg, vk, c.w, c.groups, c.height, c.width);
    assertClose(eval(back, env), dx.v);
  }

  /** Window by window, the numbers on the image. */
  private static void pooled(Case c, Tensor x, Tensor y, BinaryOperator<Double> join) {
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int p = 0; inside(c, row, column) && p < c.channels; p++) {
              int to = y.at(model, b, oy, ox, p);
              y.v[to] = join.apply(y.v[to], x.v[x.at(model, b, row, column, p)]);
            }
          });
    }
  }

  private static boolean paddingOnly(Case c) {
    try {
      c.w.requirePixels(c.height, c.width);
      return false;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pooling(Case c) {
    Tensor x = images(c);
    Value vx = input(x);
    Map<Value, Tensor> env = Map.of(vx, x);
    Tensor n = Tensor.zeros(results(c, c.channels, 0).shape.dims());
    Tensor sum = Tensor.zeros(n.shape.dims());
    Tensor max = Tensor.zeros(n.shape.dims());
    Arrays.fill(max.v, Double.NEGATIVE_INFINITY);
    pooled(c, x, n, (a, b) -> a + 1);
    pooled(c, x, sum, Double::sum);
    pooled(c, x, max, Math::max);
    double[] all = sum.v.clone();
    for (int i = 0; i < all.length; i++) {
      all[i] /= c.w.taps();
      sum.v[i] /= n.v[i];
    }
    assertClose(eval(F.averagePool2d(vx, c.w, true), env), all);
    if (paddingOnly(c)) {
      assertThatThrownBy(() -> F.maxPool2d(vx, c.w)).hasMessageContaining("padding only");
      assertThatThrownBy(() -> F.averagePool2d(vx, c.w, false))
          .hasMessageContaining("padding only");
    } else {
      assertThat(eval(F.maxPool2d(vx, c.w), env)).containsExactly(max.v);
      assertClose(eval(F.averagePool2d(vx, c.w, false), env), sum.v);
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
        eval(F.averagePool2d(vx, c.w, true), Map.of(vx, x)));
  }

  /** The gradient goes to the largest number of a window, summed where windows overlap. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientOfMaximum(Case c) {
    if (paddingOnly(c)) {
      return;
    }
    Tensor x = images(c);
    Tensor y = Tensor.zeros(results(c, c.channels, 0).shape.dims());
    Arrays.fill(y.v, Double.NEGATIVE_INFINITY);
    pooled(c, x, y, Math::max);
    Tensor g = results(c, c.channels, 3);
    Tensor dx = Tensor.zeros(x.shape.dims());
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int p = 0; inside(c, row, column) && p < c.channels; p++) {
              int from = x.at(model, b, row, column, p);
              int to = y.at(model, b, oy, ox, p);
              dx.v[from] += x.v[from] == y.v[to] ? g.v[to] : 0;
            }
          });
    }
    Value vx = input(x);
    Value vg = input(g);
    Value grad = Diff.vjp(F.maxPool2d(vx, c.w), vg, List.of(vx)).get(0);
    assertClose(eval(grad, Map.of(vx, x, vg, g)), dx.v);
  }

  @Test
  void sharedImagesAndSharedKernels() {
    Case c = new Case(Windows.of(2).padding(1, 0, 0, 1), 4, 3, 4, 6, 2);
    Tensor x = images(c);
    Tensor k = kernels(c);
    Tensor x1 = new Tensor(x.shape.with(0, 1), Arrays.copyOf(x.v, x.v.length / M));
    Tensor k1 = new Tensor(k.shape.with(0, 1), Arrays.copyOf(k.v, k.v.length / M));
    Value vx = input(x);
    Value vk = input(k);
    Value vx1 = input(x1);
    Value vk1 = input(k1);
    Map<Value, Tensor> env = Map.of(vx, x, vk, k, vx1, x1, vk1, k1);
    double[] full = eval(F.conv2d(vx, vk, c.w, 2), env);
    double[] images = eval(F.conv2d(vx1, vk, c.w, 2), env);
    double[] kernels = eval(F.conv2d(vx, vk1, c.w, 2), env);
    int half = full.length / M;
    for (int i = 0; i < half; i++) {
      assertThat(images[i]).isEqualTo(full[i]);
      assertThat(kernels[i]).isEqualTo(full[i]);
    }
  }

  /** Sums that cancel: the computed one is wrong, its sides hold the exact one. */
  @ParameterizedTest
  @MethodSource("cases")
  void sidesOfFoldHoldTheExactSum(Case c) {
    int[] d = c.w.on(images(c).shape, c.groups).dims();
    Tensor t = Tensor.random(5, d);
    Random r = new Random(6);
    for (int i = 0; i < t.v.length; i++) {
      t.v[i] *= Math.pow(10, r.nextInt(17));
    }
    BigDecimal[] exact = new BigDecimal[images(c).v.length];
    Arrays.fill(exact, BigDecimal.ZERO);
    Tensor x = images(c);
    int each = c.channels / c.groups;
    for (int m = 0; m < M; m++) {
      int model = m;
      taps(
          c,
          (b, oy, ox, i, j, row, column) -> {
            for (int p = 0; inside(c, row, column) && p < c.channels; p++) {
              double v = t.v[t.at(model, b, oy, ox, p / each, i, j, p % each)];
              int to = x.at(model, b, row, column, p);
              exact[to] = exact[to].add(new BigDecimal(v));
            }
          });
    }
    Value in = input(t);
    Value y = F.fold(in, c.w, c.groups, c.height, c.width);
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
    assertThatThrownBy(() -> Windows.of(2).stride(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> Windows.of(2).padding(-1)).hasMessageContaining("at least 0");
    assertThatThrownBy(() -> F.convTranspose2d(x, k, Windows.of(3), 4, 5))
        .hasMessageContaining("do not give 6 channels");
    Value y = input(Tensor.zeros(1, 2, 2, 2, 4));
    assertThatThrownBy(() -> F.convTranspose2d(y, k, Windows.of(3), 4, 5))
        .hasMessageContaining("windows of images");
  }
}
