// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

class CertificateTest {
  private static final Certificate[] ALL = Margins.certificates();

  private static Sequential mlp(int inputs, List<Integer> hidden, Activation a, int outputs) {
    return Sequential.mlp(Shape.of(inputs), hidden, a, outputs);
  }

  @Test
  void theListNamesEachCertificate() {
    assertThat(ALL).extracting(Certificate::name).containsExactly("ibp", "crown-ibp", "crown");
    for (String name : Certificates.names()) {
      List<Certificate> order = Certificates.cheapestFirst(name);
      assertThat(order.get(order.size() - 1).name()).isEqualTo(name);
      assertThat(Certificates.ownFirst(name).get(0).name()).isEqualTo(name);
      assertThat(Certificates.ownFirst(name)).hasSameElementsAs(order);
    }
    assertThatThrownBy(() -> Certificates.cheapestFirst("crwn"))
        .hasMessage(
            "certificate: expected one of beta-crown, alpha-crown, crown, crown-ibp, ibp, got"
                + " 'crwn'");
  }

  @Test
  void equalsAWorkedExample() {
    Margins m = new Margins(mlp(1, List.of(2), Activation.RELU, 2), 1, 1);
    m.box = Box.NONE;
    m.params.get("0.weight").doubles()[0] = 1;
    m.params.get("0.weight").doubles()[1] = -1;
    double[] w = m.params.get("2.weight").doubles(); // [2, 2]: class 1 is the sum
    w[1] = 1;
    w[3] = 1;
    m.params.get("2.bias").doubles()[0] = 2;
    m.epsilon[0] = 1;
    List<double[]> lower = m.lower(ALL);
    assertThat(lower.get(0)[0]).isCloseTo(0, within(1e-13)).isLessThanOrEqualTo(0);
    assertThat(lower.get(1)[0]).isCloseTo(1, within(1e-13)).isLessThanOrEqualTo(1);
    assertThat(lower.get(2)[0]).isCloseTo(1, within(1e-13)).isLessThanOrEqualTo(1);
    // the other class: f - 2 >= l - 2 with the identity below relu(x), relu(-x): x - x = 0
    m.y[0] = 1;
    lower = m.lower(ALL);
    assertThat(lower.get(0)[0]).isCloseTo(-2, within(1e-13)).isLessThanOrEqualTo(-2);
    assertThat(lower.get(2)[0]).isCloseTo(-2, within(1e-13)).isLessThanOrEqualTo(-2);
  }

  /** Linear networks: z_y - z_j at the centre minus eps times the dual norm of the row. */
  @ParameterizedTest
  @EnumSource(Norm.class)
  void isExactForLinearNetworks(Norm norm) {
    Sequential net = new Sequential(Shape.of(4), List.of(new Dense(5), new Dense(3)));
    Margins m = new Margins(net, 20, 3).random(3, 1);
    m.norm = norm;
    m.box = Box.NONE;
    double[] lower = m.lower(new Crown()).get(0);
    double[] clean = m.at(m.x);
    for (int i = 0; i < lower.length; i++) {
      int model = i / 3;
      double[] w1 =
          Arrays.copyOfRange(m.params.get("0.weight").doubles(), model * 20, model * 20 + 20);
      double[] w2 =
          Arrays.copyOfRange(m.params.get("1.weight").doubles(), model * 15, model * 15 + 15);
      double[] b1 = m.params.get("0.bias").doubles();
      double[] b2 = m.params.get("1.bias").doubles();
      double expected = Double.POSITIVE_INFINITY;
      for (int j = 0; j < 3; j++) {
        if (j == m.y[i]) {
          continue;
        }
        double value = b2[model * 3 + m.y[i]] - b2[model * 3 + j];
        double dual = 0;
        for (int h = 0; h < 5; h++) {
          value += b1[model * 5 + h] * (w2[h * 3 + m.y[i]] - w2[h * 3 + j]);
        }
        for (int f = 0; f < 4; f++) {
          double c = 0;
          for (int h = 0; h < 5; h++) {
            c += w1[f * 5 + h] * (w2[h * 3 + m.y[i]] - w2[h * 3 + j]);
          }
          value += c * m.x[i * 4 + f];
          dual += norm == Norm.LINF ? Math.abs(c) : c * c;
        }
        dual = norm == Norm.LINF ? dual : Math.sqrt(dual);
        expected = Math.min(expected, value - m.epsilon[i] * dual);
      }
      assertThat(lower[i]).isCloseTo(expected, within(1e-12)).isLessThanOrEqualTo(expected + 1e-13);
      assertThat(lower[i]).isLessThanOrEqualTo(clean[i]);
    }
  }

