// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
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
import org.rigor.threat.Norm;
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
          new Member("square", CurveAttack.of(new Square(20), THREAT, RADII)),
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

  @Test
  void membersOfDifferentRadiiAreRefused() {
    Member other = new Member("other", CurveAttack.of(Pgd.fgsm(), THREAT, List.of(0.1)));
    assertThatThrownBy(() -> new AttackSuite(List.of(MEMBERS.get(0), other)))
        .hasMessage("attack suite: 'fgsm' and 'other' differ in radii or threat");
  }

  @Test
  void autoAttackHasItsFourAttacks() {
    AttackSuite suite = AttackSuite.autoAttack(THREAT, RADII, DType.F32);
    assertThat(suite.members())
        .extracting(Member::name)
        .containsExactly("apgd-ce", "apgd-t", "fab-t", "square");
    assertThat(suite.members())
        .extracting(m -> m.attack().targets() * m.attack().attack().steps())
        .containsExactly(100, 900, 900, 5000);
  }
}
