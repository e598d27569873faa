// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Activation;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.nn.models.ResNet18;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.train.Method;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.PgdTraining;
import org.rigor.train.Schedule;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/**
 * Training steps of M networks at once, SGD with momentum 0.9, as {@link Trainer} runs them: the
 * device draws the batch. A step is a part of an epoch that replays as one sequence.
 */
public final class TrainingWork {
  static final double RATE = 0.05;
  static final double EPSILON = 0.1;
  private static final PgdTraining PGD10 = new PgdTraining(Norm.LINF, 10, false);

  /** Numbers of the learning rates of all models and steps, which the trainer keeps. */
  static final int RATES = 1 << 23;

  private final String work;
  private final String title;
  private final Sequential network;
  private final int batch;
  private final Method method;
  private final WorkData.Samples data;
  private final int agreeing;

  /**
   * @param agreeing models whose losses the peers must reproduce
   */
  private TrainingWork(
      String work,
      String title,
      Sequential network,
      int batch,
      Method method,
      WorkData.Samples data,
      int agreeing) {
    this.work = work;
    this.title = title;
    this.network = network;
    this.batch = batch;
    this.method = method;
    this.data = data;
    this.agreeing = agreeing;
  }

  private static TrainingWork ofDigits(Session s) {
    String title = "PGD-10 training step, 64-128-128-10, batch 64";
    WorkData.Samples data = WorkData.digits(s.size(1280, 128), false);
    return new TrainingWork("a", title, mlp(64, 128, 128), 64, PGD10, data, 3);
  }

  /** Measures a: a PGD-10 training step, 64-128-128-10, batch 64. */
  static void digits(Session s) throws IOException {
    TrainingWork w = ofDigits(s);
    w.agree(s);
    w.time(s, s.small() ? List.of(1, 2) : List.of(16, 256, 1, 64, 1024));
  }

  /** Measures b: a training step, 784-512-512-10, batch 256. */
  static void wide(Session s) throws IOException {
    int batch = s.size(256, 16);
    int hidden = s.size(512, 32);
    String title = "training step, 784-%d-%1$d-10, batch %d".formatted(hidden, batch);
    WorkData.Samples data = WorkData.synthetic(10 * batch, 784, 10);
    Sequential net = mlp(784, hidden, hidden);
    TrainingWork w = new TrainingWork("b", title, net, batch, new StandardTraining(), data, 3);
    w.agree(s);
    w.time(s, s.small() ? List.of(1, 2) : List.of(1, 64, 16));
  }

  /**
   * Measures c: a training step of two 3x3 convolutions with stride 2 on images 28x28, batch 256.
   */
  static void convolutional(Session s) throws IOException {
    int batch = s.size(256, 8);
    int channels = s.size(16, 4);
    String title =
        "training step, 28x28, convolutions of %d and %d channels, batch %d"
            .formatted(channels, 2 * channels, batch);
    Shape image = Shape.of(28, 28, 1);
    WorkData.Samples data = WorkData.synthetic(10 * batch, 784, 10).shaped(image);
    Windows w3 = Windows.of(3).stride(2).padding(1);
    Sequential net =
        new Sequential(
            image,
            List.of(
                new Conv2d(channels, w3),
                Activation.RELU,
                new Conv2d(2 * channels, w3),
                Activation.RELU,
                new Flatten(),
                new Dense(10)));
    TrainingWork w = new TrainingWork("c", title, net, batch, new StandardTraining(), data, 3);
    w.agree(s);
    w.time(s, s.small() ? List.of(1, 2) : List.of(1, 32));
  }

  /** Measures d: a PGD-10 training step of ResNet-18 on images 32x32x3, batch 256. */
  static void residual(Session s) throws IOException {
    int batch = s.size(256, 4);
    int width = s.size(64, 4);
    Shape image = Shape.of(s.size(32, 8), s.size(32, 8), 3);
    String title =
        "PGD-10 training step, ResNet-18 of width %d on %s, batch %d"
            .formatted(width, image, batch);
    WorkData.Samples data = WorkData.synthetic(batch, Math.toIntExact(image.size()), 10);
    Sequential net = ResNet18.of(image, width, 10);
    TrainingWork w = new TrainingWork("d", title, net, batch, PGD10, data.shaped(image), 1);
    w.agree(s);
    w.time(s, List.of(1));
  }

