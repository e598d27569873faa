// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Norm;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/**
 * Training steps of M networks at once, SGD with momentum 0.9, as {@link Trainer} runs them: the
 * batch is drawn on the device. A step is a part of an epoch that is replayed as one sequence.
 */
final class TrainingWork {
  static final double RATE = 0.05;
  static final double EPSILON = 0.1;
  private static final Pgd PGD10 = new Pgd(Norm.LINF, 10, 0.25, false);
  private static final int EPOCHS = 60;
  private static final int AGREE_MODELS = 3;
  private static final double SECONDS = 6;

  private final String work;
  private final Sequential network;
  private final int batch;
  private final Optional<Pgd> attack;
  private final WorkData.Samples data;

  private TrainingWork(
      String work, Sequential network, int batch, Optional<Pgd> attack, WorkData.Samples data) {
    this.work = work;
    this.network = network;
    this.batch = batch;
    this.attack = attack;
    this.data = data;
  }

  private static TrainingWork digits(GpuAccept.Session s) {
    return new TrainingWork(
        "a", mlp(64, 128, 128), 64, Optional.of(PGD10), WorkData.digits(s.size(1280, 128), false));
  }

  /** a. PGD-10 training step, 64-128-128-10, batch 64. */
  static void adversarial(GpuAccept.Session s, Map<String, Object> found) throws IOException {
    TrainingWork w = digits(s);
    w.agree(s);
    w.time(s, s.small() ? List.of(1, 4) : List.of(16, 256, 1, 64, 1024));
  }

  /** b. Training step, 784-512-512-10, batch 256. */
  static void standard(GpuAccept.Session s, Map<String, Object> found) throws IOException {
    int batch = s.size(256, 16);
    int hidden = s.size(512, 32);
    TrainingWork w =
        new TrainingWork(
            "b",
            mlp(784, hidden, hidden),
            batch,
            Optional.empty(),
            WorkData.synthetic(10 * batch, 784, 10));
    w.agree(s);
    w.time(s, s.small() ? List.of(1, 2) : List.of(1, 16, 64));
  }

  /** Two steps of work a, for tools that watch memory. */
  static void twoSteps(GpuAccept.Session s, Map<String, Object> found) {
    TrainingWork w = digits(s);
    WorkData.Samples few = w.data.first(2 * w.batch);
    try (Device device = Device.open(s.kind());
        Trainer t = new Trainer(device, w.setup(few), models(2, 1), few.x(), few.y())) {
      t.epoch();
      found.put("loss", t.loss());
    }
  }

  static Sequential mlp(int inputs, int... hidden) {
    List<Integer> widths = new ArrayList<>();
    for (int h : hidden) {
      widths.add(h);
    }
    return Sequential.mlp(Shape.of(inputs), widths, Activation.RELU, 10);
  }

  private TrainingSetup setup(WorkData.Samples samples) {
    int n = samples.x().shape().dim(0);
    Optimiser sgd = new Optimiser.Sgd(false);
    return new TrainingSetup(network, DType.F32, n, batch, sgd, attack, Box.UNIT);
  }

  private static List<ModelSetup> models(int m, int epochs) {
    List<ModelSetup> models = new ArrayList<>();
    for (int i = 0; i < m; i++) {
      TrialKey key = TrialKey.of(i, "train");
      Map<String, Double> momentum = Map.of("momentum", 0.9);
      models.add(
          new ModelSetup(key, epochs, RATE, new Schedule.Constant(), EPSILON, 0.25, 0, momentum));
    }
    return models;
  }

  /** Losses of three steps on one full batch, whose mean does not depend on the order drawn. */
  private void agree(GpuAccept.Session s) throws IOException {
    WorkData.Samples one = data.first(batch);
    double[] losses = new double[3 * AGREE_MODELS];
    try (Device device = Device.open(s.kind());
        Trainer t = new Trainer(device, setup(one), models(AGREE_MODELS, 3), one.x(), one.y())) {
      WorkData.export(s.out(), work, data, t.parameters());
      for (int step = 0; step < 3; step++) {
        t.epoch();
        System.arraycopy(t.loss(), 0, losses, step * AGREE_MODELS, AGREE_MODELS);
      }
    }
    s.records().agree(work, losses);
  }

  private void time(GpuAccept.Session s, List<Integer> packs) {
    TrainingSetup setup = setup(data);
    try (Device device = Device.open(s.kind())) {
      for (int m : packs) {
        long start = System.nanoTime();
        try (Trainer t = new Trainer(device, setup, models(m, EPOCHS), data.x(), data.y())) {
          t.epoch();
          t.loss();
          double prepared = (System.nanoTime() - start) / 1e9;
          int steps = setup.stepsPerEpoch();
          Stopwatch.Times times =
              Stopwatch.time(
                  SECONDS,
                  run -> {
                    t.epoch();
                    t.loss(); // waits
                  });
          double loss = t.loss()[0];
          s.records()
              .time(
                  work,
                  m,
                  times.dividedBy(steps),
                  floor(m),
                  Map.of(
                      "prepareSeconds",
                      prepared,
                      "loss",
                      loss,
                      "stepsPerReplay",
                      steps,
                      "attackOnChip",
                      t.attacksOnChip(),
                      "gradientOnChip",
                      t.derivesOnChip()));
        }
      }
    }
  }

  /**
   * Products of the forward and backward passes; parameters and momentum read and written once and
   * the batch read once.
   */
  private Records.Floor floor(int m) {
    double weights = 0;
    double first = 0;
    for (var p : network.parameters()) {
      if (p.name().endsWith("weight")) {
        first = first == 0 ? p.shape().size() : first;
        weights += p.shape().size();
      }
    }
    double perSample = 3 * 2 * weights - 2 * first;
    perSample += attack.map(p -> p.steps() * 2 * 2.0).orElse(0.0) * weights;
    double bytes = 4.0 * (4 * network.parameterCount() + batch * network.input().size());
    return new Records.Floor(m * batch * perSample, m * bytes);
  }
}
