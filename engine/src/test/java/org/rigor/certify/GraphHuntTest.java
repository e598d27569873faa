// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Looks for a certified margin above the truth over random small graphs of every operation that has
 * lines: dense layers, then operations on values drawn at random, so that operands depend on each
 * other. Inputs have two features, and the truth is the least over a grid of the whole region.
 *
 * <p>{@code -Drigor.graphs=10000} hunts over that many graphs.
 */
class GraphHuntTest {
  private static final int GRAPHS = Integer.getInteger("rigor.graphs", 60);
  private static final int SAMPLES = 4;
  private static final int GRID = 31;
  private static final int UNITS = 3;
  private static final int FEATURES = 2;
  private static final Certificate[] ALL = Margins.certificates();

  private static final List<UnaryOperator<Value>> ONE =
      List.of(
          F::relu,
          F::tanh,
          F::sigmoid,
          F::softplus,
          F::erf,
          F::abs,
          F::square,
          F::jSquaredRelu,
          F::neg,
          x -> F.leakyRelu(x, -0.5),
          x -> F.leakyRelu(x, 2),
          x -> F.exp(F.mul(x, 0.5)),
          x -> F.expm1(F.minimum(x, F.constant(x, 0))),
          x -> F.clamp(x, -0.3, 0.6),
          x -> F.mul(x, F.sigmoid(x)),
          x -> F.mul(F.mul(x, 0.5), F.add(F.erf(F.mul(x, Math.sqrt(0.5))), 1)),
          GraphHuntTest::geluTanh,
          x -> F.mul(x, F.clamp(F.add(F.mul(x, 1 / 6.0), 0.5), 0, 1)),
          x -> F.mul(x, F.tanh(F.softplus(x))),
          x -> F.log(F.add(F.square(x), 0.3)),
          x -> F.log1p(F.abs(x)),
          x -> F.pow(F.add(F.abs(x), 0.1), F.constant(x, 1.7)),
          x -> F.pow(F.add(F.square(x), 0.1), F.constant(x, 0.4)),
          x -> F.pow(F.add(F.softplus(x), 0.2), F.constant(x, -0.7)),
          x -> F.sqrt(F.add(F.square(x), 0.2)),
          x -> F.rsqrt(F.add(F.softplus(x), 0.2)),
          x -> F.div(F.constant(x, 1), F.add(F.abs(x), 0.5)),
          x -> F.softmax(x, -1),
          x -> F.logSoftmax(x, -1),
          GraphHuntTest::layerNorm,
          x -> F.broadcast(F.max(x, -1), x.shape()),
          x -> F.broadcast(F.min(x, -1), x.shape()));

  private static final List<BinaryOperator<Value>> TWO =
      List.of(
          F::add,
          F::sub,
          F::mul,
          F::maximum,
          F::minimum,
          (a, b) -> F.div(a, F.add(F.square(b), 0.4)),
          (a, b) -> F.mul(F.sum(a, -1), b),
          GraphHuntTest::attention);

  private static Value geluTanh(Value x) {
    Value cubed = F.mul(F.mul(F.square(x), x), 0.044715);
    return F.mul(F.mul(x, F.add(F.tanh(F.mul(F.add(x, cubed), 0.7978845608)), 1)), 0.5);
  }

  private static Value layerNorm(Value x) {
    Value centred = F.sub(x, F.mean(x, -1));
    return F.div(centred, F.sqrt(F.add(F.mean(F.square(centred), -1), 0.05)));
  }

  /** Three tokens of one feature: softmax(a b') a. */
  private static Value attention(Value a, Value b) {
    Shape s = a.shape();
    Value q = F.reshape(a, s.insert(3, 1));
    Value k = F.reshape(b, s.insert(3, 1));
    return F.reshape(F.matmul(F.softmax(F.matmul(q, k, false, true), -1), q), s);
  }

  /** A graph drawn from a seed, the same for any batch. */
  private static Value graph(Value x, Map<String, Value> p, long seed) {
    Random r = new Random(seed);
    List<Value> at = new ArrayList<>();
    at.add(F.add(F.matmul(x, p.get("first")), p.get("bias")));
    for (int i = 0; i < 2 + r.nextInt(3); i++) {
      Value a = at.get(r.nextInt(at.size()));
      Value b = at.get(r.nextInt(at.size()));
      int k = r.nextInt(ONE.size() + TWO.size());
      Value next = k < ONE.size() ? ONE.get(k).apply(a) : TWO.get(k - ONE.size()).apply(a, b);
      at.add(r.nextInt(3) == 0 ? F.matmul(next, p.get("mix")) : next);
    }
    Value last = at.get(at.size() - 1);
    return F.matmul(r.nextBoolean() ? F.add(last, at.get(0)) : last, p.get("last"));
  }

  private static Map<String, Value> declare(Program.Builder b) {
    Map<String, Value> p = new LinkedHashMap<>();
    p.put("first", b.input("first", new TensorType(DType.F64, Shape.of(1, FEATURES, UNITS))));
    p.put("bias", b.input("bias", new TensorType(DType.F64, Shape.of(1, 1, UNITS))));
    p.put("mix", b.input("mix", new TensorType(DType.F64, Shape.of(1, UNITS, UNITS))));
    p.put("last", b.input("last", new TensorType(DType.F64, Shape.of(1, UNITS, 2))));
    return p;
  }