  /**
   * Runs two steps of work a, for tools that watch memory, and returns the mean losses by model.
   */
  public static double[] twoSteps(Session s) {
    TrainingWork w = ofDigits(s);
    WorkData.Samples few = w.data.first(2 * w.batch);
    try (Device device = Device.open(s.kind());
        Trainer t = new Trainer(device, w.setup(few), models(2, 1), few.x(), few.y())) {
      t.epoch();
      return t.loss();
    }
  }

  /** Returns a ReLU network with ten classes. */
  public static Sequential mlp(int inputs, int... hidden) {
    List<Integer> widths = new ArrayList<>();
    for (int h : hidden) {
      widths.add(h);
    }
    return Sequential.mlp(Shape.of(inputs), widths, Activation.RELU, 10);
  }

  private TrainingSetup setup(WorkData.Samples samples) {
    int n = samples.x().shape().dim(0);
    Optimiser sgd = new Optimiser.Sgd(false);
    return new TrainingSetup(network, DType.F32, n, batch, sgd, method, Box.UNIT);
  }

  /** Returns more epochs than a timing takes: larger packs take longer, and fewer of them. */
  static int epochs(int m, int steps) {
    return Math.min(100_000, RATES / (m * steps));
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

  /**
   * Records the losses of the first steps on one full batch, whose mean does not depend on the
   * order drawn. Under attack batch norm amplifies the signs of gradients so much that only two
   * steps compare.
   */
  private void agree(Session s) throws IOException {
    WorkData.Samples one = data.first(batch);
    int steps = work.equals("d") ? 2 : 3;
    double[] losses = new double[steps * agreeing];
    try (Device device = Device.open(s.kind());
        Trainer t = new Trainer(device, setup(one), models(agreeing, steps), one.x(), one.y())) {
      WorkData.export(s.out(), work, data, network, t.parameters());
      for (int step = 0; step < steps; step++) {
        t.epoch();
        System.arraycopy(t.loss(), 0, losses, step * agreeing, agreeing);
      }
    }
    s.records().agree(work, losses);
  }

  private void time(Session s, List<Integer> packs) {
    TrainingSetup setup = setup(data);
    try (Device device = Device.open(s.kind())) {
      for (int m : packs) {
        Stopwatch watch = s.stopwatch(work, m);
        try (Trainer t =
            new Trainer(
                device, setup, models(m, epochs(m, setup.stepsPerEpoch())), data.x(), data.y())) {
          int steps = setup.stepsPerEpoch();
          Stopwatch.Times times =
              watch
                  .on(device)
                  .time(
                      s.seconds(),
                      run -> {
                        t.epoch();
                        t.loss(); // waits
                      });
          s.records()
              .time(
                  new Records.Timed(work, m, title, "f32", floor(m)),
                  times.dividedBy(steps),
                  Map.of(
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
   * Returns the floor: products of the forward and backward passes, where only the attack needs the
   * first layer's gradient with respect to its input; parameters and momentum are read and written
   * once, the batch is read once.
   */
  private Records.Floor floor(int m) {
    double forward = NetworkText.products(network);
    Sequential head =
        new Sequential(network.input(), List.of(network.layers().get(0), new Flatten()));
    double first = NetworkText.products(head);
    double perSample = 3 * 2 * forward - 2 * first;
    perSample += method.perturbation().map(p -> p.steps() * 2 * 2.0).orElse(0.0) * forward;
    double bytes = 4.0 * (4 * network.parameterCount() + batch * network.input().size());
    return new Records.Floor(m * batch * perSample, m * bytes);
  }
}
