// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.linalg.Cholesky;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.workspace.Workspace;

/** Approximations of posteriors against closed forms. */
class PosteriorTest {
  private static final int N = 12;
  private static Device device;

  @BeforeAll
  static void open() {
    device = new CpuDevice(1, "scalar", "test");
  }

  @AfterAll
  static void close() {
    device.close();
  }

  private static double[] gaussians(int n, long seed) {
    Random r = new Random(seed);
    return r.doubles(n).map(u -> Math.sqrt(2) * 1.3 * (u - 0.5) * 2).toArray();
  }

  /** y = x w + b + noise, noise 0.5, priors 2 and 3; precision X'X / 0.25 + diag(1/4, 1/4, 1/9). */
  private static NetworkPosterior regression() {
    Sequential net = new Sequential(Shape.of(2), List.of(new Dense(1)));
    return new NetworkPosterior(
        net,
        HostTensor.of(Shape.of(N, 2), gaussians(2 * N, 1)),
        HostTensor.of(Shape.of(N, 1), gaussians(N, 2)),
        new Likelihood.Normal(0.5),
        Map.of("0.weight", 2.0, "0.bias", 3.0),
        1);
  }

  private static double[] precision() {
    double[] x = gaussians(2 * N, 1);
    double[] p = {1 / 4.0, 0, 0, 0, 1 / 4.0, 0, 0, 0, 1 / 9.0};
    for (int i = 0; i < N; i++) {
      double[] row = {x[2 * i], x[2 * i + 1], 1};
      for (int a = 0; a < 9; a++) {
        p[a] += row[a / 3] * row[a % 3] / 0.25;
      }
    }
    return p;
  }

  private static double[] mean() {
    double[] x = gaussians(2 * N, 1);
    double[] y = gaussians(N, 2);
    double[] b = new double[3];
    for (int i = 0; i < N; i++) {
      b[0] += x[2 * i] * y[i] / 0.25;
      b[1] += x[2 * i + 1] * y[i] / 0.25;
      b[2] += y[i] / 0.25;
    }
    return Cholesky.of(precision(), 3).orElseThrow().solve(b);
  }

  private static Map<String, HostTensor> zeros(Potential target, int rows) {
    Map<String, HostTensor> w = new LinkedHashMap<>();
    target
        .parameters()
        .forEach((name, s) -> w.put(name, HostTensor.zeros(State.f64(s.insert(0, rows)))));
    return w;
  }

  private static Descent exact(double rate) {
    return new Descent(
        new Optimiser.Sgd(false), rate, new Schedule.Constant(), 1500, Map.of("momentum", 0.5));
  }

  private static final List<TrialKey> KEY = List.of(TrialKey.of(0, "test"));

  @Test
  void laplaceOfALinearRegressionIsItsPosterior() {
    NetworkPosterior target = regression();
    Map<String, HostTensor> mode =
        Laplace.mode(device, target, KEY, zeros(target, 1), exact(0.005));
    double[] w = mean();
    assertThat(mode.get("0.weight").doubles())
        .containsExactly(new double[] {w[0], w[1]}, within(1e-10));
    assertThat(mode.get("0.bias").get(0)).isCloseTo(w[2], within(1e-10));
    for (Laplace.Matrix m : List.of(Laplace.Matrix.HESSIAN, Laplace.Matrix.GAUSS_NEWTON)) {
      Laplace.Fit fit = new Laplace(m).fit(device, target, mode);
      double[] l = Cholesky.of(precision(), 3).orElseThrow().l();
      assertThat(fit.factor().doubles()).as("%s", m).containsExactly(l, within(1e-10));
    }
    Laplace.Fit diagonal = new Laplace(Laplace.Matrix.DIAGONAL).fit(device, target, mode);
    assertThat(diagonal.logDeterminant(0))
        .isCloseTo(Math.log(precision()[0] * precision()[4] * precision()[8]), within(1e-10));
  }

