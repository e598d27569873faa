// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/**
 * A network after a short training, and samples it has not seen: works i to k measure robustness
 * where a part of the samples has it. Everything follows from fixed seeds.
 *
 * @param samples with their true labels
 */
record TrainedNet(
    Sequential network, Map<String, HostTensor> parameters, WorkData.Samples samples) {
  private static final int TRAINED = 2560;
  private static final int DIGITS = 1280;
  private static final int BATCH = 128;
  private static final int EPOCHS = 10;

  /** How far the centre of a class lies from grey, in each feature. */
  private static final double SIGNAL = 0.07;

  /** Trains 784-256-256-10 on the device, which takes about a second, and draws n samples. */
  static TrainedNet of(Device device, int n) {
    return train(device, SampleNet.network(), samples(TRAINED, 12), samples(n, 13));
  }

  /** Trains 64-128-128-10 on digits, and takes n of those it has not seen. */
  static TrainedNet digits(Device device, int n) {
    WorkData.Samples seen = WorkData.digits(DIGITS, false);
    return train(device, TrainingWork.mlp(64, 128, 128), seen, WorkData.digits(n, true));
  }

  private static TrainedNet train(
      Device device, Sequential network, WorkData.Samples seen, WorkData.Samples unseen) {
    int count = seen.x().shape().dim(0);
    TrainingSetup setup =
        new TrainingSetup(
            network,
            DType.F32,
            count,
            BATCH,
            new Optimiser.Sgd(false),
            new StandardTraining(),
            Box.UNIT);
    ModelSetup model =
        new ModelSetup(
            TrialKey.of(0, "train"),
            EPOCHS,
            TrainingWork.RATE,
            new Schedule.Constant(),
            0,
            0,
            0,
            Map.of("momentum", 0.9));
    try (Trainer t = new Trainer(device, setup, List.of(model), seen.x(), seen.y())) {
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        t.epoch();
      }
      return new TrainedNet(network, t.parameters(), unseen);
    }
  }

  /** Returns samples in [0, 1] around ten random centres. */
  private static WorkData.Samples samples(int n, long seed) {
    int features = 784;
    SplittableRandom centres = new SplittableRandom(14);
    int[][] signs = new int[10][];
    for (int c = 0; c < signs.length; c++) {
      signs[c] = centres.ints(features, 0, 2).map(bit -> 2 * bit - 1).toArray();
    }
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[n * features];
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      y[i] = random.nextInt(10);
      for (int f = 0; f < features; f++) {
        double noise = (1 - 2 * SIGNAL) * (random.nextInt(1 << 16) * 0x1p-16 - 0.5);
        x[i * features + f] = (float) (0.5 + SIGNAL * signs[y[i]][f] + noise);
      }
    }
    return new WorkData.Samples(
        HostTensor.of(Shape.of(n, features), x), HostTensor.of(Shape.of(n), y));
  }
}