  @Test
  void noMarginIsAboveTheTruth() {
    int told = 0;
    int close = 0;
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = 1; seed <= GRAPHS; seed++) {
        Random r = new Random(-seed);
        Map<String, double[]> params = new LinkedHashMap<>();
        params.put("first", r.doubles(FEATURES * UNITS, -2, 2).toArray());
        params.put("bias", r.doubles(UNITS, -1, 1).toArray());
        params.put("mix", r.doubles(UNITS * UNITS, -1.5, 1.5).toArray());
        params.put("last", r.doubles(UNITS * 2, -1, 1).toArray());
        double[] x = r.doubles(SAMPLES * FEATURES, -1, 1).toArray();
        double[] epsilon = new double[SAMPLES];
        Arrays.setAll(epsilon, i -> Math.pow(10, -3 * r.nextDouble()));
        Norm norm = seed % 3 == 0 ? Norm.L2 : Norm.LINF;
        double[][] lower = lower(device, params, x, epsilon, norm, seed);
        double[] least = least(device, params, x, epsilon, norm, seed);
        for (int i = 0; i < SAMPLES; i++) {
          for (int c = 0; c < ALL.length; c++) {
            if (!Double.isNaN(lower[c][i])) {
              assertThat(lower[c][i])
                  .as("%s, seed %d, sample %d", ALL[c].name(), seed, i)
                  .isLessThanOrEqualTo(least[i] + 1e-11 * (1 + Math.abs(least[i])));
              told++;
              close += least[i] - lower[c][i] < 10 * epsilon[i] ? 1 : 0;
            }
          }
          boolean known = !Double.isNaN(lower[0][i]);
          assertThat(!known || lower[1][i] >= lower[0][i]).as("seed %d", seed).isTrue();
        }
      }
    }
    System.out.printf("%d graphs, %d margins, %d close: no violation%n", GRAPHS, told, close);
    assertThat(told).isGreaterThan(GRAPHS * SAMPLES * ALL.length * 9 / 10);
    assertThat(close).isGreaterThan(told / 2);
  }

  /** Margin of class 0 over class 1, by certificate and sample. */
  private static double[][] lower(
      Device device, Map<String, double[]> params, double[] x, double[] e, Norm norm, long seed) {
    Program.Builder b = Program.builder("margins");
    Map<String, Value> p = declare(b);
    Value vx = b.input("x", new TensorType(DType.F64, Shape.of(1, SAMPLES, FEATURES)));
    Value ve = b.input("epsilon", new TensorType(DType.F64, Shape.of(1, SAMPLES, 1)));
    Value oneHot = F.oneHot(F.fill(DType.I32, Shape.of(1, SAMPLES), 0), 2, DType.F64);
    Region region = Region.of(vx, ve, norm, Box.NONE);
    Value logits = graph(vx, p, seed);
    for (int c = 0; c < ALL.length; c++) {
      b.output("m" + c, F.slice(ALL[c].margins(logits, region, oneHot), 1, 1, 2));
    }
    try (Executable run = device.compile(Simplify.run(b.build()))) {
      write(run, params);
      write(run, Map.of("x", x, "epsilon", e));
      run.run();
      double[][] out = new double[ALL.length][];
      Arrays.setAll(out, c -> run.output("m" + c).read().doubles());
      return out;
    }
  }

  private static void write(Executable run, Map<String, double[]> values) {
    values.forEach(
        (name, v) -> {
          if (run.program().inputs().containsKey(name)) {
            run.input(name).write(HostTensor.of(run.input(name).type().shape(), v));
          }
        });
  }

  /** Least margin over a grid of each region. */
  private static double[] least(
      Device device, Map<String, double[]> params, double[] x, double[] e, Norm norm, long seed) {
    int n = GRID * GRID;
    double[] points = new double[SAMPLES * n * FEATURES];
    for (int i = 0; i < SAMPLES * n; i++) {
      int s = i / n;
      double u = 2.0 * (i % n / GRID) / (GRID - 1) - 1;
      double v = 2.0 * (i % GRID) / (GRID - 1) - 1;
      double shrink = norm == Norm.L2 ? Math.min(1, (1 - 1e-12) / Math.hypot(u, v)) : 1;
      points[2 * i] = x[2 * s] + e[s] * u * shrink;
      points[2 * i + 1] = x[2 * s + 1] + e[s] * v * shrink;
    }
    Program.Builder b = Program.builder("points");
    Map<String, Value> p = declare(b);
    Shape shape = Shape.of(1, SAMPLES * n, FEATURES);
    b.output("z", graph(b.input("x", new TensorType(DType.F64, shape)), p, seed));
    try (Executable run = device.compile(Simplify.run(b.build()))) {
      write(run, params);
      write(run, Map.of("x", points));
      run.run();
      double[] z = run.output("z").read().doubles();
      double[] out = new double[SAMPLES];
      Arrays.fill(out, Double.POSITIVE_INFINITY);
      for (int i = 0; i < SAMPLES * n; i++) {
        out[i / n] = Math.min(out[i / n], z[2 * i] - z[2 * i + 1]);
      }
      return out;
    }
  }
}
