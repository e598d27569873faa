// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.attack.AttackSuite.Member;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** A suite is the pointwise least of its members, whatever their order. */
class AttackSuiteTest {
  private static final int SAMPLES = 64;
  private static final List<Double> RADII = List.of(0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.3);
  private static final Threat THREAT = new Threat(Norm.LINF, Box.UNIT);
  private static final Sequential NET = Sequential.mlp(Shape.of(4), List.of(6), Activation.RELU, 5);
  private static final List<TrialKey> KEYS = List.of(TrialKey.of(1, "a"), TrialKey.of(2, "a"));
  private static final Map<String, HostTensor> PARAMS = NET.initial(KEYS);

  private static final List<Member> MEMBERS =
      List.of(
          new Member("fgsm", CurveAttack.of(Pgd.fgsm(), THREAT, RADII)),
          new Member("square", CurveAttack.of(Square.of(20), THREAT, RADII)),
          new Member("fab", CurveAttack.of(new Fab(5), THREAT, RADII)));

  private static HostTensor samples() {
    double[] x = new double[SAMPLES * 4];
    for (int i = 0; i < x.length; i++) {
      x[i] = 0.5 + 0.4 * Math.sin(3 * i + 1);
    }
    return HostTensor.of(Shape.of(SAMPLES, 4), x);
  }

  /** Labels that the first model gives, so that the second is wrong at some. */
  private static HostTensor labels(Device device) {
    int[] y = new int[SAMPLES];
    for (int k = 0; k < 5; k++) {
      int[] all = new int[SAMPLES];
      java.util.Arrays.fill(all, k);
      CurveResult r =
          HostAttack.run(
              device,
              NET,
              MEMBERS.get(0).attack(),
              PARAMS,
              KEYS,
              samples(),
              HostTensor.of(Shape.of(SAMPLES), all));
      for (int n = 0; n < SAMPLES; n++) {
        y[n] = r.distance()[0][n] == 0 ? y[n] : k;
      }
    }
    return HostTensor.of(Shape.of(SAMPLES), y);
  }

  private static AttackSuite.Result run(Device device, List<Member> members, HostTensor labels) {
    try (Models models = Models.of(device, NET, PARAMS)) {
      return new AttackSuite(members).run(device, NET, models, KEYS, samples(), labels);
    }
  }

