// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * A {@link CurveAttack} compiled for fixed numbers of models and samples. {@link #run} takes the
 * arguments of {@link CurveAttacker#run} and may be called repeatedly. Holds its device memory
 * until closed.
 */
public final class PreparedAttack implements AutoCloseable {
  private final CurveAttack attack;
  private final int models;
  private final int samples;
  private final AttackRun runner;
  private final WitnessCheck check;
  private final Kind sides;

  PreparedAttack(Device device, Network network, CurveAttack attack, int models, int samples) {
    this.attack = attack;
    this.models = models;
    this.samples = samples;
    this.sides = network.kindOfSides();
    this.check = new WitnessCheck(device, network, attack.threat(), models);
    try {
      this.runner = new AttackRun(device, network, attack, models, samples);
    } catch (RuntimeException | Error e) {
      check.close();
      throw e;
    }
  }

  /**
   * Runs the attack.
   *
   * @param networks M of them; the float run rounds their parameters, the check does not
   * @param keys one per model
   * @param x [N, features...], inside the box; rounded like the parameters
   * @param labels I32 [N]
   * @throws IllegalArgumentException if an input lies outside the box, or the numbers of models or
   *     samples differ from those it was compiled for
   */
  public CurveResult run(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    require(keys, x);
    int levels = attack.epsilons().size();
    int[][] start = new int[models][samples];
    int[][] survived = new int[models][samples];
    int[][] iterations = new int[models][samples];
    int[][] starts = new int[models][samples];
    double[][][] witness = new double[models][samples][];
    double[][] distance = new double[models][samples];
    for (double[] d : distance) {
      Arrays.fill(d, Double.NaN);
    }
    int[] ambiguous = new int[models];
    boolean[][] undefined = new boolean[models][samples];
    check.load(networks);
    runner.load(networks, keys, x, labels);
    WitnessCheck.Result clean = check.clean(x, labels);
    if (attack.loss().targeted()) {
      runner.aim(Targets.of(attack, clean.logits(), models, labels));
    }
    boolean again = false;
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < samples; n++) {
        if (clean.holds(m, n)) {
          witness[m][n] = clean.point(m, n);
          distance[m][n] = 0;
          undefined[m][n] = clean.undefined(m, n);
          start[m][n] = levels;
        }
        again |= start[m][n] < levels;
      }
    }
    while (again) {
      runner.run(start);
      HostTensor fell = runner.read("result/survived");
      HostTensor steps = runner.read("result/iterations");
      HostTensor which = runner.read("result/start");
      WitnessCheck.Result confirmed =
          check.run(attack, start, fell, () -> runner.read("result/witness"), x, labels);
      again = false;
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < samples; n++) {
          if (start[m][n] >= levels) {
            continue;
          }
          int level = (int) fell.get(m * samples + n);
          boolean rejected = level < levels && !confirmed.holds(m, n);
          survived[m][n] = rejected ? level + 1 : level;
          if (rejected) {
            ambiguous[m]++;
            again |= level + 1 < levels;
          } else if (level < levels) {
            witness[m][n] = confirmed.point(m, n);
            distance[m][n] = confirmed.distance(m, n);
            undefined[m][n] = confirmed.undefined(m, n);
            iterations[m][n] = (int) steps.get(m * samples + n);
            starts[m][n] = (int) which.get(m * samples + n);
          }
          start[m][n] = rejected ? level + 1 : levels;
        }
      }
    }
    return new CurveResult(
        survived,
        witness,
        distance,
        iterations,
        starts,
        ambiguous,
        undefined,
        IntStream.range(0, models).mapToObj(m -> kind(undefined[m])).toList());
  }

  /**
   * Returns the kind of a result; NaN in double proves nothing about the network in real
   * arithmetic.
   */
  private Kind kind(boolean[] undefined) {
    boolean any = IntStream.range(0, undefined.length).anyMatch(n -> undefined[n]);
    return any ? Kind.BOUND : sides;
  }

  private void require(List<TrialKey> keys, HostTensor x) {
    if (keys.size() != models || x.shape().dim(0) != samples) {
      throw new IllegalArgumentException(
          "attack: compiled for %d models and %d samples, got %d and %d"
              .formatted(models, samples, keys.size(), x.shape().dim(0)));
    }
    double lower = attack.threat().box().lower();
    double upper = attack.threat().box().upper();
    x.firstOutside(lower, upper)
        .ifPresent(
            i -> {
              throw new IllegalArgumentException(
                  "attack: inputs must lie in ["
                      + lower
                      + ", "
                      + upper
                      + "], element "
                      + i
                      + " is "
                      + x.get(i));
            });
  }

  @Override
  public void close() {
    runner.close();
    check.close();
  }
}
