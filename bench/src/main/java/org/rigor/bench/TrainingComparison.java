// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.function.Function;

/**
 * A comparison of a training step in the libraries on the class path. Usage: {@code
 * TrainingComparison <results folder> <report name> [rounds]}.
 */
public final class TrainingComparison {
  private static final int CHECK_STEPS = 150;

  private final List<TrainingPeer> peers = new ArrayList<>();
  private final int rounds;
  private final Report report;

  private TrainingComparison(String name, int rounds) {
    this.rounds = rounds;
    this.report = new Report(name, "Training steps, float");
    peers.add(new RigorTraining());
    ServiceLoader.load(TrainingPeer.class).forEach(peers::add);
  }

  /** Runs both workloads and writes their report. */
  public static void main(String[] args) throws IOException {
    TrainingComparison c =
        new TrainingComparison(args[1], args.length > 2 ? Integer.parseInt(args[2]) : 21);
    if (c.peers.size() < 2) {
      throw new IllegalStateException("no other library on the class path: build with -Ppeers");
    }
    c.measure(
        "784-512-512-10, batch 128: forward, backward, SGD",
        peer -> peer.standard(setting(new int[] {784, 512, 512, 10}, 128, 0.1f)));
    c.measure(
        "64 models 64-128-128-10, batch 64: PGD-10 adversarial training",
        peer ->
            peer.adversarial(
                setting(new int[] {64, 128, 128, 10}, 64, 0.3f),
                64,
                new TrainingPeer.Pgd(0.1f, 0.025f, 10)));
    c.report.write(Path.of(args[0]));
  }

  private void measure(String title, Function<TrainingPeer, TrainingPeer.Training> start)
      throws IOException {
    List<TrainingPeer.Training> trainings = new ArrayList<>();
    List<Contender> contenders = new ArrayList<>();
    for (TrainingPeer peer : peers) {
      TrainingPeer.Training training = start.apply(peer);
      verify(peer, training);
      trainings.add(training);
      contenders.add(new Contender(peer.name(), training::step));
    }
    report.times(title, Interleaved.measure(contenders, rounds, 0.05));
    trainings.forEach(TrainingPeer.Training::close);
  }

  /** Requires that the steps learn; otherwise they are not the work compared. */
  private void verify(TrainingPeer peer, TrainingPeer.Training training) {
    training.step();
    double before = training.loss();
    for (int i = 0; i < CHECK_STEPS; i++) {
      training.step();
    }
    double after = training.loss();
    report.note(
        "%s: loss %.4f, after %d steps %.4f".formatted(peer.name(), before, CHECK_STEPS, after));
    // Ten classes: an untrained network's loss is about log 10, under attack somewhat more.
    if (!(before > 2 && before < 5 && after < 0.9 * before)) {
      throw new IllegalStateException(
          peer.name() + ": the loss went from " + before + " to " + after);
    }
  }

  /** Returns inputs around one centre per class, so that there is something to learn. */
  private static TrainingPeer.Setting setting(int[] widths, int batch, float rate) {
    Random random = new Random(5);
    int inputs = widths[0];
    float[] centres = new float[10 * inputs];
    for (int i = 0; i < centres.length; i++) {
      centres[i] = random.nextFloat();
    }
    float[] x = new float[batch * inputs];
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = i % 10;
      for (int j = 0; j < inputs; j++) {
        float noise = random.nextFloat();
        x[i * inputs + j] = 0.5f * (centres[labels[i] * inputs + j] + noise);
      }
    }
    return new TrainingPeer.Setting(widths, batch, x, labels, rate);
  }
}
