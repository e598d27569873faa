// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;

/**
 * A comparison of a small convolutional network's training step in the libraries on the class path.
 * Usage: {@code ConvolutionComparison <results folder> <report name> [rounds]}.
 */
public final class ConvolutionComparison {
  private static final int CHECK_STEPS = 30;

  /** Steps before measuring: JVM compilers need some seconds to settle. */
  private static final int WARM_STEPS = 500;

  private ConvolutionComparison() {}

  /** Checks that all libraries compute the same losses, then measures and writes the report. */
  public static void main(String[] args) throws IOException {
    List<ConvolutionPeer> peers = new ArrayList<>(List.of(new RigorConvolution()));
    ServiceLoader.load(ConvolutionPeer.class).forEach(peers::add);
    if (peers.size() < 2) {
      throw new IllegalStateException("no other library on the class path: build with -Ppeers");
    }
    Report report = new Report(args[1], "Training step of a convolutional network, float");
    List<TrainingPeer.Training> trainings = new ArrayList<>();
    List<Contender> contenders = new ArrayList<>();
    double[] first = null;
    for (ConvolutionPeer peer : peers) {
      TrainingPeer.Training training = peer.start(work(28, new int[] {16, 32}, 128));
      double[] losses = new double[CHECK_STEPS];
      for (int i = 0; i < CHECK_STEPS; i++) {
        training.step();
        losses[i] = training.loss();
      }
      report.note(
          "%s: loss %.6f, after %d steps %.6f"
              .formatted(peer.name(), losses[0], CHECK_STEPS, losses[CHECK_STEPS - 1]));
      first = first == null ? losses : first;
      requireAgreement(peer, losses, first);
      for (int i = 0; i < WARM_STEPS; i++) {
        training.step();
      }
      trainings.add(training);
      contenders.add(new Contender(peer.name(), training::step));
    }
    report.times(
        "28 x 28, two 3 x 3 convolutions of 16 and 32 channels at stride 2, dense to 10, batch 128:"
            + " forward, backward, SGD",
        Interleaved.measure(contenders, args.length > 2 ? Integer.parseInt(args[2]) : 21, 0.05));
    trainings.forEach(TrainingPeer.Training::close);
    report.write(Path.of(args[0]));
  }

  /**
   * Requires falling losses that differ between libraries by rounding only, since all start from
   * the same parameters.
   */
  private static void requireAgreement(ConvolutionPeer peer, double[] losses, double[] first) {
    for (int i = 0; i < losses.length; i++) {
      if (!(Math.abs(losses[i] - first[i]) < 1e-3 * first[i])) {
        throw new IllegalStateException(
            "%s: loss %s in step %d, the first library's is %s"
                .formatted(peer.name(), losses[i], i + 1, first[i]));
      }
    }
    if (!(losses[losses.length - 1] < 0.8 * losses[0])) {
      throw new IllegalStateException(peer.name() + ": the loss does not fall");
    }
  }

  /** Returns images around one centre per class, so that there is something to learn. */
  private static ConvolutionPeer.Work work(int side, int[] channels, int batch) {
    Random random = new Random(5);
    int pixels = side * side;
    float[] centres = new float[10 * pixels];
    for (int i = 0; i < centres.length; i++) {
      centres[i] = random.nextFloat();
    }
    float[] x = new float[batch * pixels];
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = i % 10;
      for (int j = 0; j < pixels; j++) {
        x[i * pixels + j] = 0.5f * (centres[labels[i] * pixels + j] + random.nextFloat());
      }
    }
    List<float[]> kernels = new ArrayList<>();
    int before = 1;
    int left = side;
    for (int c : channels) {
      kernels.add(normal(random, 9 * before * c, 9 * before));
      before = c;
      left = (left + 1) / 2;
    }
    float[] dense = normal(random, left * left * before * 10, left * left * before);
    return new ConvolutionPeer.Work(side, channels, 10, x, labels, 0.1f, kernels, dense);
  }

  /** Returns normal weights of deviation sqrt(2 / fan in) (He et al. 2015). */
  private static float[] normal(Random random, int n, int fanIn) {
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) (random.nextGaussian() * Math.sqrt(2.0 / fanIn));
    }
    return out;
  }
}
