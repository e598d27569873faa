// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Largest change |f(x + d) - f(x)| of the logits that an attack finds under errors |d| of the
 * inputs, both Euclidean, in double and without a box.
 *
 * @param most over the samples, for each model; empty if the change was NaN wherever it was looked
 *     at
 * @param kind of each as a lower side of the largest change there is
 */
public record LogitChange(List<OptionalDouble> most, Kind kind) {
  private static final int SITE = 0x53454E53;

  /**
   * Searches around each sample, from a random point at distance {@code radius}: at the sample
   * itself the change has no gradient.
   *
   * @param networks M of them
   * @param seeds of the starts, one a model
   * @param x F64 [N, features...]
   * @param visits points looked at for each sample, the start included
   */
  public static LogitChange find(
      Models networks, long[] seeds, HostTensor x, Attack attack, int visits, double radius) {
    return new Search(networks, seeds, x, attack, radius).run(visits);
  }

  private record Search(Models networks, long[] seeds, HostTensor x, Attack attack, double radius) {
    private Network network() {
      return networks.network();
    }

    private Shape rows(int models, int batch) {
      return network().input().insert(0, batch).insert(0, models);
    }

    private TensorType points(int batch) {
      return new TensorType(DType.F64, rows(seeds.length, batch));
    }

    LogitChange run(int visits) {
      int samples = x.shape().dim(0);
      int batch = Batches.fit(this::visit, samples);
      double[] most = new double[seeds.length];
      Arrays.fill(most, Double.NEGATIVE_INFINITY);
      try (Workspace space = new Workspace(networks.device(), "logit change")) {
        List<TrialKey> keys =
            LongStream.of(seeds).mapToObj(s -> TrialKey.of(s, "logit-change")).toList();
        space.put("key", TrialKey.tensor(keys));
        Lockstep rows = new Lockstep(attack, points(batch));
        Sequence all = rows.sequence(space, 1, visits, begin(batch), visit(batch));
        networks.load(space::get);
        for (int from = 0; from < samples; from += batch) {
          int first = from;
          // Past the end the last sample repeats.
          int[] ids =
              IntStream.range(0, batch).map(i -> Math.min(samples - 1, first + i)).toArray();
          fill(space, ids);
          rows.rewind(space);
          all.run();
          double[] change = space.read("best/value").doubles(); // [M, B, 1]
          for (int i = 0; i < change.length; i++) {
            most[i / batch] = Math.max(most[i / batch], change[i]);
          }
        }
      }
      List<OptionalDouble> found =
          Arrays.stream(most)
              .mapToObj(v -> v < 0 ? OptionalDouble.empty() : OptionalDouble.of(v))
              .toList();
      return new LogitChange(found, Kind.BOUND);
    }

    private void fill(Workspace space, int[] ids) {
      int width = Math.toIntExact(network().input().size());
      double[] clean = new double[ids.length * width];
      double[] start = new double[seeds.length * clean.length];
      for (int b = 0; b < ids.length; b++) {
        x.copy(ids[b] * width, width, clean, b * width);
        for (int m = 0; m < seeds.length; m++) {
          start(new Draws(seeds[m], SITE, ids[b]), clean, b * width, start, m * clean.length);
        }
      }
      space.put("x0", HostTensor.of(rows(1, ids.length), clean));
      space.put("start", HostTensor.of(rows(seeds.length, ids.length), start));
      space.put("ids", HostTensor.of(Shape.of(1, ids.length), ids));
    }

    /** Writes a point at distance {@code radius} from the clean point that begins at {@code at}. */
    private void start(Draws draws, double[] clean, int at, double[] to, int before) {
      double[] z = new double[Math.toIntExact(network().input().size())];
      double square = 0;
      for (int k = 0; k < z.length; k++) {
        z[k] = draws.normal();
        square += z[k] * z[k];
      }
      double scale = radius / Math.sqrt(square);
      for (int k = 0; k < z.length; k++) {
        to[before + at + k] = clean[at + k] + scale * z[k];
      }
    }

    private Program begin(int batch) {
      Program.Builder b = Program.builder("change-start");
      Value x0 = b.input("x0", new TensorType(DType.F64, rows(1, batch)));
      Value start = b.input("start", points(batch));
      Value key = b.input("key", new TensorType(DType.I32, Shape.of(seeds.length, 2)));
      Value ids = b.input("ids", new TensorType(DType.I32, Shape.of(1, batch)));
      Problem problem = problem(b, x0).withDraws("logit-change", () -> Randoms.fixed(key, ids));
      new Lockstep(attack, points(batch)).begin(b, problem, own -> start);
      return b.build();
    }

    private Program visit(int batch) {
      Program.Builder b = Program.builder("change-step");
      Lockstep rows = new Lockstep(attack, points(batch));
      Value x0 = b.input("x0", new TensorType(DType.F64, rows(1, batch)));
      Problem problem = problem(b, x0);
      AttackState now = rows.now(b);
      rows.visit(b, problem, now, F.sqrt(problem.loss().apply(now.x())));
      return b.build();
    }

    /** Returns the maximisation of the squared change, [M, B, 1]. */
    private Problem problem(Program.Builder b, Value x0) {
      Map<String, Value> p = network().declare(b, "param/", seeds.length, DType.F64);
      Value clean = network().apply(p, x0);
      int[] ones = new int[x0.shape().rank()];
      Arrays.fill(ones, 1);
      return Problem.of(
          new Threat(Norm.L2, Box.NONE),
          x0,
          F.fill(DType.F64, Shape.of(ones), radius),
          at -> F.sum(F.square(F.sub(network().apply(p, at), clean)), 2));
    }
  }
}