  /** 12,000 random nets: sampled points never fall below a bound, and bounds have their order. */
  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "LEAKY_RELU", "TANH", "SIGMOID"})
  void isNeverAboveTheTruth(Activation activation) {
    Random r = new Random(7);
    for (int c = 0; c < 20; c++) {
      List<Integer> hidden =
          r.nextInt(3) == 0
              ? List.of(1 + r.nextInt(6))
              : List.of(1 + r.nextInt(6), 1 + r.nextInt(6));
      Sequential net = mlp(1 + r.nextInt(4), hidden, activation, 2 + r.nextInt(3));
      Margins m = new Margins(net, 150, 2).random(c, 0.5 + 2 * r.nextDouble());
      m.norm = c % 3 == 2 ? Norm.L2 : Norm.LINF;
      List<double[]> lower = m.lower(ALL);
      double[] least = m.at(m.x);
      for (int s = 0; s < 40; s++) {
        double[] at = m.at(m.points(r));
        Arrays.setAll(least, i -> Math.min(least[i], at[i]));
      }
      for (int i = 0; i < least.length; i++) {
        double tiny = 1e-12 * (1 + Math.abs(least[i]));
        assertThat(lower.get(2)[i]).as("%s %d", net, i).isLessThanOrEqualTo(least[i] + tiny);
        assertThat(lower.get(1)[i]).isLessThanOrEqualTo(least[i] + tiny);
        assertThat(lower.get(0)[i]).isLessThanOrEqualTo(lower.get(1)[i]);
      }
    }
  }

  /** Sums, concatenations and branches that share an input. */
  @Test
  void holdsForResidualNetworks() {
    Layer block = new Residual(List.of(new Dense(4), Activation.RELU));
    Sequential net =
        new Sequential(
            Shape.of(3),
            List.of(new Dense(4), block, new Residual(List.of(Activation.TANH)), new Dense(3)));
    Margins m = new Margins(net, 200, 2).random(5, 0.7);
    List<double[]> lower = m.lower(ALL);
    Random r = new Random(2);
    for (int s = 0; s < 300; s++) {
      double[] at = m.at(m.points(r));
      for (int i = 0; i < at.length; i++) {
        for (double[] l : lower) {
          assertThat(l[i]).isLessThanOrEqualTo(at[i] + 1e-12);
        }
      }
    }
  }

  /** The slope scale / sqrt(variance + epsilon) is itself rounded, and may be negative. */
  @ParameterizedTest
  @EnumSource(Norm.class)
  void holdsForFrozenBatchNorms(Norm norm) {
    Sequential net =
        new Sequential(
            Shape.of(3),
            List.of(
                new BatchNorm(),
                new Dense(5),
                new BatchNorm(),
                Activation.RELU,
                new Residual(List.of(new Dense(5), new BatchNorm(), Activation.RELU)),
                new Dense(3)));
    Margins m = new Margins(net, 100, 2).random(6, 0.7);
    m.norm = norm;
    List<double[]> lower = m.lower(ALL);
    Random r = new Random(3);
    double[] least = m.at(m.x);
    for (int s = 0; s < 300; s++) {
      double[] at = m.at(m.points(r));
      Arrays.setAll(least, i -> Math.min(least[i], at[i]));
    }
    for (int i = 0; i < least.length; i++) {
      double tiny = 1e-12 * (1 + Math.abs(least[i]));
      for (double[] l : lower) {
        assertThat(l[i]).isLessThanOrEqualTo(least[i] + tiny);
      }
      assertThat(lower.get(0)[i]).isLessThanOrEqualTo(lower.get(1)[i]);
    }
    Arrays.fill(m.epsilon, 0);
    double[] clean = m.at(m.x);
    for (double[] l : m.lower(ALL)) {
      for (int i = 0; i < l.length; i++) {
        assertThat(l[i]).isCloseTo(clean[i], within(1e-9 * (1 + Math.abs(clean[i]))));
      }
    }
  }

  /** Linear networks stay exact: the batch norm joins the margins' coefficients. */
  @Test
  void isExactThroughAFrozenBatchNorm() {
    Sequential net = new Sequential(Shape.of(1), List.of(new BatchNorm(), new Dense(2)));
    Margins m = new Margins(net, 1, 1);
    m.box = Box.NONE;
    m.params.get("0.scale").doubles()[0] = -3;
    m.params.get("0.shift").doubles()[0] = 1;
    m.params.get("0.mean").doubles()[0] = 0.5;
    m.params.get("0.variance").doubles()[0] = 2;
    m.params.get("1.weight").doubles()[0] = 1;
    m.params.get("1.weight").doubles()[1] = -1;
    m.epsilon[0] = 0.25;
    // z0 - z1 = 2 (1 - 3 (x - 1/2) / s), least at x = 1/4
    double expected = 2 * (1 + 3 * 0.25 / Math.sqrt(2 + 1e-5));
    for (double[] l : m.lower(ALL)) {
      assertThat(l[0]).isCloseTo(expected, within(1e-13)).isLessThanOrEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "LEAKY_RELU", "TANH", "SIGMOID"})
  void shrinksToTheValueAsEpsilonVanishes(Activation activation) {
    Margins m = new Margins(mlp(3, List.of(5, 4), activation, 3), 30, 2).random(11, 1);
    double[] clean = m.at(m.x);
    double[] last = null;
    for (double e : new double[] {0.5, 0.1, 1e-2, 1e-4, 1e-8, 0}) {
      Arrays.fill(m.epsilon, e);
      List<double[]> lower = m.lower(ALL);
      for (int i = 0; i < clean.length; i++) {
        for (double[] l : lower) {
          assertThat(l[i]).isLessThanOrEqualTo(clean[i] + 1e-13);
          assertThat(clean[i] - l[i]).isLessThan(2000 * e + 1e-11);
        }
        assertThat(last == null || lower.get(0)[i] >= last[i]).as("ibp is monotone").isTrue();
      }
      last = lower.get(0);
    }
  }

  @Test
  void neverVerifiesWithNan() {
    Margins m = new Margins(mlp(3, List.of(4, 4), Activation.RELU, 3), 6, 2).random(1, 1);
    int k = 0;
    for (HostTensor t : m.params.values()) {
      t.doubles()[k * t.doubles().length / 6] = k % 2 == 0 ? Double.NaN : Double.POSITIVE_INFINITY;
      k++;
    }
    List<double[]> lower = m.lower(ALL);
    for (double[] l : lower) {
      for (double v : l) {
        assertThat(v > 0).isFalse();
      }
    }
  }

  @Test
  void refusesWhatItHasNoRuleFor() {
    Layer sine =
        new Layer() {
          @Override
          public Shape output(Shape in) {
            return in;
          }

          @Override
          public Value apply(Map<String, Value> p, Value x) {
            return F.sin(x);
          }
        };
    Layer joined =
        new Layer() {
          @Override
          public Shape output(Shape in) {
            return in;
          }

          @Override
          public Value apply(Map<String, Value> p, Value x) {
            return F.sub(x, F.mean(x, 1));
          }
        };
    for (Certificate c : ALL) {
      Sequential net = new Sequential(Shape.of(2), List.of(new Dense(2), sine, new Dense(2)));
      assertThatThrownBy(() -> new Margins(net, 1, 1).lower(c))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("no bound rule for Sin");
      Sequential batch = new Sequential(Shape.of(2), List.of(new Dense(2), joined, new Dense(2)));
      assertThatThrownBy(() -> new Margins(batch, 1, 3).lower(c))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("samples apart");
    }
  }
}
