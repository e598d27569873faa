// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** What distances promise, whichever attack finds them. */
class DistanceFinderTest {
  private static final int SAMPLES = 12;
  private static final List<TrialKey> KEYS = List.of(TrialKey.of(1, "a"), TrialKey.of(2, "a"));

  private static CurveAttack settings(String name, Norm norm) {
    int steps = name.equals("carlini-wagner") ? 90 : 30;
    Attack attack = Attacks.of(name, new Attacks.Settings(steps, OptionalDouble.empty()));
    List<Double> radii = DistanceFinder.radii(1e-3, 2, 0.05);
    return CurveAttack.of(attack, new Threat(norm, Box.UNIT), radii);
  }

  private static Sequential net(int classes) {
    return Sequential.mlp(Shape.of(4), List.of(6), Activation.RELU, classes);
  }

  private static HostTensor samples() {
    double[] x = new double[SAMPLES * 4];
    Arrays.setAll(x, i -> 0.5 + 0.5 * Math.sin(3 * i + 1));
    return HostTensor.of(Shape.of(SAMPLES, 4), x);
  }

  private static HostTensor labels(int classes) {
    int[] y = new int[SAMPLES];
    Arrays.setAll(y, n -> n % classes);
    return HostTensor.of(Shape.of(SAMPLES), y);
  }

  private static Distances run(
      int threads, String kind, CurveAttack settings, Network net, HostTensor x, HostTensor y) {
    try (Device device = new CpuDevice(threads, kind, "test");
        Models models = Models.of(device, net, net.initial(KEYS))) {
      return new DistanceFinder(device, net, settings).run(models, KEYS, x, y);
    }
  }

  /** Two and three classes as well: losses with more logits fall back to the margin. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void witnessesLieAtTheirDistanceInTheBox(int classes) {
    HostTensor x = samples();
    for (String name : List.of("fmn", "ddn", "deepfool", "fab", "apgd")) {
      Distances d = run(1, "scalar", settings(name, Norm.L2), net(classes), x, labels(classes));
      int found = 0;
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          double[] w = d.witness()[m][n];
          assertThat(w == null).isEqualTo(Double.isInfinite(d.distance()[m][n]));
          if (w != null) {
            double squares = 0;
            for (int i = 0; i < 4; i++) {
              assertThat(w[i]).isBetween(0.0, 1.0);
              squares += (w[i] - x.get(n * 4 + i)) * (w[i] - x.get(n * 4 + i));
            }
            assertThat(d.distance()[m][n])
                .isBetween(Math.sqrt(squares), Math.sqrt(squares) * (1 + 1e-14));
            found += d.distance()[m][n] > 0 ? 1 : 0;
          }
        }
      }
      assertThat(found).as(name).isGreaterThan(2);
      assertThat(d.kind()).containsOnly(Kind.CERTIFIED);
    }
  }

  /** Sample 7 alone, with the others, on threads and with vectors: the same bits. */
  @ParameterizedTest
  @ValueSource(strings = {"fmn", "ddn", "deepfool", "fab", "carlini-wagner"})
  void aSampleGetsWhatItGetsAlone(String name) {
    HostTensor x = samples();
    CurveAttack settings = settings(name, Norm.L2);
    Distances all = run(1, "scalar", settings, net(5), x, labels(5));
    Distances more = run(2, "auto", settings, net(5), x, labels(5));
    assertThat(more.distance()).isDeepEqualTo(all.distance());
    double[] own = new double[4];
    x.copy(28, 4, own, 0);
    HostTensor one = HostTensor.of(Shape.of(1, 4), own);
    Distances alone = run(1, "scalar", settings, net(5), one, HostTensor.of(Shape.of(1), 7 % 5));
    for (int m = 0; m < 2; m++) {
      assertThat(alone.distance()[m][0]).isEqualTo(all.distance()[m][7]);
      assertThat(alone.witness()[m][0]).isEqualTo(all.witness()[m][7]);
      assertThat(alone.resolution()[m][0]).isEqualTo(all.resolution()[m][7]);
    }
  }

