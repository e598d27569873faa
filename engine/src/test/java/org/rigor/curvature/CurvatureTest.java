// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.linalg.SymmetricEigen;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

class CurvatureTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final Network LINEAR = new Sequential(Shape.of(5), List.of(new Dense(1)));
  private static final Network SOFTMAX = new Sequential(Shape.of(4), List.of(new Dense(3)));
  private static final Network TANH = Sequential.mlp(Shape.of(4), List.of(5), Activation.TANH, 3);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static HostTensor draw(int seed, int... dims) {
    Shape s = Shape.of(dims);
    return HostTensor.of(s, new Random(seed).doubles(s.size(), -1, 1).toArray());
  }

  private static HostTensor oneHot(int n, int k) {
    double[] t = new double[n * k];
    for (int i = 0; i < n; i++) {
      t[i * k + i * 7 % k] = 1;
    }
    return HostTensor.of(Shape.of(n, k), t);
  }

  private static Map<String, HostTensor> start(Network net, long... seeds) {
    return net.initial(Arrays.stream(seeds).mapToObj(s -> TrialKey.of(s, "t")).toList());
  }

  private static LossSurface surface(
      Network net, SampleLoss loss, Map<String, HostTensor> params, HostTensor x, HostTensor t) {
    try (Models networks = Models.of(DEVICE, net, params)) {
      return new LossSurface(networks, loss, ParameterVector.of(net), x, t);
    }
  }

  /** 2/N X'X with a column of ones for the bias. */
  private static double[][] normal(HostTensor x) {
    int n = x.shape().dim(0);
    int d = x.shape().dim(1);
    double[][] h = new double[d + 1][d + 1];
    for (int i = 0; i < n; i++) {
      for (int a = 0; a <= d; a++) {
        for (int b = 0; b <= d; b++) {
          double left = a == d ? 1 : x.get(i * d + a);
          h[a][b] += 2.0 / n * left * (b == d ? 1 : x.get(i * d + b));
        }
      }
    }
    return h;
  }

  private static double[] eigenvalues(double[][] h) {
    int n = h.length;
    return SymmetricEigen.of(Arrays.stream(h).flatMapToDouble(Arrays::stream).toArray(), n)
        .values();
  }

  @Test
  void leastSquaresHasTheHessianOfTheNormalEquations() {
    HostTensor x = draw(1, 40, 5);
    double[][] wanted = normal(x);
    double[] values = eigenvalues(wanted);
    try (LossSurface s =
        surface(LINEAR, Loss::squaredError, start(LINEAR, 1, 2), x, draw(2, 40, 1))) {
      double[][][] h = HessianTrace.hessian(s);
      LanczosHessian lanczos = LanczosHessian.of(s, 100, 3, 0);
      double trace = Arrays.stream(values).sum();
      HessianTrace sampled = HessianTrace.hutchinson(s, 200, 4);
      for (int m = 0; m < 2; m++) {
        for (int i = 0; i < 6; i++) {
          assertThat(h[m][i]).containsExactly(wanted[i], within(1e-13));
        }
        assertThat(lanczos.values()[m]).containsExactly(values, within(1e-12));
        assertThat(lanczos.top(m)).isCloseTo(values[5], within(1e-12));
        assertThat(HessianTrace.exact(s).value()[m]).isCloseTo(trace, within(1e-12));
        double error = sampled.standardError()[m];
        assertThat(error).isBetween(1e-6, 0.05 * trace);
        assertThat(sampled.value()[m]).isCloseTo(trace, within(4 * error));
      }
      // The same directions for both models, whose Hessians are equal here.
      assertThat(sampled.value()[0]).isCloseTo(sampled.value()[1], within(1e-12));
    }
  }

  @Test
  void softmaxRegressionHasItsClosedForm() {
    HostTensor x = draw(6, 7, 4);
    Map<String, HostTensor> params = start(SOFTMAX, 3);
    ParameterVector weight = ParameterVector.of(SOFTMAX, Set.of("0.weight"));
    HostTensor t = oneHot(7, 3);
    double[][][] h;
    try (Models networks = Models.of(DEVICE, SOFTMAX, params);
        LossSurface s = new LossSurface(networks, Loss::crossEntropy, weight, x, t)) {
      h = HessianTrace.hessian(s);
    }
    double[][] p = probabilities(params, x);
    for (int i = 0; i < 12; i++) {
      for (int j = 0; j < 12; j++) {
        double wanted = 0;
        for (int n = 0; n < 7; n++) {
          double a = p[n][i % 3] * ((i % 3 == j % 3 ? 1 : 0) - p[n][j % 3]);
          wanted += a * x.get(n * 4 + i / 3) * x.get(n * 4 + j / 3) / 7;
        }
        assertThat(h[0][i][j]).isCloseTo(wanted, within(1e-14));
      }
    }
  }

  private static double[][] probabilities(Map<String, HostTensor> params, HostTensor x) {
    double[][] p = new double[7][3];
    for (int n = 0; n < 7; n++) {
      double sum = 0;
      for (int k = 0; k < 3; k++) {
        double z = params.get("0.bias").get(k);
        for (int d = 0; d < 4; d++) {
          z += x.get(n * 4 + d) * params.get("0.weight").get(d * 3 + k);
        }
        p[n][k] = Math.exp(z);
        sum += p[n][k];
      }
      for (int k = 0; k < 3; k++) {
        p[n][k] /= sum;
      }
    }
    return p;
  }

  @Test
  void productsAreDifferencesOfGradientsForEveryModelAndStack() {
    Map<String, HostTensor> params = start(TANH, 1, 2, 3);
    try (LossSurface s = surface(TANH, Loss::crossEntropy, params, draw(7, 6, 4), oneHot(6, 3))) {
      int p = s.vector().size();
      double[][][] v = new double[3][2][];
      for (int m = 0; m < 3; m++) {
        for (int i = 0; i < 2; i++) {
          v[m][i] = new Random(10 * m + i).doubles(p, -1, 1).toArray();
        }
      }
      double[][][] found = s.hessianTimes(v);
      for (int i = 0; i < 2; i++) {
        double step = 1e-5;
        double[][] ahead = moved(s, params, v, i, step);
        double[][] back = moved(s, params, v, i, -step);
        s.move(params);
        double[][][] alone = s.hessianTimes(new double[][][] {{v[0][i]}, {v[1][i]}, {v[2][i]}});
        for (int m = 0; m < 3; m++) {
          assertThat(alone[m][0]).containsExactly(found[m][i], within(1e-14));
          for (int k = 0; k < p; k++) {
            double wanted = (ahead[m][k] - back[m][k]) / (2 * step);
            assertThat(found[m][i][k]).isCloseTo(wanted, within(1e-8));
          }
        }
      }
    }
  }

  private static double[][] moved(
      LossSurface s, Map<String, HostTensor> params, double[][][] v, int i, double step) {
    double[][] at = s.vector().of(params, 3);
    for (int m = 0; m < 3; m++) {
      Vectors.add(at[m], step, v[m][i]);
    }
    s.move(s.vector().into(params, at));
    return s.gradient();
  }

  @Test
  void manySamplesGoThroughInBatches() {
    Network wide = new Sequential(Shape.of(64), List.of(new Dense(1)));
    HostTensor x = draw(8, 66_001, 64);
    HostTensor t = draw(9, 66_001, 1);
    try (LossSurface s = surface(wide, Loss::squaredError, start(wide, 1), x, t)) {
      double wanted = 2;
      for (int i = 0; i < 66_001 * 64; i++) {
        wanted += 2 * x.get(i) * x.get(i) / 66_001;
      }
      assertThat(HessianTrace.exact(s).value()[0]).isCloseTo(wanted, within(1e-9));
    }
  }

  @Test
  void gradientsOfSamplesAreThoseOfTheirLossesAlone() {
    Map<String, HostTensor> params = start(TANH, 1, 2);
    HostTensor x = draw(7, 6, 4);
    HostTensor t = oneHot(6, 3);
    try (SampleGradients g = new SampleGradients(DEVICE, TANH, Loss::crossEntropy, 2, 6);
        Models networks = Models.of(DEVICE, TANH, params)) {
      SampleGradients.Result r = g.measure(networks, x, t);
      for (int n = 0; n < 6; n++) {
        HostTensor one = HostTensor.of(Shape.of(1, 4), part(x, n, 4));
        try (LossSurface s =
            surface(
                TANH,
                Loss::crossEntropy,
                params,
                one,
                HostTensor.of(Shape.of(1, 3), part(t, n, 3)))) {
          double[][] gradient = s.gradient();
          for (int m = 0; m < 2; m++) {
            double wanted = Vectors.dot(gradient[m], gradient[m]);
            assertThat(r.total()[m][n]).isCloseTo(wanted, within(1e-13));
            double[] first = Arrays.copyOf(gradient[m], 20);
            assertThat(r.squares().get("0.weight")[m][n])
                .isCloseTo(Vectors.dot(first, first), within(1e-13));
          }
        }
      }
    }
  }

  private static double[] part(HostTensor t, int row, int n) {
    double[] out = new double[n];
    t.copy(row * n, n, out, 0);
    return out;
  }

  @Test
  void fisherTraceIsTheHessianTraceUnderTheModelsLabels() {
    Map<String, HostTensor> params = start(TANH, 4, 5);
    HostTensor x = draw(7, 6, 4);
    FisherTrace fisher;
    try (Models networks = Models.of(DEVICE, TANH, params)) {
      fisher = FisherTrace.of(networks, x);
    }
    HessianTrace whole = fisher.total();
    double parts =
        TANH.parameters().stream().mapToDouble(p -> fisher.of(p.name()).value()[0]).sum();
    assertThat(parts).isCloseTo(whole.value()[0], within(1e-12));
    double[] wanted = new double[2];
    for (int y = 0; y < 3; y++) {
      for (int n = 0; n < 6; n++) {
        HostTensor one = HostTensor.of(Shape.of(1, 4), part(x, n, 4));
        double[] label = new double[3];
        label[y] = 1;
        try (LossSurface s =
            surface(TANH, Loss::crossEntropy, params, one, HostTensor.of(Shape.of(1, 3), label))) {
          double[] trace = HessianTrace.exact(s).value();
          double[] loss = s.loss();
          for (int m = 0; m < 2; m++) {
            wanted[m] += Math.exp(-loss[m]) * trace[m] / 6;
          }
        }
      }
    }
    assertThat(whole.value()).containsExactly(wanted, within(1e-12));
  }

  /** (r + rho sqrt(|x|^2 + 1))^2 is the largest squared error in the ball. */
  @Test
  void sharpnessOfOneSquaredErrorIsReached() {
    HostTensor x = draw(1, 1, 5);
    HostTensor t = draw(2, 1, 1);
    try (LossSurface s = surface(LINEAR, Loss::squaredError, start(LINEAR, 1, 2), x, t)) {
      double reach = Math.sqrt(1 + Arrays.stream(x.doubles()).map(v -> v * v).sum());
      double[] before = s.loss();
      for (int steps : new int[] {1, 7}) {
        Sharpness found = Sharpness.of(s, 0.3, steps, steps == 1 ? 1 : 0.5);
        for (int m = 0; m < 2; m++) {
          double worst = Math.pow(Math.sqrt(before[m]) + 0.3 * reach, 2);
          assertThat(found.loss()[m] + found.rise()[m]).isCloseTo(worst, within(1e-12));
        }
      }
      assertThat(s.loss()).containsExactly(before);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Map<String, HostTensor> params = start(TANH, 1);
    assertThatThrownBy(() -> surface(TANH, Loss::crossEntropy, params, draw(1, 6, 5), oneHot(6, 3)))
        .hasMessageContaining("x must be [N, features...]");
    assertThatThrownBy(() -> surface(TANH, Loss::crossEntropy, params, draw(1, 6, 4), oneHot(5, 3)))
        .hasMessageContaining("N = 6");
    assertThatThrownBy(() -> ParameterVector.of(TANH, Set.of("9.weight")))
        .hasMessageContaining("9.weight");
    try (LossSurface s = surface(TANH, Loss::crossEntropy, params, draw(1, 6, 4), oneHot(6, 3))) {
      assertThatThrownBy(() -> HessianTrace.hutchinson(s, 1, 0)).hasMessageContaining("2 probes");
      assertThatThrownBy(() -> Sharpness.of(s, 0, 1, 1)).hasMessageContaining("radius > 0");
      assertThatThrownBy(() -> LanczosHessian.of(s, 0, 1, 1)).hasMessageContaining("steps");
    }
  }
}
