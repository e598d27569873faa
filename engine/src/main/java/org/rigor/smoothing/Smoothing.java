// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Certified l2 radii of the smoothed classifiers g(x) = argmax_c P(f(x + sigma Z) = c), Z standard
 * normal, of M networks f (CERTIFY of Cohen et al. 2019), at several sigmas, with draws that end
 * when a sample is decided ({@link Stages}).
 *
 * <p>What is certified holds for g, not for f: an adversarial point of f within a radius refutes
 * nothing. It holds for each sample with probability 1 - alpha over draws, which are pseudo-random
 * and of the samples' type. f is the network as the device computes it in that type; points that
 * noise moves out of the box of valid inputs are not cut.
 */
public final class Smoothing {
  private final Models networks;
  private final List<TrialKey> keys;
  private final Stages stages;
  private final double[] sigmas;

  /**
   * @param keys one of each model: models of one key see the same noise
   * @param sigmas deviations of the noise, in units of the input, each &gt; 0
   * @throws IllegalArgumentException if there is none, or one is not positive and finite in F32
   */
  public Smoothing(Models networks, List<TrialKey> keys, Stages stages, List<Double> sigmas) {
    this.networks = networks;
    this.keys = List.copyOf(keys);
    this.stages = stages;
    this.sigmas = sigmas.stream().mapToDouble(Double::doubleValue).toArray();
    for (double s : this.sigmas) {
      if (!((float) s > 0) || Double.isInfinite((float) s)) {
        throw new IllegalArgumentException("sigma: expected a finite number > 0, got " + s);
      }
    }
    if (sigmas.isEmpty() || networks.network().outputs() < 2 || keys.size() != networks.count()) {
      throw new IllegalArgumentException(
          "smoothing: needs a sigma, two classes and a key a model, got %s, %d and %d of %d"
              .formatted(sigmas, networks.network().outputs(), keys.size(), networks.count()));
    }
  }

  /**
   * Draws until each sample is decided at each radius, or the budget ends.
   *
   * @param x samples [N, features...] in F32 or F64, the type in which the networks vote
   * @param labels I32 [N]
   * @param ids numbers of the samples in their data set, which their noise depends on
   * @param epsilons radii that are asked for, ascending, &gt;= 0
   * @return by [model][sigma][sample]
   * @throws IllegalArgumentException if the samples have another shape or type
   */
  public SmoothedSample[][][] run(
      HostTensor x, HostTensor labels, int[] ids, List<Double> epsilons) {
    int samples = ids.length;
    Shape wanted = networks.network().input().insert(0, samples);
    boolean real = x.dtype() == DType.F32 || x.dtype() == DType.F64;
    if (!x.shape().equals(wanted) || !real || labels.shape().size() != samples) {
      throw new IllegalArgumentException(
          "smoothing: x must be f32 or f64 %s with as many labels, got %s and %s"
              .formatted(wanted, x.type(), labels.type()));
    }
    double[] radii = epsilons.stream().mapToDouble(Double::doubleValue).toArray();
    int models = networks.count();
    Tally[][] all = new Tally[models][samples * sigmas.length];
    try (Voting voting = new Voting(networks, keys, x, ids, sigmas)) {
      for (Tally[] own : all) {
        Arrays.setAll(
            own, i -> new Tally(stages, voting.sigma(i), labels.ints()[i % samples], radii));
      }
      draw(voting, all);
    }
    SmoothedSample[][][] out = new SmoothedSample[models][sigmas.length][samples];
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < all[m].length; i++) {
        out[m][i / samples][i % samples] = all[m][i].result(radii.length);
      }
    }
    return out;
  }

  private void draw(Voting voting, Tally[][] all) {
    int models = all.length;
    int[][] items = new int[models][];
    Arrays.fill(items, IntStream.range(0, all[0].length).toArray());
    int[][][] votes = voting.count(items, 0, 1);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < items[m].length; i++) {
        all[m][i].propose(votes[m][i]);
      }
    }
    int before = 0;
    for (int stage = 0; Arrays.stream(items).anyMatch(own -> own.length > 0); stage++) {
      int blocks = (stages.end(stage) - before) / Stages.BLOCK;
      votes = voting.count(items, 1 + before / Stages.BLOCK, blocks);
      for (int m = 0; m < models; m++) {
        Tally[] own = all[m];
        for (int i = 0; i < items[m].length; i++) {
          own[items[m][i]].add(votes[m][i]);
        }
        items[m] = Arrays.stream(items[m]).filter(i -> own[i].open()).toArray();
      }
      before = stages.end(stage);
    }
  }
}