  /** Covariance of draws L^-T z against the inverse of the precision. */
  @Test
  void laplaceDrawsHaveTheCovariance() {
    NetworkPosterior target = regression();
    Laplace.Fit fit = new Laplace(Laplace.Matrix.HESSIAN).fit(device, target, zeros(target, 1));
    int n = 20_000;
    Map<String, HostTensor> draws = fit.draws(device, KEY, 0, n);
    double[] w = draws.get("0.weight").doubles();
    double[] b = draws.get("0.bias").doubles();
    Cholesky factor = Cholesky.of(precision(), 3).orElseThrow();
    for (int i = 0; i < 3; i++) {
      double[] unit = new double[3];
      unit[i] = 1;
      double[] column = factor.solve(unit);
      for (int j = 0; j < 3; j++) {
        double sum = 0;
        for (int t = 0; t < n; t++) {
          double[] row = {w[2 * t], w[2 * t + 1], b[t]};
          sum += row[i] * row[j];
        }
        assertThat(sum / n).isCloseTo(column[j], within(0.03 * factor.solve(unit)[i] + 2e-4));
      }
    }
    Map<String, HostTensor> later = fit.draws(device, KEY, 5, 1);
    assertThat(later.get("0.bias").get(0)).as("draw 5 is draw 5").isEqualTo(b[5]);
  }

  /** Mean exact, variances 1 / precision_ii (Bishop 2006, 10.1.2). */
  @Test
  void meanFieldOfANormalDistribution() {
    NetworkPosterior target = regression();
    MeanField vi = new MeanField(0, 0, 0.1, exact(0.004));
    MeanField.Fit q = vi.fit(device, target, KEY, zeros(target, 1));
    double[] w = mean();
    double[] p = precision();
    double[] mean = {
      q.mean().get("0.weight").get(0),
      q.mean().get("0.weight").get(1),
      q.mean().get("0.bias").get(0)
    };
    double[] log = {
      q.logDeviation().get("0.weight").get(0),
      q.logDeviation().get("0.weight").get(1),
      q.logDeviation().get("0.bias").get(0)
    };
    for (int i = 0; i < 3; i++) {
      assertThat(mean[i]).isCloseTo(w[i], within(1e-9));
      assertThat(Math.exp(2 * log[i])).isCloseTo(1 / p[4 * i], within(1e-9));
    }
    MeanField random = new MeanField(8, 0, 0.1, Descent.adam(0.02, 2000));
    MeanField.Fit r = random.fit(device, target, KEY, zeros(target, 1));
    assertThat(r.mean().get("0.bias").get(0)).isCloseTo(w[2], within(0.01));
    assertThat(Math.exp(2 * r.logDeviation().get("0.bias").get(0)))
        .isCloseTo(1 / p[8], within(0.002));
  }

  /** The sum over all batches of size 1 is the whole; so is a batch with every sample once. */
  @Test
  void estimatesAddUpToThePotential() {
    NetworkPosterior target = regression();
    org.rigor.ir.Program.Builder b = org.rigor.ir.Program.builder("estimate");
    Map<String, org.rigor.ir.Value> w = State.declare(b, "param/", target, 1);
    b.output("all", target.of(b, w));
    org.rigor.ir.Program.Builder c = org.rigor.ir.Program.builder("estimate");
    Map<String, org.rigor.ir.Value> v = State.declare(c, "param/", target, 1);
    c.output("part", target.estimate(c, v, org.rigor.op.F.iota(2, 1, N)));
    try (Workspace space = new Workspace(device, "test")) {
      space.putAll("", target.inputs());
      space.put("param/0.weight", HostTensor.of(Shape.of(1, 2, 1), 0.3, -0.7));
      space.put("param/0.bias", HostTensor.of(Shape.of(1, 1, 1), 0.2));
      space.link(b.build()).run();
      space.link(c.build()).run();
      assertThat(space.read("part").get(0)).isCloseTo(space.read("all").get(0), within(1e-12));
    }
  }

