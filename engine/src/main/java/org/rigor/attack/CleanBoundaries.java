// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Distances from clean samples to the boundaries of wrong classes, if logits were linear: the lag
 * of a class behind the label over the dual norm of the lag's gradient. For linear networks without
 * an active box they are exact.
 */
final class CleanBoundaries {
  /** Wrong classes that are measured, the likeliest; further ones count as infinitely far. */
  private static final int MOST = 100;

  private final Network network;
  private final Distance norm;
  private final int models;

  private CleanBoundaries(Network network, Distance norm, int models) {
    this.network = network;
    this.norm = norm;
    this.models = models;
  }

  /**
   * Measures the distances, a class of every sample at a time.
   *
   * @param x [N, features...]
   * @param labels I32 [N]
   * @param logits there, [M, N, K]
   * @return [M, N, K], infinite for labels
   */
  static double[] distances(
      Models networks, Distance norm, HostTensor x, HostTensor labels, double[] logits) {
    Network network = networks.network();
    int models = networks.count();
    int samples = labels.shape().dim(0);
    int classes = network.outputs();
    CleanBoundaries own = new CleanBoundaries(network, norm, models);
    int[][] ranked = Targets.ranked(logits, models, labels);
    double[] distance = new double[logits.length];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    int batch = Batches.fit(own::program, samples);
    try (Executable e = Workspace.alone(networks.device(), own.program(batch))) {
      networks.load(e::input);
      BatchQueue batches = new BatchQueue(batch, e);
      batches.put("x", x.toDouble().reshape(x.shape().insert(0, 1)));
      batches.put("label", labels.reshape(labels.shape().insert(0, 1)));
      for (int rank = 0; rank < Math.min(MOST, classes - 1); rank++) {
        int[] target = new int[models * samples];
        for (int r = 0; r < target.length; r++) {
          target[r] = ranked[r][rank];
        }
        batches.put("target", HostTensor.of(Shape.of(models, samples), target));
        HostTensor far =
            batches.run(Pool.all(models, samples), List.of("distance")).get("distance");
        for (int r = 0; r < target.length; r++) {
          distance[r * classes + target[r]] = far.get(r);
        }
      }
    }
    return distance;
  }

  private Program program(int batch) {
    Program.Builder b = Program.builder("clean-boundaries");
    Map<String, Value> params = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, 1);
    Value clean = b.input("x", new TensorType(DType.F64, shape));
    Value x = F.broadcast(clean, shape.with(0, models)); // each model has a gradient
    Value label = b.input("label", new TensorType(DType.I32, Shape.of(1, batch)));
    Value target = b.input("target", new TensorType(DType.I32, Shape.of(models, batch)));
    Value own = F.oneHot(label, network.outputs(), DType.F64);
    Value other = F.oneHot(target, network.outputs(), DType.F64);
    Value lag = F.sum(F.mul(F.sub(own, other), network.apply(params, x)), -1);
    Value slope = Minimal.flat(norm.dual(Diff.grad(lag, x)));
    Value zero = F.constant(slope, 0);
    Value moves = F.gt(slope, zero);
    Value far = F.div(Minimal.flat(lag), F.select(moves, slope, F.constant(slope, 1)));
    b.output("distance", F.select(moves, far, F.constant(far, Double.POSITIVE_INFINITY)));
    return b.build();
  }
}
