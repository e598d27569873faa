// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** What attacks ask of a network, counted by hand from their algorithms. */
class QueriesTest {
  private static CurveAttack attack(String name, Norm norm, Double... radii) {
    Attack one = Attacks.of(name, new Attacks.Settings(7, OptionalDouble.of(0.3)));
    return CurveAttack.of(one, new Threat(norm, Box.UNIT), List.of(radii));
  }

  @ParameterizedTest
  @CsvSource({
    "pgd, LINF, 1, 1",
    "bim, L2, 1, 1",
    "mi-fgsm, LINF, 1, 1",
    "apgd, LINF, 1, 1",
    "square, LINF, 1, 0",
    "fmn, LINF, 1, 1",
    "fmn, L2, 1, 1",
    "ddn, L2, 1, 1",
    "deepfool, L2, 1, 1",
    "carlini-wagner, L2, 1, 1",
    "fab, LINF, 2, 1" // where it stands, and where it goes back to
  })
  void aStepAsksForWhatItsAlgorithmSays(String name, Norm norm, long forwards, long backwards) {
    assertThat(Queries.ofStep(attack(name, norm, 1.0), Shape.of(8, 8, 1)))
        .isEqualTo(new Queries(forwards, backwards));
  }

  /** A network that is wrong beyond 0.25 in its only feature that counts. */
  private static Distances run(CurveAttack attack, float... x) {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(), Activation.RELU, 2);
    Map<String, HostTensor> values =
        Map.of(
            "0.weight", HostTensor.of(Shape.of(1, 2, 2), new float[] {0, 1, 0, 0}),
            "0.bias", HostTensor.of(Shape.of(1, 1, 2), new float[] {0.5f, 0}));
    int samples = x.length / 2;
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models networks = Models.of(device, net, values)) {
      return new DistanceFinder(device, net, attack)
          .run(
              networks,
              List.of(TrialKey.of(0, "t")),
              HostTensor.of(Shape.of(samples, 2), x),
              HostTensor.of(Shape.of(samples), new int[samples]));
    }
  }

  @Test
  void aBisectionCountsEveryRadiusThatItTries() {
    // At 0.4 the third step of 0.12 passes 0.25, which two more looks confirm. At 0.1, then at 0.2,
    // seven steps and a last check fail.
    Distances found = run(attack("bim", Norm.LINF, 0.1, 0.2, 0.4), 0.25f, 0.5f);
    assertThat(found.distance()[0][0]).isBetween(0.25, 0.4);
    assertThat(found.queries()[0][0]).isEqualTo(new Queries(3 + 2 + 2 * 8, 3 + 2 * 7));
  }

  @Test
  void anAttackThatMinimisesTakesAllItsSteps() {
    Distances found = run(attack("fmn", Norm.LINF, 1.0), 0.25f, 0.5f, 0.75f, 0.5f);
    assertThat(found.queries()[0][0].backwards()).isEqualTo(8);
    // steps, the sample itself, and the halvings of the way to it
    assertThat(found.queries()[0][0].forwards()).isBetween(8L + 1 + 13, 8L + 1 + 13 + 5);
    assertThat(found.distance()[0][1]).isZero();
    assertThat(found.queries()[0][1]).isEqualTo(new Queries(1, 0));
  }
}
