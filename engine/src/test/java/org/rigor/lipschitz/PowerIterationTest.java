// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.linalg.GramNorm;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class PowerIterationTest {
  private static PowerIteration.Norms run(Device device, int steps, HostTensor w) {
    try (PowerIteration p = new PowerIteration(device, w)) {
      return p.run(steps);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "emulated"})
  void convergesToTheNormFromBelowInBothTypes(String kind) {
    int n = 7;
    int rows = 5;
    int cols = 9;
    Random r = new Random(3);
    float[] x = new float[n * rows * cols];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) r.nextGaussian();
    }
    Arrays.fill(x, 0, rows * cols, 0);
    HostTensor w = HostTensor.of(Shape.of(n, rows, cols), x);
    Device opened;
    try {
      opened = Device.open(kind);
    } catch (DeviceException e) {
      assumeTrue(false, "no device '" + kind + "' here: " + e.firstLine());
      return;
    }
    try (Device device = opened) {
      for (HostTensor typed : new HostTensor[] {w, w.toDouble()}) {
        PowerIteration.Norms few = run(device, 2, typed);
        PowerIteration.Norms many = run(device, 400, typed);
        for (int i = 0; i < n; i++) {
          double[] m = Arrays.copyOfRange(w.toDouble().doubles(), i * 45, (i + 1) * 45);
          GramNorm.Enclosure e = GramNorm.enclose(m, rows, cols);
          assertThat(few.lower()[i]).isLessThanOrEqualTo(e.upper());
          assertThat(many.lower()[i]).isBetween(e.upper() * (1 - 1e-9), e.upper());
          assertThat(many.norms()[i]).isCloseTo(e.upper(), within(1e-9 * e.upper()));
        }
      }
    }
  }

  @Test
  void sizesFarFromOneAndWhatIsNotFinite() {
    double[] x = {1e200, 0, 0, 1e190, 1e-100, 0, 0, 1e-110, Double.NaN, 0, 0, 1};
    try (Device device = Device.open("cpu")) {
      PowerIteration.Norms n = run(device, 20, HostTensor.of(Shape.of(3, 2, 2), x));
      // 1e200 squared is beyond double: no number, and no wrong one.
      assertThat(n.lower()[0]).isNaN();
      assertThat(n.lower()[1]).isBetween(0.0, 1e-100);
      assertThat(n.lower()[2]).isNaN();
    }
  }

  /** (1, 1, -1) (1e16 + 2, -1e16, c) summed in any order loses digits: the side must pay. */
  @Test
  void theLowerSidePaysForCancellation() {
    double[] x = {1e16, 1, -1e16, 1, -1, 3};
    try (Device device = Device.open("cpu")) {
      for (int steps = 0; steps < 30; steps++) {
        PowerIteration.Norms n = run(device, steps, HostTensor.of(Shape.of(1, 2, 3), x));
        assertThat(n.lower()[0]).isLessThanOrEqualTo(GramNorm.upper(x, 2, 3));
      }
    }
  }

  @Test
  void refusesOtherShapes() {
    try (Device device = Device.open("cpu")) {
      assertThatThrownBy(() -> run(device, 1, HostTensor.of(Shape.of(2, 2), new double[4])))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[N, rows, cols]");
    }
  }
}
