// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Windows on images of all kinds, and what is computed of them in loops and by the engine. */
final class ImageCases {
  private ImageCases() {}

  static final int M = 2;
  static final int B = 2;

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
  record Tensor(Shape shape, double[] v) {
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

  interface Tap {
    void at(int b, int y, int x, int i, int j, int row, int column);
  }

  /** Every tap of every window, padding included. */
  static void taps(Case c, Tap tap) {
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

  static boolean inside(Case c, int row, int column) {
    return row >= 0 && row < c.height && column >= 0 && column < c.width;
  }

  static Tensor images(Case c) {
    return Tensor.random(1, M, B, c.height, c.width, c.channels);
  }

  static Tensor results(Case c, int channels, long seed) {
    return Tensor.random(seed, M, B, c.w.rows(c.height), c.w.columns(c.width), channels);
  }

  static Value input(Tensor t) {
    return Program.builder("t").input("x", new TensorType(DType.F64, t.shape));
  }

  static double[] eval(Value y, Map<Value, Tensor> env) {
    Map<Value, HostTensor> host = new IdentityHashMap<>();
    env.forEach((v, t) -> host.put(v, HostTensor.of(t.shape, t.v)));
    return NaiveEvaluator.eval(y, host).doubles();
  }

  static void assertClose(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("element %d", i).isCloseTo(expected[i], within(1e-12));
    }
  }
}
