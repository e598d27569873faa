// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.models.ConvNet;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.PgdTraining;
import org.rigor.train.Schedule;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

class ConvolutionNetworkTest {
  private static final Shape IMAGE = Shape.of(8, 8, 1);
  private static final int N = 24;

  /** Where the bright pixels are says the class. */
  private static HostTensor images() {
    float[] x = new float[N * 64];
    for (int i = 0; i < x.length; i++) {
      int row = i % 64 / 8;
      boolean bright = row / 3 == i / 64 % 3;
      x[i] = (float) (bright ? 0.7 + 0.3 * Math.sin(i) : 0.2 + 0.2 * Math.sin(1.7 * i));
    }
    return HostTensor.of(IMAGE.insert(0, N), x);
  }

  private static HostTensor labels() {
    int[] y = new int[N];
    for (int i = 0; i < N; i++) {
      y[i] = i % 3;
    }
    return HostTensor.of(Shape.of(N), y);
  }

  private static double[] losses(Sequential net, int models, int first, int threads, int epochs) {
    TrainingSetup setup =
        new TrainingSetup(
            net,
            DType.F32,
            N,
            8,
            new Optimiser.Adam(false),
            new PgdTraining(Norm.LINF, 2, true),
            Box.UNIT);
    List<ModelSetup> rows =
        IntStream.range(first, first + models)
            .mapToObj(
                m ->
                    new ModelSetup(
                        TrialKey.of(m, "conv"),
                        epochs,
                        0.01,
                        new Schedule.Constant(),
                        0.05,
                        0.5,
                        0,
                        Map.of()))
            .toList();
    try (Device device = new CpuDevice(threads, "auto", "test");
        Trainer t = new Trainer(device, setup, rows, images(), labels())) {
      for (int e = 0; e < epochs; e++) {
        t.epoch();
      }
      return t.loss();
    }
  }

  private static Sequential withPooling() {
    Windows same = Windows.of(3).padding(1);
    return new Sequential(
        IMAGE,
        List.of(
            new Conv2d(4, same),
            Activation.RELU,
            new MaxPool2d(Windows.of(2).stride(2)),
            new Conv2d(6, same, 2),
            Activation.RELU,
            new MaxPool2d(same.stride(2)),
            new AveragePool2d(Windows.of(2).padding(1), true),
            new Conv2d(5, Windows.of(2)),
            Activation.RELU,
            new GlobalAveragePool(),
            new Dense(3)));
  }

  @Test
  void learnsUnderAttackAndEachRowIsTheModelAlone() {
    for (Sequential net :
        List.of(ConvNet.of(IMAGE, List.of(4, 8), List.of(10), Activation.RELU, 3), withPooling())) {
      double[] before = losses(net, 3, 0, 2, 1);
      double[] after = losses(net, 3, 0, 2, 25);
      double[] one = losses(net, 1, 1, 2, 25);
      assertThat(before[1]).isGreaterThan(0.8);
      assertThat(after[1]).as("%s", net).isLessThan(0.5 * before[1]);
      assertThat(one[0]).isEqualTo(after[1]);
    }
  }

  @Test
  void shapesParametersAndStartingValues() {
    Sequential net =
        ConvNet.of(Shape.of(28, 28, 1), List.of(16, 32), List.of(100), Activation.RELU, 10);
    assertThat(net.outputs()).isEqualTo(10);
    long dense = 7 * 7 * 32 * 100 + 100 + 100 * 10 + 10;
    assertThat(net.parameterCount()).isEqualTo(9 * 16 + 16 + 9 * 16 * 32 + 32 + dense);
    assertThat(net.parameters().stream().map(Parameter::name))
        .startsWith("0.weight", "0.bias", "2.weight");
    float[] w = net.initial(List.of(TrialKey.of(1, "t"))).get("2.weight").floats();
    double bound = 1 / Math.sqrt(9 * 16);
    double square = 0;
    for (float v : w) {
      assertThat((double) v).isBetween(-bound, bound);
      square += v * v / w.length;
    }
    assertThat(square).isCloseTo(bound * bound / 3, within(0.05 * bound * bound));
  }

  @Test
  void layersThatDoNotFitAreRefused() {
    Layer conv = new Conv2d(4, Windows.of(5));
    assertThatThrownBy(() -> new Sequential(Shape.of(4, 9, 1), List.of(conv)))
        .hasMessageContaining("layer 0")
        .hasMessageContaining("at least 5 rows");
    assertThatThrownBy(() -> new Sequential(Shape.of(9), List.of(conv)))
        .hasMessageContaining("needs an image of height, width and channels");
    assertThatThrownBy(() -> new Conv2d(4, Windows.of(1), 3)).hasMessageContaining("multiple");
    Layer grouped = new Conv2d(4, Windows.of(1), 2);
    assertThatThrownBy(() -> new Sequential(Shape.of(3, 3, 3), List.of(grouped)))
        .hasMessageContaining("multiple of groups 2");
  }
}
