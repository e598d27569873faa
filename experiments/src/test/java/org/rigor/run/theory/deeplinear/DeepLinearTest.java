// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.linalg.Matrix;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class DeepLinearTest {
  private static final DeepLinear NET = DeepLinear.of(4, 5, 3, 3, 0.7);
  private static final double[] RATE = {0.05, 0.02};
  private static final double[] DECAY = {0.3, 0};

  private static Matrix random(int rows, int cols, long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    return new Matrix(rows, cols, r.doubles((long) rows * cols, -1, 1).toArray());
  }

  private static HostTensor tensor(Matrix... m) {
    double[] all = Arrays.stream(m).flatMapToDouble(x -> Arrays.stream(x.data())).toArray();
    return HostTensor.of(Shape.of(m.length, m[0].rows(), m[0].cols()), all);
  }

  private static Matrix row(HostTensor t, int m) {
    int n = t.shape().dim(1) * t.shape().dim(2);
    return new Matrix(
        t.shape().dim(1), t.shape().dim(2), Arrays.copyOfRange(t.doubles(), m * n, (m + 1) * n));
  }

  private static List<Matrix> start(int model) {
    List<Matrix> w = new ArrayList<>();
    for (int l = 1; l <= 3; l++) {
      w.add(random(NET.extents().get(l), NET.extents().get(l - 1), 10L * model + l));
    }
    return w;
  }

  private static DeepLinearTrainer trainer(Device device, Matrix y, Matrix x) {
    List<HostTensor> weights = new ArrayList<>();
    for (int l = 0; l < 3; l++) {
      weights.add(tensor(start(0).get(l), start(1).get(l)));
    }
    return new DeepLinearTrainer(device, NET, tensor(y), tensor(x), weights, RATE, DECAY);
  }

  /** Gradient descent written out for three layers. */
  private static List<Matrix> byHand(int model, Matrix y, Matrix x, int steps) {
    List<Matrix> w = start(model);
    double c = NET.scale();
    for (int t = 0; t < steps; t++) {
      Matrix a = w.get(0);
      Matrix b = w.get(1);
      Matrix e = w.get(2);
      Matrix r = e.times(b).times(a).times(y).times(c).minus(x).times(y.transpose()).times(c);
      List<Matrix> g =
          List.of(
              e.times(b).transpose().times(r),
              e.transpose().times(r).times(a.transpose()),
              r.times(b.times(a).transpose()));
      List<Matrix> next = new ArrayList<>();
      for (int l = 0; l < 3; l++) {
        next.add(w.get(l).times(1 - RATE[model] * DECAY[model]).plus(-RATE[model], g.get(l)));
      }
      w = next;
    }
    return w;
  }

  @Test
  void everyModelTakesTheStepsOfGradientDescent() {
    takesTheSteps("cpu");
  }

  @Test
  void theCudaDeviceTakesTheSameSteps() {
    String kind = System.getProperty("rigor.test.cuda", "emulated");
    if (kind.equals("emulated") && !"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    takesTheSteps(kind);
  }

  private static void takesTheSteps(String kind) {
    Matrix y = random(4, 6, 1);
    Matrix x = random(3, 6, 2);
    try (Device device = Device.open(kind);
        DeepLinearTrainer t = trainer(device, y, x)) {
      t.run(3);
      t.run(4);
      assertThat(t.iterations()).isEqualTo(7);
      for (int m = 0; m < 2; m++) {
        List<Matrix> expected = byHand(m, y, x, 7);
        for (int l = 1; l <= 3; l++) {
          assertThat(row(t.weight(l), m).minus(expected.get(l - 1)).norm()).isLessThan(1e-13);
        }
        Matrix map = expected.get(2).times(expected.get(1)).times(expected.get(0)).times(0.7);
        assertThat(row(t.map(), m).minus(map).norm()).isLessThan(1e-13);
      }
    }
  }

  @Test
  void aRecordHasTheLossAndTheOffRangePartBeforeEachStretch() {
    Matrix y = random(4, 2, 1);
    Matrix x = random(3, 2, 2);
    Matrix off = random(4, 4, 3);
    try (Device device = Device.open("cpu");
        DeepLinearTrainer t = trainer(device, y, x)) {
      DeepLinearTrainer.History h = t.record(tensor(off), 3, 2);
      assertThat(t.iterations()).isEqualTo(6);
      for (int i = 0; i < 3; i++) {
        List<Matrix> w = byHand(1, y, x, 2 * i);
        Matrix e = w.get(2).times(w.get(1)).times(w.get(0)).times(0.7);
        assertThat(h.loss()[1][i]).isCloseTo(e.times(y).minus(x).squares(), within(1e-12));
        assertThat(h.off()[1][i]).isCloseTo(e.times(off).squares(), within(1e-12));
      }
    }
  }

  @Test
  void compressedDataHaveTheSameProductsAndLoss() {
    Matrix y = random(4, 2, 5).times(random(2, 9, 6));
    Matrix x = random(3, 9, 7);
    SampleCompression c = SampleCompression.of(x, y, 1e-10);
    assertThat(c.y().cols()).isEqualTo(2);
    Matrix yt = y.transpose();
    assertThat(c.x().times(c.y().transpose()).minus(x.times(yt)).norm()).isLessThan(1e-13);
    assertThat(c.y().times(c.y().transpose()).minus(y.times(yt)).norm()).isLessThan(1e-13);
    Matrix e = random(3, 4, 8);
    assertThat(e.times(c.y()).minus(c.x()).squares() + c.dropped())
        .isCloseTo(e.times(y).minus(x).squares(), within(1e-12));
  }

  @Test
  void refusesWhatIsNoNetwork() {
    assertThatThrownBy(() -> new DeepLinear(List.of(3), 1)).hasMessageContaining("[3]");
    assertThatThrownBy(() -> DeepLinear.of(3, 0, 2, 2, 1)).hasMessageContaining("[3, 0, 2]");
    assertThatThrownBy(() -> DeepLinear.of(3, 1, 2, 2, 0)).hasMessageContaining("scale");
  }
}
