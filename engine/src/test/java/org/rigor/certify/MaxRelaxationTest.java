// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Lines around a maximum: below and above it at every corner of the box and inside. */
class MaxRelaxationTest {
  private static final int N = 3000;
  private static final int K = 4;
  private static final double PADDING = Double.NEGATIVE_INFINITY;

  @Test
  void enclosesTheMaximum() {
    Random r = new Random(5);
    double[] l = new double[N * K];
    double[] u = new double[N * K];
    for (int i = 0; i < N * K; i++) {
      l[i] = r.nextGaussian();
      double width = Math.pow(10, 4 * r.nextDouble() - 3);
      u[i] = l[i] + (r.nextInt(5) == 0 ? 0 : width);
      if (r.nextInt(6) == 0 && i % K != i / K % K) {
        l[i] = PADDING;
        u[i] = PADDING;
      }
    }
    double[][] lines = lines(l, u);
    for (int i = 0; i < N; i++) {
      double least = Arrays.stream(l, i * K, i * K + K).max().getAsDouble();
      double most = Arrays.stream(u, i * K, i * K + K).max().getAsDouble();
      double sum = 0;
      for (int k = 0; k < K; k++) {
        sum += lines[2][i * K + k];
        if (l[i * K + k] == PADDING) {
          assertThat(lines[0][i * K + k]).isZero();
          assertThat(lines[2][i * K + k]).isZero();
        }
      }
      assertThat(sum).isBetween(0.0, 1 + 1e-12);
      for (int point = 0; point < 16 + 40; point++) {
        double max = PADDING;
        double low = lines[1][i];
        double high = lines[3][i];
        for (int k = 0; k < K; k++) {
          int at = i * K + k;
          double t = point < 16 ? point >> k & 1 : r.nextDouble();
          double x = t == 1 || l[at] == PADDING ? u[at] : l[at] + t * (u[at] - l[at]);
          max = Math.max(max, x);
          low += lines[0][at] == 0 ? 0 : lines[0][at] * x;
          high += lines[2][at] == 0 ? 0 : lines[2][at] * x;
        }
        assertThat(low).as("window %d", i).isLessThanOrEqualTo(max + 1e-14 * (1 + Math.abs(max)));
        assertThat(high)
            .as("window %d", i)
            .isGreaterThanOrEqualTo(max - 1e-14 * (1 + Math.abs(max)));
        assertThat(high - low).isLessThanOrEqualTo(K * (width(l, u, i) + most - least) + 1e-12);
      }
    }
  }

  private static double width(double[] l, double[] u, int window) {
    double most = 0;
    for (int at = window * K; at < window * K + K; at++) {
      most = l[at] == PADDING ? most : Math.max(most, u[at] - l[at]);
    }
    return most;
  }

  /** An element above all others is the maximum: both lines are that element. */
  @Test
  void isExactWhereOneElementWins() {
    double[] l = new double[N * K];
    double[] u = new double[N * K];
    for (int i = 0; i < N * K; i++) {
      l[i] = i % K == 2 ? 1 : -1;
      u[i] = i % K == 2 ? 3 : 1;
    }
    double[][] lines = lines(l, u);
    for (int k = 0; k < K; k++) {
      assertThat(lines[0][k]).isEqualTo(k == 2 ? 1 : 0);
      assertThat(lines[2][k]).isBetween(k == 2 ? 1 - 1e-15 : 0, k == 2 ? 1 : 0.0);
    }
    assertThat(lines[1][0]).isZero();
    assertThat(lines[3][0]).isBetween(0.0, 1e-14);
  }

  @Test
  void saysNothingOfNumbersThatAreNone() {
    double[] l = new double[N * K];
    double[] u = new double[N * K];
    l[1] = Double.NaN;
    u[1] = Double.NaN;
    u[K + 1] = Double.POSITIVE_INFINITY;
    double[][] lines = lines(l, u);
    assertThat(lines[1][0]).isNaN();
    assertThat(lines[3][0]).isNaN();
    assertThat(lines[2][K + 1] * 1e300 + lines[3][1] >= 1e300).isFalse();
  }

  /** Lower slopes, lower intercepts, upper slopes, upper intercepts. */
  private static double[][] lines(double[] l, double[] u) {
    Program.Builder b = Program.builder("lines");
    TensorType type = new TensorType(DType.F64, Shape.of(1, N, K));
    Interval x = new Interval(b.input("l", type), b.input("u", type));
    Value y = F.max(b.input("x", type), 2);
    Lines n = y.op().relax(y, List.of(x)).get(0);
    Value[] all = {n.lowerSlope(), n.lowerIntercept(), n.upperSlope(), n.upperIntercept()};
    double[][] out = new double[4][];
    for (int i = 0; i < 4; i++) {
      b.output("o" + i, F.broadcast(all[i], i % 2 == 0 ? type.shape() : y.shape()));
    }
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      e.input("l").write(HostTensor.of(type.shape(), l));
      e.input("u").write(HostTensor.of(type.shape(), u));
      e.run();
      for (int i = 0; i < 4; i++) {
        out[i] = e.output("o" + i).read().doubles();
      }
    }
    return out;
  }
}
