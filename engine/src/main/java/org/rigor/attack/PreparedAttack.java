// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * A {@link CurveAttack} compiled for fixed numbers of models and samples. {@link #run} takes the
 * arguments of {@link CurveAttacker#run} and may be called repeatedly. Holds its device memory
 * until closed.
 */
public final class PreparedAttack implements AutoCloseable {
  /** Samples a slot takes at least of a part, so that few slots idle at its end. */
  private static final int ROUNDS = 4;

  private final Device device;
  private final Network network;
  private final CurveAttack attack;
  private final int models;
  private final int samples;
  private final Kind sides;
  private DType stored;
  private AttackRun proposing;
  private WitnessCheck check;
  private FallenPoints points;

  PreparedAttack(Device device, Network network, CurveAttack attack, int models, int samples) {
    this.device = device;
    this.network = network;
    this.attack = attack;
    this.models = models;
    this.samples = samples;
    this.sides = network.kindOfSides();
    attack.threat().scale().ifPresent(s -> s.requireFeatures(network.input()));
    compile(DType.F32);
  }

  /** Compiles for samples of a type. */
  private void compile(DType type) {
    if (type == stored) {
      return;
    }
    close();
    proposing = new AttackRun(device, network, attack, type, models, samples);
    try {
      check = new WitnessCheck(device, network, attack, proposing.queue());
      points = new FallenPoints(device, proposing.queue().result("witness"));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    stored = type;
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
    return run(networks, keys, x, labels, new int[models][samples]);
  }

  /**
   * Runs the attack as {@link #run(Models, List, HostTensor, HostTensor)} does, on each sample from
   * an epsilon on.
   *
   * @param from number of leading epsilons that are passed over and count as survived, [M][N]; with
   *     all of them a sample that is classified as labelled is left alone
   */
  public CurveResult run(
      Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels, int[][] from) {
    return run(networks, keys, x, labels, from, Pool.all(models, samples), 1, share -> {});
  }

  /**
   * Runs the attack as {@link #run(Models, List, HostTensor, HostTensor, int[][])} does, on some
   * samples alone; those that are passed over keep what {@code from} says, whatever their class.
   *
   * @param looked samples to classify first and then attack
   */
  CurveResult run(
      Models networks,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      int[][] from,
      Pool looked) {
    return run(networks, keys, x, labels, from, looked, 1, share -> {});
  }

  /**
   * Runs the attack as {@link #run(Models, List, HostTensor, HostTensor, int[][])} does, on a part
   * of many samples after the other: with the same result, as no sample's depends on others.
   *
   * @param done told after each part what share of the samples is attacked
   */
  public CurveResult run(
      Models networks,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      int[][] from,
      DoubleConsumer done) {
    int parts = Math.max(1, samples / (ROUNDS * attack.slots()));
    return run(networks, keys, x, labels, from, Pool.all(models, samples), parts, done);
  }

  private CurveResult run(
      Models networks,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      int[][] from,
      Pool looked,
      int parts,
      DoubleConsumer done) {
    require(keys, x);
    compile(x.dtype() == DType.F32 ? DType.F32 : DType.F64);
    check.load(networks);
    proposing.load(networks, keys, x, labels);
    int levels = attack.epsilons().size();
    int[] start = Arrays.stream(from).flatMapToInt(Arrays::stream).toArray();
    int[][] survived = Arrays.stream(from).map(int[]::clone).toArray(int[][]::new);
    int[][] iterations = new int[models][samples];
    int[][] starts = new int[models][samples];
    double[][][] witness = new double[models][samples][];
    double[][] distance = new double[models][samples];
    for (double[] d : distance) {
      Arrays.fill(d, Double.NaN);
    }
    int[] ambiguous = new int[models];
    boolean[][] undefined = new boolean[models][samples];
    boolean[] measured = new boolean[models];
    SlotQueue queue = proposing.queue();
    WitnessCheck.Clean clean = check.clean(looked);
    clean
        .logits()
        .map(z -> Targets.of(attack, networks, x, labels, z))
        .ifPresent(targets -> queue.put(AttackWork.TARGETS, targets));
    for (int i : looked.each()) {
      if (clean.at().holds(i)) {
        int m = i / samples;
        int n = i % samples;
        witness[m][n] = row(x, n, Math.toIntExact(network.input().size()));
        distance[m][n] = 0;
        undefined[m][n] = clean.at().undefined(i);
        measured[m] |= clean.at().measured(i);
        survived[m][n] = 0;
        start[i] = levels;
      }
    }
    for (int part = 0; part < parts; ) {
      long all = samples;
      Pool open = open(looked, start, (int) (all * part / parts), (int) (all * (part + 1) / parts));
      if (open.isEmpty()) {
        part++;
        done.accept((double) part / parts);
        continue;
      }
      queue.put(AttackWork.START, HostTensor.of(Shape.of(models, samples), start));
      Map<String, HostTensor> found = queue.run(open, List.of("survived", "iterations", "start"));
      int[] fell = found.get("survived").ints();
      Pool proposed = open.where(i -> fell[i] < levels);
      WitnessCheck.Result confirmed = check.fallen(proposed);
      Pool fallen = proposed.where(confirmed::holds);
      if (!fallen.isEmpty()) {
        take(fallen, points.read(fallen), fell, x, witness, distance);
      }
      for (int i : open.each()) {
        int m = i / samples;
        int n = i % samples;
        boolean falls = fell[i] < levels && confirmed.holds(i);
        boolean rejected = fell[i] < levels && !falls;
        survived[m][n] = rejected ? fell[i] + 1 : fell[i];
        start[i] = rejected ? survived[m][n] : levels;
        if (rejected) {
          ambiguous[m]++;
        } else if (falls) {
          undefined[m][n] = confirmed.undefined(i);
          measured[m] |= confirmed.measured(i);
          iterations[m][n] = found.get("iterations").ints()[i];
          starts[m][n] = found.get("start").ints()[i];
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
        IntStream.range(0, models).mapToObj(m -> kind(undefined[m], measured[m])).toList());
  }

  /** Returns the samples of a part that are still attacked. */
  private Pool open(Pool looked, int[] start, int from, int to) {
    int levels = attack.epsilons().size();
    return looked.where(i -> start[i] < levels && i % samples >= from && i % samples < to);
  }

  /** Keeps the points of fallen samples, moved into the exact ball as the check moved them. */
  private void take(
      Pool fallen,
      HostTensor points,
      int[] level,
      HostTensor x,
      double[][][] witness,
      double[][] distance) {
    int features = Math.toIntExact(x.shape().size() / samples);
    Arrays.stream(fallen.each())
        .parallel()
        .forEach(
            i -> {
              int m = i / samples;
              int n = i % samples;
              double[] p = row(points, i, features);
              double epsilon = attack.epsilons().get(level[i]);
              distance[m][n] = attack.threat().land(p, 0, x, n * features, features, epsilon);
              witness[m][n] = p;
            });
  }

  private static double[] row(HostTensor t, int i, int features) {
    double[] row = new double[features];
    t.copy(i * features, features, row, 0);
    return row;
  }

  /**
   * Returns the kind of a result; NaN in double proves nothing about the network in real
   * arithmetic, nor does a margin that was measured.
   */
  private Kind kind(boolean[] undefined, boolean measured) {
    boolean any = measured || IntStream.range(0, undefined.length).anyMatch(n -> undefined[n]);
    return any ? Kind.BOUND : sides;
  }

  private void require(List<TrialKey> keys, HostTensor x) {
    if (keys.size() != models || x.shape().dim(0) != samples) {
      throw new IllegalArgumentException(
          "attack: compiled for %d models and %d samples, got %d and %d"
              .formatted(models, samples, keys.size(), x.shape().dim(0)));
    }
    attack.threat().requireInside(x);
  }

  @Override
  public void close() {
    stored = null;
    if (points != null) {
      points.close();
      points = null;
    }
    if (check != null) {
      check.close();
      check = null;
    }
    if (proposing != null) {
      proposing.close();
      proposing = null;
    }
  }
}