  private static NetworkPosterior classifier(double temperature) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(3), Activation.TANH, 3);
    int[] labels = new int[N];
    for (int i = 0; i < N; i++) {
      labels[i] = i % 3;
    }
    return NetworkPosterior.classifier(
        net, HostTensor.of(Shape.of(N, 2), gaussians(2 * N, 3)), labels, 1.5, temperature);
  }

  /** Gauss-Newton by hand: sum J' (diag p - p p') J, J by differences of the logits. */
  @Test
  void gaussNewtonOfAClassifier() {
    NetworkPosterior target = classifier(0.5);
    Map<String, HostTensor> w = new HashMap<>();
    int at = 0;
    for (Map.Entry<String, Shape> p : target.parameters().entrySet()) {
      w.put(
          p.getKey(),
          HostTensor.of(p.getValue().insert(0, 1), gaussians((int) p.getValue().size(), 9 + at++)));
    }
    List<String> names = List.copyOf(target.parameters().keySet());
    Curvatures c = new Curvatures(device, target, names, true);
    double[] g = c.at(w).doubles();
    int size = c.size();
    double[] p = outputs(target, w);
    double[][] j = new double[size][];
    int i = 0;
    for (String name : names) {
      for (int e = 0; e < target.parameters().get(name).size(); e++) {
        double[] values = w.get(name).doubles();
        double old = values[e];
        values[e] = old + 1e-5;
        double[] up = outputs(target, w);
        values[e] = old - 1e-5;
        double[] down = outputs(target, w);
        values[e] = old;
        j[i] = new double[p.length];
        for (int k = 0; k < p.length; k++) {
          j[i][k] = (up[k] - down[k]) / 2e-5;
        }
        i++;
      }
    }
    int first = 0;
    for (String name : names) {
      double sd = target.deviations().get(name);
      for (int e = 0; e < target.parameters().get(name).size(); e++) {
        int a = first + e;
        for (int b = 0; b < size; b++) {
          double sum = a == b ? 1 / (sd * sd) : 0;
          for (int n = 0; n < N; n++) {
            sum += curved(p, j[a], j[b], 3 * n);
          }
          assertThat(g[a * size + b]).isCloseTo(sum / 0.5, within(1e-6));
        }
      }
      first += Math.toIntExact(target.parameters().get(name).size());
    }
  }

  private static double curved(double[] logits, double[] a, double[] b, int at) {
    double z = 0;
    for (int k = 0; k < 3; k++) {
      z += Math.exp(logits[at + k]);
    }
    double ab = 0;
    double ma = 0;
    double mb = 0;
    for (int k = 0; k < 3; k++) {
      double p = Math.exp(logits[at + k]) / z;
      ab += p * a[at + k] * b[at + k];
      ma += p * a[at + k];
      mb += p * b[at + k];
    }
    return ab - ma * mb;
  }

  private static double[] outputs(NetworkPosterior target, Map<String, HostTensor> w) {
    org.rigor.ir.Program.Builder b = org.rigor.ir.Program.builder("logits");
    b.output("z", target.outputs(b, State.declare(b, "param/", target, 1))[0]);
    try (Workspace space = new Workspace(device, "test")) {
      space.putAll("", target.inputs());
      space.putAll("param/", w);
      space.link(b.build()).run();
      return space.read("z").doubles();
    }
  }

  @Test
  void lastLayerLeavesTheOthersAtTheMode() {
    NetworkPosterior target = classifier(1);
    Map<String, HostTensor> mode =
        Laplace.mode(device, target, KEY, zeros(target, 1), Descent.adam(0.05, 200));
    Laplace.Fit fit = new Laplace(Laplace.Matrix.LAST_LAYER).fit(device, target, mode);
    assertThat(fit.names()).containsExactly("2.weight", "2.bias");
    Map<String, HostTensor> draws = fit.draws(device, KEY, 0, 4);
    double[] first = draws.get("0.weight").doubles();
    double[] at = mode.get("0.weight").doubles();
    for (int i = 0; i < first.length; i++) {
      assertThat(first[i]).isEqualTo(at[i % at.length]);
    }
    assertThat(draws.get("2.bias").get(0)).isNotEqualTo(draws.get("2.bias").get(3));
  }

  @Test
  void anIndefiniteHessianIsRefused() {
    NetworkPosterior target = classifier(1);
    Map<String, HostTensor> far = zeros(target, 1);
    far.replaceAll((name, v) -> HostTensor.of(v.shape(), gaussians((int) v.shape().size(), 77)));
    assertThatThrownBy(() -> new Laplace(Laplace.Matrix.HESSIAN).fit(device, target, far))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("not positive definite");
  }
}
