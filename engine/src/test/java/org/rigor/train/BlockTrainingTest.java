// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.TwoMoons;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MixedRelu;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.nn.TrialKey;
import org.rigor.nn.models.BlockStyle;
import org.rigor.nn.models.LnMlp;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Training keeps parameters where their layers want them and draws noise that belongs to a row. */
class BlockTrainingTest {
  private static final int N = 64;
  private static final DataSet MOONS = new TwoMoons(N, 0.1, 3).load(DataRoots.standard(null));

  private static Network net(Layer activation, double noise) {
    BlockStyle style =
        new BlockStyle(activation, LayerNorm.Affine.RESTRICTED, MlpBlock.Zeroth.INPUT, noise);
    return new LnMlp(8, 12, 2, style).of(Shape.of(2), 2);
  }

  private static ModelSetup model(long seed, double rate) {
    TrialKey key = TrialKey.of(seed, "train");
    return new ModelSetup(key, 3, rate, new Schedule.Constant(), 0, 0, 0, Map.of());
  }

  private static Map<String, HostTensor> train(Network net, ModelSetup... models) {
    return train(net, new StandardTraining(), models);
  }

  private static Map<String, HostTensor> train(Network net, Method method, ModelSetup... models) {
    TrainingSetup setup =
        new TrainingSetup(
            net,
            DType.F32,
            N,
            16,
            new Optimiser.Sgd(false),
            method,
            Optional.empty(),
            Averaging.NONE,
            Optional.empty(),
            Pass.Statistics.RUNNING,
            Box.NONE);
    HostTensor labels = HostTensor.of(Shape.of(N), MOONS.labels());
    try (Device device = new CpuDevice(1, "scalar", "test");
        Trainer t = new Trainer(device, setup, List.of(models), MOONS.inputs().toFloat(), labels)) {
      for (int e = 0; e < 3; e++) {
        t.epoch();
      }
      return t.parameters();
    }
  }

  @Test
  void everyStepEndsWithinTheRestrictions() {
    Map<String, HostTensor> p = train(net(Activation.J_SQUARED_RELU, 0), model(1, 2));
    int moved = 0;
    int clipped = 0;
    for (String block : List.of("1.", "2.")) {
      HostTensor scale = p.get(block + "0.scale");
      HostTensor zeroth = p.get(block + "zeroth");
      for (int i = 0; i < 8; i++) {
        assertThat(scale.get(i)).isGreaterThanOrEqualTo(1);
        float most = 0.1f * (float) scale.get(i);
        assertThat(Math.abs(zeroth.get(i))).isLessThanOrEqualTo(most);
        moved += scale.get(i) > 1 ? 1 : 0;
        clipped += Math.abs(zeroth.get(i)) == most ? 1 : 0;
      }
    }
    assertThat(moved).isPositive();
    assertThat(clipped).isPositive(); // the restriction did something
  }

  @Test
  void noiseBelongsToTheRow() {
    Map<String, HostTensor> quiet = train(net(Activation.RELU, 0), model(1, 0.05));
    Map<String, HostTensor> alone = train(net(Activation.RELU, 0.2), model(1, 0.05));
    Map<String, HostTensor> both = train(net(Activation.RELU, 0.2), model(2, 0.05), model(1, 0.05));
    HostTensor key = alone.get("1.1.weight");
    assertThat(key.bitEquals(quiet.get("1.1.weight"))).isFalse();
    float[] second = new float[key.floats().length];
    System.arraycopy(both.get("1.1.weight").floats(), second.length, second, 0, second.length);
    assertThat(second).isEqualTo(key.floats());
  }

  @Test
  void theClockOfAMixtureCountsSteps() {
    Map<String, HostTensor> p = train(net(new MixedRelu(4, 6), 0), model(1, 0.05));
    assertThat(p.get("1.2.clock").get(0)).isEqualTo(12);
  }

  /** TRADES passes two batches a step, of which both see the same mixture. */
  @Test
  void theClockOfAMixtureCountsStepsNotPasses() {
    Method trades = new Trades(Norm.LINF, 1);
    Map<String, HostTensor> p = train(net(new MixedRelu(4, 6), 0), trades, model(1, 0.05));
    assertThat(p.get("1.2.clock").get(0)).isEqualTo(12);
  }
}
