// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.queue.Pool;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * Measures {@link Distances} of M models and N samples. An attack that {@link Attack#minimises}
 * takes all steps of all its starts, and the nearest point that it met is drawn towards the sample
 * as far as it stays misclassified. Another attack is bisected: it tries each sample at one of its
 * radii after another, all samples at once, and a success at a radius counts at every larger one.
 * Every distance is that of a point confirmed in double; what a sample gets depends on nothing but
 * itself and the model.
 */
public final class DistanceFinder {
  /** A look at one point. */
  static final Queries CHECK = new Queries(1, 0);

  /** The largest radius over the least that is tried while none fell. */
  private static final double GIVE_UP = 64;

  private final Device device;
  private final Network network;
  private final CurveAttack attack;

  /**
   * @param attack whose radii, ascending, are what a bisection may try; an attack that minimises
   *     finds distances up to the last
   */
  public DistanceFinder(Device device, Network network, CurveAttack attack) {
    this.device = device;
    this.network = network;
    this.attack = attack.fit(network.outputs());
  }

  /**
   * Measures the distances.
   *
   * @param networks M of them; the float run rounds their parameters, the check does not
   * @param keys one a model
   * @param x [N, features...], inside the box
   * @param labels I32 [N]
   * @throws IllegalArgumentException if an input lies outside the box
   */
  public Distances run(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    attack.threat().requireInside(x);
    return attack.attack().minimises()
        ? nearest(networks, keys, x, labels)
        : bisected(networks, keys, x, labels);
  }

  private Distances nearest(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    int models = keys.size();
    int samples = x.shape().dim(0);
    Distances found = Distances.none(models, samples, network.kindOfSides());
    try (RayCheck check = new RayCheck(device, networks, attack.threat(), x, labels)) {
      RayCheck.Clean clean = check.clean();
      Pool open = Pool.where(models, samples, i -> !clean.at().holds(i));
      for (int i = 0; i < models * samples; i++) {
        if (clean.at().holds(i)) {
          found.keep(
              i / samples,
              i % samples,
              row(x, i % samples),
              0,
              0,
              0,
              clean.at().undefined(i),
              clean.at().measured(i));
        }
      }
      for (int i = 0; i < models * samples; i++) {
        found.asked(i / samples, i % samples, CHECK);
      }
      if (!open.isEmpty()) {
        // Every visit of a start is a whole step, though the last only scores the point it is at.
        Queries search =
            Queries.ofStep(attack, network.input())
                .times((long) attack.starts() * (attack.attack().steps() + 1));
        for (int i : open.each()) {
          found.asked(i / samples, i % samples, search);
        }
        NearestRun.Found points =
            NearestRun.run(device, networks, attack, keys, x, labels, clean.logits(), open);
        check.refine(open, points, attack.epsilons().get(attack.epsilons().size() - 1), found);
      }
    }
    return found;
  }

  /** Halves, for each sample, the radii between the last that failed and the first that did not. */
  private Distances bisected(
      Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    int models = keys.size();
    int samples = x.shape().dim(0);
    int levels = attack.epsilons().size();
    Distances found = Distances.none(models, samples, network.kindOfSides());
    int[][] fails = new int[models][samples];
    int[][] falls = new int[models][samples];
    int[][] probe = new int[models][samples];
    Queries step = Queries.ofStep(attack, network.input());
    for (int m = 0; m < models; m++) {
      Arrays.fill(fails[m], -1);
      Arrays.fill(falls[m], levels);
      Arrays.fill(probe[m], levels - 1);
    }
    try (PreparedAttack prepared =
        new PreparedAttack(device, network, attack.alone(), models, samples)) {
      while (Arrays.stream(probe).flatMapToInt(Arrays::stream).anyMatch(p -> p < levels)) {
        CurveResult r = prepared.run(networks, keys, x, labels, probe);
        for (int m = 0; m < models; m++) {
          found.ambiguous()[m] += r.ambiguous()[m];
          for (int n = 0; n < samples; n++) {
            if (probe[m][n] < levels) {
              found.asked(m, n, asked(step, r, m, n));
            }
            if (r.witness()[m][n] != null && r.distance()[m][n] < found.distance()[m][n]) {
              double far = r.distance()[m][n];
              boolean nan = r.undefined()[m][n];
              boolean measured = r.kind().get(m) != network.kindOfSides();
              found.keep(m, n, r.witness()[m][n], far, 0, r.start()[m][n], nan, measured);
              falls[m][n] =
                  (int) attack.epsilons().stream().filter(e -> e < far).count(); // the first above
            } else if (probe[m][n] < levels) {
              fails[m][n] = probe[m][n];
            }
            if (fails[m][n] >= falls[m][n]) {
              fails[m][n] = -1; // it fell nearer than where it did not: nearer failures are open
            }
            if (falls[m][n] == levels) {
              probe[m][n] = probe[m][n] < levels ? nearer(probe[m][n]) : levels;
            } else {
              int middle = (fails[m][n] + falls[m][n]) >>> 1;
              probe[m][n] = falls[m][n] - fails[m][n] < 2 ? levels : middle;
            }
          }
        }
      }
    }
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < samples; n++) {
        double far = found.distance()[m][n];
        if (far > 0 && Double.isFinite(far)) {
          double failed = fails[m][n] < 0 ? 0 : attack.epsilons().get(fails[m][n]);
          found.resolution()[m][n] = far - failed;
        }
      }
    }
    return found;
  }

  /**
   * Returns the radius to try after one at which the attack failed, and at all larger ones: steps
   * as long as a radius may be too long for the sample. Half of it, until a share of the largest.
   */
  private int nearer(int failed) {
    List<Double> radii = attack.epsilons();
    double half = radii.get(failed) / 2;
    int next = (int) radii.stream().filter(e -> e < half).count();
    return next < failed && half >= radii.get(radii.size() - 1) / GIVE_UP ? next : radii.size();
  }

  /** Returns what one radius took: whole starts, each with a last check, and what of one fooled. */
  private Queries asked(Queries step, CurveResult r, int m, int n) {
    Queries start = step.times(attack.attack().steps()).plus(CHECK);
    return r.witness()[m][n] == null
        ? start.times(attack.starts())
        : start.times(r.start()[m][n]).plus(step.times(r.iterations()[m][n])).plus(CHECK.times(2));
  }

  private static double[] row(HostTensor x, int n) {
    int width = Math.toIntExact(x.shape().size() / x.shape().dim(0));
    double[] row = new double[width];
    x.copy(n * width, width, row, 0);
    return row;
  }

  /** Returns the radii from {@code least} to {@code most} whose neighbours differ by a share. */
  public static List<Double> radii(double least, double most, double share) {
    int count = (int) Math.ceil(Math.log(most / least) / Math.log1p(share));
    return IntStream.rangeClosed(0, count)
        .mapToObj(i -> most * Math.pow(1 + share, i - count))
        .distinct()
        .toList();
  }
}
