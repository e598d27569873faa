// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

class LanczosNormsTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static HostTensor samples(int n, int d) {
    return HostTensor.of(Shape.of(n, d), new Random(6).doubles((long) n * d, -1, 1).toArray());
  }

  @Test
  void allStepsGiveTheExactNormsOfEveryModelAndSample() {
    for (Activation a : List.of(Activation.RELU, Activation.TANH)) {
      Sequential net = Sequential.mlp(Shape.of(9), List.of(12), a, 5);
      Map<String, HostTensor> params =
          net.initial(List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t")));
      HostTensor x = samples(130, 9); // more than one batch
      double[][] exact = JacobianNorms.measure(DEVICE, net, params, x, Norm.L2).norms();
      LanczosNorms free = LanczosNorms.measure(DEVICE, net, params, x, 100, 0);
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < 130; n++) {
          assertThat(free.norms()[m][n]).isCloseTo(exact[m][n], within(1e-12));
        }
      }
    }
  }

  @Test
  void fewStepsStayBelowAndConvergeWithTheirResiduals() {
    Sequential net = Sequential.mlp(Shape.of(40), List.of(60), Activation.RELU, 30);
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(3, "t")));
    HostTensor x = samples(8, 40);
    double[] exact = JacobianNorms.measure(DEVICE, net, params, x, Norm.L2).norms()[0];
    double[] before = new double[8];
    for (int steps : new int[] {1, 4, 12, 30}) {
      LanczosNorms free = LanczosNorms.measure(DEVICE, net, params, x, steps, 0);
      for (int n = 0; n < 8; n++) {
        double norm = free.norms()[0][n];
        assertThat(norm).isBetween(before[n] - 1e-12, exact[n] + 1e-12);
        double gap = exact[n] * exact[n] - norm * norm;
        assertThat(steps < 12 || gap <= free.residuals()[0][n] * norm * norm + 1e-12).isTrue();
        before[n] = norm;
      }
    }
    assertThat(before).containsExactly(exact, within(1e-12));
    LanczosNorms loose = LanczosNorms.measure(DEVICE, net, params, x, 30, 1e-3);
    for (int n = 0; n < 8; n++) {
      assertThat(loose.residuals()[0][n]).isLessThanOrEqualTo(1e-3);
      assertThat(loose.norms()[0][n]).isCloseTo(exact[n], within(1e-3 * exact[n]));
    }
  }

  @Test
  void lowRankAndZeroJacobiansEndEarly() {
    Traced net =
        new Traced(6, 6, (p, x) -> F.relu(F.matmul(F.matmul(x, p.get("a")), p.get("b"))))
            .with("a", Shape.of(6, 1), 1, 2, 0, 0, -1, 1)
            .with("b", Shape.of(1, 6), 1, 1, 1, 1, 1, 1);
    double[] x = {1, 1, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0};
    HostTensor two = HostTensor.of(Shape.of(2, 6), x);
    LanczosNorms free = LanczosNorms.measure(DEVICE, net, net.values(), two, 6, 0);
    assertThat(free.norms()[0]).containsExactly(new double[] {Math.sqrt(42), 0}, within(1e-12));
  }

  @Test
  void refusesNoSteps() {
    Sequential net = Sequential.mlp(Shape.of(2), List.of(2), Activation.RELU, 2);
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(3, "t")));
    assertThatThrownBy(() -> LanczosNorms.measure(DEVICE, net, params, samples(1, 2), 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("steps >= 1");
  }
}
