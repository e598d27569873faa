// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Training of small perceptrons on the chip: which way is taken, and what comes out. */
class OnChipTrainingTest {
  private static final int N = 22;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(3, 2, 1), List.of(9, 5), Activation.RELU, 3);

  private static Device cuda;

  @BeforeAll
  static void open() {
    try {
      cuda = Device.open(System.getProperty("rigor.test.cuda", "emulated"));
    } catch (DeviceException e) {
      assumeThat(e.firstLine()).as("why there is no CUDA device").isEmpty();
    }
  }

  @AfterAll
  static void close() {
    if (cuda != null) {
      cuda.close();
    }
  }

  private static HostTensor inputs() {
    float[] x = new float[N * 6];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.4 * Math.sin(1.3 * i));
    }
    return HostTensor.of(Shape.of(N, 3, 2, 1), x);
  }

  private static HostTensor labels() {
    int[] y = new int[N];
    for (int i = 0; i < N; i++) {
      y[i] = i * i % 3;
    }
    return HostTensor.of(Shape.of(N), y);
  }

  private static TrainingSetup setup(Norm norm, Sequential net) {
    Method attack = new PgdTraining(norm, 3, true);
    return new TrainingSetup(net, DType.F32, N, 11, new Optimiser.Adam(false), attack, Box.UNIT);
  }

  private static ModelSetup model(long seed) {
    TrialKey key = TrialKey.of(seed, "train");
    return new ModelSetup(key, 2, 0.02, new Schedule.Constant(), 0.1, 0.4, 0.05, Map.of());
  }

  private static Map<String, HostTensor> train(Device device, Norm norm, long... seeds) {
    List<ModelSetup> models = java.util.Arrays.stream(seeds).mapToObj(s -> model(s)).toList();
    try (Trainer t = new Trainer(device, setup(norm, NET), models, inputs(), labels())) {
      assertThat(t.attacksOnChip()).isEqualTo(device.sharedBytes() > 0);
      assertThat(t.derivesOnChip()).isEqualTo(device.sharedBytes() > 0);
      t.epoch();
      t.epoch();
      Map<String, HostTensor> out = new HashMap<>(t.parameters());
      out.put("loss", HostTensor.of(Shape.of(seeds.length), t.loss()));
      return out;
    }
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void agreesWithTheComposedPrograms(Norm norm) {
    Map<String, HostTensor> onChip = train(cuda, norm, 1, 2, 3);
    try (Device cpu = new CpuDevice(2, "scalar", "test")) {
      train(cpu, norm, 1, 2, 3)
          .forEach(
              (name, e) -> {
                for (int i = 0; i < e.shape().size(); i++) {
                  assertThat(onChip.get(name).get(i)).as(name).isCloseTo(e.get(i), within(1e-3));
                }
              });
    }
  }

  @Test
  void aRowEqualsTheModelTrainedAlone() {
    Map<String, HostTensor> together = train(cuda, Norm.LINF, 4, 5);
    for (int m = 0; m < 2; m++) {
      int model = m;
      train(cuda, Norm.LINF, 4 + m)
          .forEach(
              (name, alone) -> {
                int n = Math.toIntExact(alone.shape().size());
                for (int i = 0; i < n; i++) {
                  assertThat(together.get(name).get(model * n + i)).isEqualTo(alone.get(i));
                }
              });
    }
  }

  @Test
  void otherNetworksKeepTheComposedPrograms() {
    Stream.of(
            Sequential.mlp(Shape.of(3, 2, 1), List.of(5), Activation.TANH, 3),
            Sequential.mlp(Shape.of(3, 2, 1), List.of(300, 300), Activation.RELU, 3))
        .forEach(
            net -> {
              TrainingSetup s = setup(Norm.LINF, net);
              try (Trainer t = new Trainer(cuda, s, List.of(model(1)), inputs(), labels())) {
                assertThat(t.attacksOnChip()).isFalse();
                assertThat(t.derivesOnChip()).isFalse();
              }
            });
  }
}