  /** Bisected radii agree with one attack over all of them, where that is monotone. */
  @Test
  void bisectionFindsWhatTheCurveFinds() {
    HostTensor x = samples();
    CurveAttack settings = settings("bim", Norm.LINF);
    Distances d = run(1, "scalar", settings, net(2), x, labels(2));
    Map<String, HostTensor> params = net(2).initial(KEYS);
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      CurveResult curve = HostAttack.run(device, net(2), settings, params, KEYS, x, labels(2));
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < SAMPLES; n++) {
          int survived = curve.survived()[m][n];
          boolean falls = survived < settings.epsilons().size();
          assertThat(Double.isFinite(d.distance()[m][n])).isEqualTo(falls);
          if (falls) {
            assertThat(d.distance()[m][n])
                .isLessThanOrEqualTo(settings.epsilons().get(survived) * 1.05);
          }
        }
      }
    }
  }

  private static Distances one(Map<String, HostTensor> params, String name, float x) {
    Network net = new Sequential(Shape.of(1), List.of(new Dense(2)));
    List<TrialKey> key = List.of(TrialKey.of(0, "a"));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params)) {
      HostTensor at = HostTensor.of(Shape.of(1, 1), x);
      HostTensor y = HostTensor.of(Shape.of(1), 0);
      return new DistanceFinder(device, net, settings(name, Norm.L2)).run(models, key, at, y);
    }
  }

  private static Map<String, HostTensor> line(float weight, float bias) {
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.weight", HostTensor.of(Shape.of(1, 1, 2), 0f, weight));
    p.put("0.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, bias));
    return p;
  }

  @ParameterizedTest
  @ValueSource(strings = {"fmn", "ddn", "deepfool", "fab", "carlini-wagner", "pgd"})
  void whatIsWrongAlreadyIsNearAndWhatNeverFallsIsFar(String name) {
    Distances wrong = one(line(0, 1), name, 0.5f);
    assertThat(wrong.distance()[0]).containsExactly(0);
    assertThat(wrong.witness()[0][0]).containsExactly(0.5);
    Distances never = one(line(0, -1), name, 0.5f);
    assertThat(never.distance()[0]).containsExactly(Double.POSITIVE_INFINITY);
    assertThat(never.witness()[0][0]).isNull();
    Distances outOfTheBox = one(line(1, -1.25f), name, 0.5f); // at 1.25
    assertThat(outOfTheBox.distance()[0]).containsExactly(Double.POSITIVE_INFINITY);
    Distances undefined = one(line(0, Float.NaN), name, 0.5f);
    assertThat(undefined.distance()[0]).containsExactly(0);
    assertThat(undefined.undefined()[0]).containsExactly(true);
    assertThat(undefined.kind()).containsExactly(Kind.BOUND);
  }

  /**
   * A step as long as the box jumps over the only wrong points; one of half its length does not.
   */
  @Test
  void anAttackThatFailsAtTheLargestRadiusTriesSmallerOnes() {
    Network net = Sequential.mlp(Shape.of(1), List.of(4), Activation.RELU, 2);
    // 0.1 x - 0.2 and a tent of height 1 over 0.55 to 0.75
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.weight", HostTensor.of(Shape.of(1, 1, 4), 1f, 1f, 1f, 1f));
    p.put("0.bias", HostTensor.of(Shape.of(1, 1, 4), 0f, -0.55f, -0.65f, -0.75f));
    p.put("2.weight", HostTensor.of(Shape.of(1, 4, 2), 0f, 0.1f, 0f, 10f, 0f, -20f, 0f, 10f));
    p.put("2.bias", HostTensor.of(Shape.of(1, 1, 2), 0f, -0.2f));
    Attack jump = new Pgd(1, 1, false);
    CurveAttack attack =
        CurveAttack.of(jump, new Threat(Norm.LINF, Box.UNIT), List.of(0.1, 0.2, 0.4, 0.8));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, p)) {
      HostTensor at = HostTensor.of(Shape.of(1, 1), 0.25f);
      HostTensor y = HostTensor.of(Shape.of(1), 0);
      Distances found =
          new DistanceFinder(device, net, attack).run(models, List.of(TrialKey.of(0, "a")), at, y);
      assertThat(found.distance()[0][0]).isCloseTo(0.4, within(1e-6));
    }
  }

  @Test
  void wrongInputIsRefused() {
    assertThatThrownBy(() -> one(line(1, -1), "fmn", 1.5f))
        .hasMessage("attack: inputs must lie in [0.0, 1.0], element 0 is 1.5");
    assertThatThrownBy(() -> settings("ddn", Norm.LINF))
        .hasMessage("attack: takes the distances [L2], got LINF");
    assertThatThrownBy(() -> settings("fmn", Norm.L2).withLoss(AttackLoss.CROSS_ENTROPY))
        .hasMessage("attack: needs a margin as its loss, got CROSS_ENTROPY");
  }
}
