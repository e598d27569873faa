// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rigor.data.NormalDistribution;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.OnEveryDevice;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/**
 * Smoothed linear classifiers, of which everything is known: a draw keeps its class with
 * probability Phi(margin / (sigma ||w||)), and the radius is margin / ||w|| at every sigma.
 */
class SmoothingTest {
  private static final int FEATURES = 5;
  private static final int SAMPLES = 60;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(), Activation.RELU, 2);
  private static final TrialKey KEY = TrialKey.of(7, "smoothing");

  private Device device = new CpuDevice(1, "scalar", "test");

  @AfterEach
  void close() {
    device.close();
  }

  /** Weights of model m: logits 0 and a_m . x, with a_m of norm m + 1. */
  private static double[] direction(int m) {
    double[] a = new double[FEATURES];
    Arrays.setAll(a, i -> Math.cos(2 * i + 5 * m + 1));
    double norm = Math.sqrt(Arrays.stream(a).map(v -> v * v).sum());
    return Arrays.stream(a).map(v -> (float) (v * (m + 1) / norm)).toArray();
  }

  private Models models(int... which) {
    float[] weight = new float[which.length * FEATURES * 2];
    for (int i = 0; i < which.length; i++) {
      double[] a = direction(which[i]);
      for (int k = 0; k < FEATURES; k++) {
        weight[(i * FEATURES + k) * 2 + 1] = (float) a[k];
      }
    }
    Map<String, HostTensor> params = new LinkedHashMap<>();
    params.put("0.weight", HostTensor.of(Shape.of(which.length, FEATURES, 2), weight));
    params.put("0.bias", HostTensor.of(Shape.of(which.length, 1, 2), new float[2 * which.length]));
    return Models.of(device, NET, params);
  }

  private static float[] samples() {
    float[] x = new float[SAMPLES * FEATURES];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.sin(3 * i + 1);
    }
    return x;
  }

  /** Returns the signed distance from the boundary, in real arithmetic of the stored numbers. */
  private static double distance(int m, int n) {
    double[] a = direction(m);
    float[] x = samples();
    double dot = 0;
    double square = 0;
    for (int k = 0; k < FEATURES; k++) {
      dot += a[k] * x[n * FEATURES + k];
      square += a[k] * a[k];
    }
    return dot / Math.sqrt(square);
  }

  private SmoothedSample[][][] run(
      int[] which, List<Integer> part, Stages stages, List<Double> sigmas, double... radii) {
    float[] all = samples();
    float[] x = new float[part.size() * FEATURES];
    for (int i = 0; i < part.size(); i++) {
      System.arraycopy(all, part.get(i) * FEATURES, x, i * FEATURES, FEATURES);
    }
    int[] ids = part.stream().mapToInt(i -> i).toArray();
    int[] labels = part.stream().mapToInt(n -> distance(which[0], n) > 0 ? 1 : 0).toArray();
    List<TrialKey> keys = Arrays.stream(which).mapToObj(m -> KEY).toList();
    try (Models networks = models(which)) {
      return new Smoothing(networks, keys, stages, sigmas)
          .run(
              HostTensor.of(Shape.of(part.size(), FEATURES), x),
              HostTensor.of(Shape.of(part.size()), labels),
              ids,
              Arrays.stream(radii).boxed().toList());
    }
  }

  private static List<Integer> all() {
    return IntStream.range(0, SAMPLES).boxed().toList();
  }

  /** Five deviations of every count of misses, and their sum of squares. */
  @Test
  void missesHaveTheClosedForm() {
    int draws = 2000;
    int[] which = {0, 1, 2};
    List<Double> sigmas = List.of(0.5, 1.5);
    SmoothedSample[][][] found = run(which, all(), Stages.fixed(draws, 0.01), sigmas, 0.1);
    double chi = 0;
    int cells = 0;
    for (int m : which) {
      for (int s = 0; s < sigmas.size(); s++) {
        for (int n = 0; n < SAMPLES; n++) {
          SmoothedSample r = found[m][s][n];
          double d = distance(m, n) * (r.top() == 1 ? 1 : -1);
          double q = NormalDistribution.cdf(-d / sigmas.get(s));
          assertThat(r.draws()).isEqualTo(draws);
          double deviation = Math.sqrt(draws * q * (1 - q));
          assertThat((double) r.misses())
              .as("model %d, sigma %s, sample %d", m, sigmas.get(s), n)
              .isCloseTo(draws * q, within(5 * deviation + 2));
          if (draws * q > 20) {
            chi += Math.pow((r.misses() - draws * q) / deviation, 2);
            cells++;
          }
        }
      }
    }
    // Deviations share noise between models and sigmas, so their sum varies more than a chi-square.
    assertThat(cells).isGreaterThan(100);
    assertThat(chi / cells).isBetween(0.7, 1.3);
  }

  /** R is the distance from the boundary; sides fail in 5 % of samples at most, each of them. */
  @Test
  void sidesOfTheRadiusHoldAsOftenAsTheySay() {
    double alpha = 0.05;
    int failedBelow = 0;
    int failedAbove = 0;
    int cells = 0;
    int stopped = 0;
    for (int m = 0; m < 8; m++) {
      SmoothedSample[][][] found =
          run(new int[] {m}, all(), Stages.sequential(3000, alpha), List.of(0.4, 1.0), 0.3, 0.8);
      for (SmoothedSample[] own : found[0]) {
        for (int n = 0; n < SAMPLES; n++) {
          SmoothedSample r = own[n];
          double radius = Math.max(0, distance(m, n) * (r.top() == 1 ? 1 : -1));
          failedBelow += r.radiusLower() > radius ? 1 : 0;
          failedAbove += r.radiusUpper() < radius ? 1 : 0;
          stopped += r.draws() < 3000 ? 1 : 0;
          cells++;
          assertThat(r.radiusLower()).isLessThanOrEqualTo(r.radiusUpper());
          assertThat(r.pLower()).isLessThan(r.pUpper());
          assertThat(r.certified()).isLessThanOrEqualTo(r.open());
          if (r.right()) {
            double[] asked = {0.3, 0.8};
            for (int e = 0; e < asked.length; e++) {
              if (e < r.certified()) {
                assertThat(r.radiusLower()).isGreaterThan(asked[e] - 1e-6);
              } else if (e >= r.open()) {
                assertThat(r.radiusUpper()).isLessThan(asked[e] + 1e-6);
              }
            }
          }
        }
      }
    }
    double most = alpha * cells + 3 * Math.sqrt(alpha * (1 - alpha) * cells);
    assertThat(failedBelow).isLessThan((int) most);
    assertThat(failedAbove).isLessThan((int) most);
    assertThat(stopped).as("samples decided early").isGreaterThan(cells / 2);
  }

  /** Neither other models, sigmas, samples nor early stops change what a sample gets. */
  @Test
  void aSampleIsTheSameInAnyCompany() {
    Stages stages = Stages.sequential(1000, 0.01);
    List<Double> sigmas = List.of(0.25, 1.0);
    SmoothedSample[][][] together = run(new int[] {0, 1, 2}, all(), stages, sigmas, 0.2, 0.6);
    for (int n : new int[] {0, 17, SAMPLES - 1}) {
      for (int s = 0; s < 2; s++) {
        SmoothedSample[][][] alone =
            run(new int[] {0}, List.of(n), stages, List.of(sigmas.get(s)), 0.2, 0.6);
        assertThat(alone[0][0][0]).isEqualTo(together[0][s][n]);
      }
    }
    SmoothedSample[][][] backwards =
        run(
            new int[] {0},
            IntStream.range(0, SAMPLES).mapToObj(i -> SAMPLES - 1 - i).toList(),
            stages,
            sigmas,
            0.2,
            0.6);
    for (int n = 0; n < SAMPLES; n++) {
      assertThat(backwards[0][1][SAMPLES - 1 - n]).isEqualTo(together[0][1][n]);
    }
  }

  /** Vector code with two threads, and CUDA on the emulator or a GPU. */
  @Test
  void devicesCountTheSameVotes() {
    int[] which = {0, 2};
    Stages stages = Stages.sequential(600, 0.01);
    SmoothedSample[][][] expected = run(which, all(), stages, List.of(0.3, 1.0), 0.2, 0.6);
    for (String kind : List.of("cpu", System.getProperty("rigor.test.cuda", "emulated"))) {
      device.close();
      device = kind.equals("cpu") ? new CpuDevice(2, "auto", "test") : OnEveryDevice.open(kind);
      assertThat(run(which, all(), stages, List.of(0.3, 1.0), 0.2, 0.6))
          .as(kind)
          .isDeepEqualTo(expected);
    }
  }

  /** With one class at all points every draw agrees, and the radius is the cap alpha^(1/n). */
  @Test
  void unanimousVotesReachTheCap() {
    int far =
        all().stream().max((a, b) -> Double.compare(distance(0, a), distance(0, b))).orElseThrow();
    SmoothedSample r =
        run(new int[] {0}, List.of(far), Stages.fixed(1000, 0.001), List.of(0.01), 1.0)[0][0][0];
    assertThat(r.misses()).isZero();
    assertThat(r.pLower()).isCloseTo(Math.pow(0.001, 1e-3), within(1e-9));
    assertThat(r.radiusLower()).isCloseTo(0.01 * 2.4632626, within(1e-8));
    assertThat(r.radiusUpper()).isInfinite();
    assertThat(r.predicts()).isTrue();
  }

  /** A radius that the budget cannot certify, 500 sigma, takes no draws. */
  @Test
  void radiiOutOfReachCostNoDraws() {
    List<Double> sigmas = List.of(0.1);
    SmoothedSample[] hopeless =
        run(new int[] {0}, all(), Stages.sequential(900, 0.01), sigmas, 0, 50)[0][0];
    SmoothedSample[] alone =
        run(new int[] {0}, all(), Stages.sequential(900, 0.01), sigmas, 0)[0][0];
    for (int n = 0; n < SAMPLES; n++) {
      assertThat(hopeless[n].draws()).isEqualTo(alone[n].draws());
      assertThat(hopeless[n].certified()).isEqualTo(alone[n].certified()).isLessThan(2);
    }
  }

  @Test
  void logitsThatAreNoNumbersVoteForNothing() {
    Map<String, HostTensor> params = new LinkedHashMap<>();
    float[] weight = new float[FEATURES * 2];
    weight[0] = Float.NaN;
    params.put("0.weight", HostTensor.of(Shape.of(1, FEATURES, 2), weight));
    params.put("0.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, 1f));
    try (Models networks = Models.of(device, NET, params)) {
      HostTensor x = HostTensor.of(Shape.of(1, FEATURES), new float[FEATURES]);
      SmoothedSample r =
          new Smoothing(networks, List.of(KEY), Stages.sequential(500, 0.1), List.of(1.0))
              .run(x, HostTensor.of(Shape.of(1), 1), new int[] {0}, List.of(0.5))[0][0][0];
      assertThat(r.top()).isEqualTo(-1);
      assertThat(r.predicts()).isFalse();
      assertThat(r.right()).isFalse();
      assertThat(r.radiusLower()).isZero();
      assertThat(r.misses()).isEqualTo(r.draws());
    }
  }

  @Test
  void refusesWhatItCannotDraw() {
    Stages stages = Stages.fixed(100, 0.1);
    try (Models networks = models(0)) {
      for (double bad : new double[] {0, -1, Double.NaN, 1e300, 1e-60}) {
        assertThatThrownBy(() -> new Smoothing(networks, List.of(KEY), stages, List.of(bad)))
            .hasMessageContaining("sigma: expected a finite number > 0");
      }
      HostTensor y = HostTensor.of(Shape.of(1), 1);
      Smoothing one = new Smoothing(networks, List.of(KEY), stages, List.of(1.0));
      HostTensor wide = HostTensor.zeros(new TensorType(DType.F32, Shape.of(1, 9)));
      assertThatThrownBy(() -> one.run(wide, y, new int[] {0}, List.of(0.1)))
          .hasMessageContaining("smoothing: x must be");
      HostTensor x = HostTensor.of(Shape.of(1, FEATURES), new float[FEATURES]);
      assertThatThrownBy(() -> one.run(x, y, new int[] {30_000_000}, List.of(0.1)))
          .hasMessageContaining("smoothing: samples are numbered up to");
    }
  }
}
