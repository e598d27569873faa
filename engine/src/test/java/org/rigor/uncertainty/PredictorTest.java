// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

class PredictorTest {
  /** One dense layer of two inputs and two classes, weights 0 but for the bias (b, 0). */
  private static Predictor biased(double... b) {
    double[] bias = new double[2 * b.length];
    for (int j = 0; j < b.length; j++) {
      bias[2 * j] = b[j];
    }
    return new Predictor(
        "test",
        Standing.ENSEMBLE,
        "by hand",
        new Sequential(Shape.of(2), List.of(new Dense(2))),
        Map.of(
            "0.weight", HostTensor.zeros(State.f64(Shape.of(1, b.length, 2, 2))),
            "0.bias", HostTensor.of(Shape.of(1, b.length, 1, 2), bias)));
  }

  private static double h(double p) {
    return p == 0 || p == 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  }

  /** Two draws that say 0.9 and 0.3 for class 0. */
  @Test
  void scoresByHand() {
    Predictor predictor = biased(Math.log(9), Math.log(3 / 7.0));
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      Prediction p = Prediction.of(device, predictor, HostTensor.of(Shape.of(1, 2), 1.0, 2.0));
      assertThat(Math.exp(p.logMean()[0][0][0])).isCloseTo(0.6, within(1e-14));
      assertThat(p.classes()[0][0]).isZero();
      assertThat(p.wrong(new int[] {1})[0][0]).isTrue();
      assertThat(at(p, Score.MAX_PROBABILITY)).isCloseTo(0.4, within(1e-14));
      assertThat(at(p, Score.ENTROPY)).isCloseTo(h(0.6), within(1e-14));
      assertThat(at(p, Score.MUTUAL_INFORMATION))
          .isCloseTo(h(0.6) - (h(0.9) + h(0.3)) / 2, within(1e-14));
      assertThat(at(p, Score.EPISTEMIC_VARIANCE)).isCloseTo(2 * 0.09, within(1e-14));
      Prediction sure =
          Prediction.of(device, biased(2000), HostTensor.of(Shape.of(1, 2), 1.0, 2.0));
      for (Score s : Score.values()) {
        assertThat(at(sure, s)).as("%s of a draw that is sure", s).isEqualTo(0);
      }
    }
  }

  private static double at(Prediction p, Score s) {
    return p.scores().get(s)[0][0];
  }

  private static Map<String, HostTensor> random(Sequential net, int trials, int draws) {
    Random r = new Random(5);
    Map<String, HostTensor> w = new LinkedHashMap<>();
    net.parameters()
        .forEach(
            p -> {
              Shape s = p.shape().insert(0, draws).insert(0, trials);
              w.put(p.name(), HostTensor.of(s, r.doubles(s.size(), -1, 1).toArray()));
            });
    return w;
  }

  /** Trials apart, each draw by itself as a predictor of one, and averaged here. */
  @Test
  void theMeanOfDrawsIsTheMeanOfTheirProbabilities() {
    Sequential net = Sequential.mlp(Shape.of(3), List.of(4), Activation.RELU, 3);
    Predictor all = new Predictor("p", Standing.ENSEMBLE, "", net, random(net, 2, 5));
    HostTensor x = HostTensor.of(Shape.of(7, 3), new Random(1).doubles(21).toArray());
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      Prediction mean = Prediction.of(device, all, x);
      List<Prediction> each =
          IntStream.range(0, 5)
              .mapToObj(j -> Prediction.of(device, all.part(j, j + 1), x))
              .toList();
      for (int n = 0; n < 7; n++) {
        for (int m = 0; m < 2; m++) {
          for (int k = 0; k < 3; k++) {
            double sum = 0;
            for (Prediction one : each) {
              sum += Math.exp(one.logMean()[m][n][k]) / 5;
            }
            assertThat(Math.exp(mean.logMean()[m][n][k])).isCloseTo(sum, within(1e-14));
          }
        }
      }
      double[] twice = new double[42];
      System.arraycopy(x.doubles(), 0, twice, 0, 21);
      System.arraycopy(x.doubles(), 0, twice, 21, 21);
      Prediction own = Prediction.of(device, all, HostTensor.of(Shape.of(2, 7, 3), twice));
      assertThat(own.logMean()[1]).isDeepEqualTo(mean.logMean()[1]);
    }
  }

  /** f_lin(w) - f(c) against the difference quotient along w - c; exact in the weights. */
  @Test
  void aLinearisedNetworkIsTheTangent() {
    Sequential net = Sequential.mlp(Shape.of(3), List.of(4), Activation.TANH, 3);
    LinearisedNetwork lin = new LinearisedNetwork(net);
    Map<String, HostTensor> draws = random(net, 1, 1);
    Map<String, HostTensor> centre = new LinkedHashMap<>();
    draws.forEach(
        (k, v) -> {
          double[] c = v.doubles().clone();
          for (int i = 0; i < c.length; i++) {
            c[i] = Math.sin(i + k.length());
          }
          centre.put(k, HostTensor.of(v.shape().remove(0), c));
        });
    try (Device device = new CpuDevice(1, "scalar", "test");
        Workspace space = new Workspace(device, "test")) {
      Program.Builder b = Program.builder("lin");
      Map<String, Value> w = lin.declare(b, "param/", 1, org.rigor.tensor.DType.F64);
      Value x = b.input("x", State.f64(Shape.of(1, 2, 3)));
      b.output("lin", lin.apply(w, x));
      b.output("at", net.apply(centreOf(w), x));
      b.output("up", net.apply(moved(w, 1e-5), x));
      b.output("down", net.apply(moved(w, -1e-5), x));
      LinearisedNetwork.draws(draws, centre)
          .forEach((k, v) -> space.put("param/" + k, v.reshape(v.shape().remove(0))));
      space.put("x", HostTensor.of(Shape.of(1, 2, 3), 0.1, 0.5, 0.9, 0.3, 0.2, 0.7));
      space.link(b.build()).run();
      for (int i = 0; i < 6; i++) {
        double slope = (space.read("up").get(i) - space.read("down").get(i)) / 2e-5;
        assertThat(space.read("lin").get(i) - space.read("at").get(i))
            .isCloseTo(slope, within(1e-8));
      }
    }
  }

  private static Map<String, Value> centreOf(Map<String, Value> w) {
    return moved(w, 0);
  }

  private static Map<String, Value> moved(Map<String, Value> w, double t) {
    Map<String, Value> out = new LinkedHashMap<>();
    w.forEach(
        (k, v) -> {
          if (!k.startsWith("centre/")) {
            Value c = w.get("centre/" + k);
            out.put(k, org.rigor.op.F.add(c, org.rigor.op.F.mul(org.rigor.op.F.sub(v, c), t)));
          }
        });
    return out;
  }

  /** Iterates 0, 1, 2, ..., 9: mean 4.5, variance 8.25; the low-rank part by hand. */
  @Test
  void swagHasTheIteratesMoments() {
    Swag swag = new Swag(3);
    for (int t = 0; t < 10; t++) {
      swag.collect(Map.of("w", HostTensor.of(Shape.of(1, 1), (double) t)));
    }
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      int n = 40_000;
      double[] w = swag.draws(device, List.of(TrialKey.of(1, "swag")), 0, n).get("w").doubles();
      double mean = 0;
      double square = 0;
      for (double v : w) {
        mean += v / n;
        square += v * v / n;
      }
      // deviations t - mean(0..t) = t / 2 for t = 7, 8, 9
      double low = (12.25 + 16 + 20.25) / 4;
      double variance = 8.25 / 2 + low;
      assertThat(mean).isCloseTo(4.5, within(4 * Math.sqrt(variance / n)));
      assertThat(square - mean * mean)
          .isCloseTo(variance, within(4 * variance * Math.sqrt(2.0 / n)));
    }
    assertThatThrownBy(() -> new Swag(3).draws(null, List.of(), 0, 1))
        .hasMessageContaining("at least 3 iterates");
  }

  @Test
  void dropoutZeroesRows() {
    McDropout dropout = new McDropout(0.25, List.of("w"), 1, 0, Descent.adam(0.1, 1));
    double[] ones = new double[8];
    java.util.Arrays.fill(ones, 1);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      int n = 4000;
      double[] w =
          dropout
              .draws(
                  device,
                  List.of(TrialKey.of(1, "d")),
                  0,
                  n,
                  Map.of("w", HostTensor.of(Shape.of(1, 4, 2), ones)))
              .get("w")
              .doubles();
      int zero = 0;
      for (int i = 0; i < w.length; i += 2) {
        assertThat(w[i]).isEqualTo(w[i + 1]).isIn(0.0, 1 / 0.75);
        zero += w[i] == 0 ? 1 : 0;
      }
      assertThat(zero / (4.0 * n)).isCloseTo(0.25, within(4 * Math.sqrt(0.1875 / (4 * n))));
    }
  }

  @Test
  void refusesDrawsOfAnotherShape() {
    Sequential net = new Sequential(Shape.of(2), List.of(new Dense(2)));
    assertThatThrownBy(() -> new Predictor("p", Standing.POINT, "", net, Map.of()))
        .hasMessageContaining("'0.weight' needs draws");
  }
}
