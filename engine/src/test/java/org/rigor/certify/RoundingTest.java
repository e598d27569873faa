// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Networks whose weights cancel, against exact rational arithmetic. */
class RoundingTest {
  private static final int D = 4;
  private static final int H = 6;
  private static final int MODELS = 400;

  /**
   * Pairs of hidden units with nearly equal incoming and nearly opposite outgoing weights of size
   * 10^8: coefficients, pre-activations and sums all cancel. Without any one of the rounding terms
   * some bound is above the exact margin of the point.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0, 1e-30})
  void coversRoundingOfCancellingWeights(double epsilon) {
    Sequential net = Sequential.mlp(Shape.of(D), List.of(H, H), Activation.RELU, 2);
    Margins m = new Margins(net, MODELS, 1).random(4, 1);
    m.box = Box.NONE;
    Random r = new Random(9);
    for (String layer : List.of("0.", "2.")) {
      double[] w = m.params.get(layer + "weight").doubles();
      for (int i = 0; i < w.length; i += 2) {
        w[i] = 1e8 * r.nextGaussian();
        w[i + 1] = w[i] + r.nextGaussian(); // unit 2k + 1 repeats unit 2k
      }
      // every unit is on, or else errors would stop there
      Arrays.setAll(m.params.get(layer + "bias").doubles(), i -> 1e17 * (2 + r.nextDouble()));
    }
    double[] last = m.params.get("4.weight").doubles(); // [H, 2]
    for (int i = 0; i < last.length; i += 4) {
      last[i] = 1e8 * r.nextGaussian();
      last[i + 1] = 1e8 * r.nextGaussian();
      last[i + 2] = -last[i] + r.nextGaussian();
      last[i + 3] = -last[i + 1] + r.nextGaussian();
    }
    Arrays.fill(m.epsilon, epsilon);
    List<double[]> lower = m.lower(new Ibp(), new Crown(false), new Crown());
    for (int i = 0; i < MODELS; i++) {
      BigDecimal exact = exact(m, i);
      for (double[] l : lower) {
        assertThat(new BigDecimal(l[i])).as("model %d", i).isLessThanOrEqualTo(exact);
      }
    }
  }

  /** Exact coefficients and values: only the rounding of the sum itself can be wrong. */
  @Test
  void coversTheSumOfItsTerms() {
    int n = 9;
    int samples = 400;
    Random r = new Random(5);
    double[] a = new double[samples * n];
    double[] x = new double[samples * n];
    Arrays.setAll(a, i -> r.nextGaussian());
    Arrays.setAll(x, i -> r.nextGaussian() * Math.pow(10, r.nextInt(20)));
    Program.Builder b = Program.builder("terms");
    Value va = b.input("a", new TensorType(DType.F64, Shape.of(1, 1, samples, n)));
    Value vx = b.input("x", new TensorType(DType.F64, Shape.of(1, samples, n)));
    Terms terms = new Terms(true);
    terms.known(va, Interval.point(vx));
    b.output("lower", terms.total());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      e.input("a").write(HostTensor.of(Shape.of(1, 1, samples, n), a));
      e.input("x").write(HostTensor.of(Shape.of(1, samples, n), x));
      e.run();
      double[] lower = e.output("lower").read().doubles();
      for (int i = 0; i < samples; i++) {
        BigDecimal exact = BigDecimal.ZERO;
        for (int k = n * i; k < n * i + n; k++) {
          exact = exact.add(new BigDecimal(a[k]).multiply(new BigDecimal(x[k])));
        }
        assertThat(new BigDecimal(lower[i])).as("sample %d", i).isLessThanOrEqualTo(exact);
      }
    }
  }

  private static BigDecimal exact(Margins m, int model) {
    BigDecimal[] h = new BigDecimal[D];
    for (int i = 0; i < D; i++) {
      h[i] = new BigDecimal(m.x[model * D + i]);
    }
    for (String layer : List.of("0.", "2.", "4.")) {
      double[] w = m.params.get(layer + "weight").doubles();
      double[] b = m.params.get(layer + "bias").doubles();
      int n = b.length / MODELS;
      BigDecimal[] next = new BigDecimal[n];
      for (int j = 0; j < n; j++) {
        next[j] = new BigDecimal(b[model * n + j]);
        for (int i = 0; i < h.length; i++) {
          BigDecimal weight = new BigDecimal(w[(model * h.length + i) * n + j]);
          next[j] = next[j].add(h[i].multiply(weight));
        }
        next[j] = layer.equals("4.") ? next[j] : next[j].max(BigDecimal.ZERO);
      }
      h = next;
    }
    return h[m.y[model]].subtract(h[1 - m.y[model]]);
  }
}