  @Test
  void aSampleFallsAtTheLeastRadiusOfAll() {
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      HostTensor y = labels(device);
      AttackSuite.Result suite = run(device, MEMBERS, y);
      int[] first = new int[MEMBERS.size()];
      List<CurveResult> alone = new ArrayList<>();
      for (Member m : MEMBERS) {
        alone.add(HostAttack.run(device, NET, m.attack(), PARAMS, KEYS, samples(), y));
      }
      for (int model = 0; model < 2; model++) {
        for (int n = 0; n < SAMPLES; n++) {
          int least = RADII.size();
          int by = -1;
          for (int i = 0; i < alone.size(); i++) {
            CurveResult r = alone.get(i);
            if (r.survived()[model][n] < least) {
              least = r.survived()[model][n];
              by = r.distance()[model][n] > 0 ? i : -1;
            }
          }
          assertThat(suite.curve().survived()[model][n]).isEqualTo(least);
          assertThat(suite.by()[model][n]).isEqualTo(by);
          if (by >= 0) {
            first[by]++;
            assertThat(suite.curve().witness()[model][n])
                .isEqualTo(alone.get(by).witness()[model][n]);
          }
        }
      }
      assertThat(first).as("each is first somewhere").doesNotContain(0);
      List<Member> reversed = new ArrayList<>(MEMBERS);
      java.util.Collections.reverse(reversed);
      assertThat(run(device, reversed, y).curve().survived())
          .isDeepEqualTo(suite.curve().survived());
    }
  }

  /** Every member on every sample: each row is that of the member alone, the rest is the same. */
  @Test
  void aFullLedgerHoldsEachMemberAlone() {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, NET, PARAMS)) {
      HostTensor y = labels(device);
      AttackSuite suite = new AttackSuite(MEMBERS);
      AttackSuite.Result some = suite.run(device, NET, models, KEYS, samples(), y);
      AttackSuite.Result full = suite.run(device, NET, models, KEYS, samples(), y, true);
      assertThat(some.alone()).isEmpty();
      assertThat(full.by()).isDeepEqualTo(some.by());
      assertThat(full.curve().survived()).isDeepEqualTo(some.curve().survived());
      assertThat(java.util.Arrays.deepToString(full.curve().distance()))
          .isEqualTo(java.util.Arrays.deepToString(some.curve().distance()));
      for (int i = 0; i < MEMBERS.size(); i++) {
        CurveResult alone =
            HostAttack.run(device, NET, MEMBERS.get(i).attack(), PARAMS, KEYS, samples(), y);
        assertThat(full.alone().get(i)).isDeepEqualTo(alone.survived());
      }
    }
  }

  @Test
  void membersOfDifferentRadiiAreRefused() {
    Member other = new Member("other", CurveAttack.of(Pgd.fgsm(), THREAT, List.of(0.1)));
    assertThatThrownBy(() -> new AttackSuite(List.of(MEMBERS.get(0), other)))
        .hasMessage("attack suite: 'fgsm' and 'other' differ in radii or threat");
  }

  private static AttackSuite suite(String name, Distance norm) {
    Threat threat = new Threat(norm, Box.UNIT);
    return AttackSuites.of(name, new AttackSuites.Goal(threat, RADII, DType.F32, Optional.empty()));
  }

  @Test
  void autoAttackHasItsFourAttacks() {
    AttackSuite suite = suite("autoattack", Norm.LINF);
    assertThat(suite.members())
        .extracting(Member::name)
        .containsExactly("apgd-ce", "apgd-t", "fab-t", "square");
    assertThat(suite.members())
        .extracting(m -> m.attack().targets() * m.attack().attack().steps())
        .containsExactly(100, 900, 900, 5000);
  }

  /** In l1 as published: five starts on the cross-entropy, five classes, no other list. */
  @Test
  void autoAttackInL1HasItsOwnStartsAndTargets() {
    AttackSuite suite = suite("autoattack", Sparse.L1);
    assertThat(suite.members())
        .extracting(Member::name)
        .containsExactly("apgd-ce", "apgd-t", "fab-t", "square");
    assertThat(suite.members()).extracting(m -> m.attack().starts()).containsExactly(5, 5, 9, 1);
    assertThat(suite.members())
        .extracting(m -> m.attack().attack().steps())
        .containsExactly(102, 102, 100, 5000);
  }

  @Test
  void anUnknownSuiteIsRefusedWithTheList() {
    assertThatThrownBy(() -> suite("autoatack", Norm.L2))
        .hasMessageStartingWith("attack suite: expected one of autoattack")
        .hasMessageEndingWith("got 'autoatack'");
  }

  /** Suites on linear classifiers of few classes: samples fall just above their exact radius. */
  @ParameterizedTest
  @CsvSource({
    "autoattack, L1, 2",
    "autoattack, L1, 3",
    "autoattack-reference, LINF, 3",
    "malt, LINF, 2",
    "malt, LINF, 5",
    "malt, L1, 3"
  })
  void suitesReachTheTruth(String name, String distance, int classes) {
    Distance norm =
        Distance.all().stream().filter(d -> d.name().equals(distance)).findFirst().orElseThrow();
    Sequential net = Sequential.mlp(Shape.of(4), List.of(), Activation.RELU, classes);
    List<TrialKey> key = List.of(TrialKey.of(5, "few"));
    Map<String, HostTensor> params = new HashMap<>(net.initial(key));
    params.put("0.bias", HostTensor.of(params.get("0.bias").shape(), new double[classes]));
    double[] w = params.get("0.weight").toDouble().doubles();
    double[] x = new double[4 * 4];
    int[] y = new int[4];
    for (int n = 0; n < 4; n++) {
      double[] z = new double[classes];
      for (int i = 0; i < 4; i++) {
        x[n * 4 + i] = Math.sin(3 * (n * 4 + i) + 1);
        for (int k = 0; k < classes; k++) {
          z[k] += x[n * 4 + i] * w[i * classes + k];
        }
      }
      y[n] = IntStream.range(0, classes).reduce(0, (a, b) -> z[b] > z[a] ? b : a);
      int own = y[n];
      double radius =
          IntStream.range(0, classes)
              .filter(k -> k != own)
              .mapToDouble(k -> (z[own] - z[k]) / dual(norm, w, classes, own, k))
              .min()
              .orElseThrow();
      for (int i = 0; i < 4; i++) {
        x[n * 4 + i] *= 0.7 / radius; // without a bias radii scale with samples
      }
    }
    AttackSuite suite =
        AttackSuites.of(
                name,
                new AttackSuites.Goal(
                    new Threat(norm, Box.NONE),
                    List.of(0.98 * 0.7, 1.02 * 0.7),
                    DType.F64,
                    Optional.empty()))
            .fit(classes);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, net, params)) {
      HostTensor points = HostTensor.of(Shape.of(4, 4), x);
      AttackSuite.Result r =
          suite.run(device, net, models, key, points, HostTensor.of(Shape.of(4), y));
      assertThat(r.curve().survived()[0]).containsOnly(1);
    }
  }

  private static double dual(Distance norm, double[] w, int classes, int y, int k) {
    double sum = 0;
    double largest = 0;
    for (int i = 0; i < 4; i++) {
      double d = Math.abs(w[i * classes + k] - w[i * classes + y]);
      sum += d;
      largest = Math.max(largest, d);
    }
    return norm == Norm.LINF ? sum : largest;
  }
}
