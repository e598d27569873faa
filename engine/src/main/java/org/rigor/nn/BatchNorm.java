// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Ioffe and Szegedy 2015: (x - mean) / sqrt(variance + epsilon) for each channel, the last axis,
 * then scale and shift; on [features] and on [H, W, C]. As in PyTorch the batch is normalised with
 * its biased variance, and the running statistics become (1 - momentum) old + momentum new with the
 * unbiased one. {@link Pass.Statistics} selects the statistics; in a finished network the layer is
 * a constant affine map.
 *
 * @param epsilon added to the variance, greater than 0
 * @param momentum share of the newest batch in the running statistics, in (0, 1]
 */
public record BatchNorm(double epsilon, double momentum) implements Layer {
  /** The usual numbers: epsilon 1e-5, momentum 0.1. */
  public BatchNorm() {
    this(1e-5, 0.1);
  }

  public BatchNorm {
    if (!(epsilon > 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("batch norm: epsilon must be > 0, got " + epsilon);
    }
    if (!(momentum > 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          "batch norm: momentum must lie in (0, 1], got " + momentum);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() < 1) {
      throw new IllegalArgumentException("batch norm needs an axis of channels");
    }
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Shape channels = Shape.of(input.dim(-1));
    return List.of(
        new Parameter("scale", channels, new Parameter.Constant(1)),
        new Parameter("shift", channels, new Parameter.Constant(0)),
        Parameter.buffer("mean", channels, 0),
        Parameter.buffer("variance", channels, 1));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    int rank = x.shape().rank();
    Value mean = perChannel(p.get("mean"), rank);
    return affine(p, F.sub(x, mean), perChannel(p.get("variance"), rank));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x, Pass pass) {
    if (pass.statistics() != Pass.Statistics.BATCH) {
      return apply(p, x);
    }
    int rank = x.shape().rank();
    int[] others = IntStream.range(1, rank - 1).toArray();
    long n = x.shape().size() / x.shape().models() / x.shape().dim(-1);
    if (n < 2) {
      throw new IllegalArgumentException(
          "batch norm needs two values of a channel at least in a batch, got " + x.shape());
    }
    Value mean = F.mean(x, others);
    Value centred = F.sub(x, mean);
    Value variance = F.mean(F.square(centred), others); // [M, 1, ..., C]
    pass.update("mean", moved(p.get("mean"), mean));
    pass.update("variance", moved(p.get("variance"), F.mul(variance, n / (n - 1.0))));
    return affine(p, centred, variance);
  }

  private Value affine(Map<String, Value> p, Value centred, Value variance) {
    int rank = centred.shape().rank();
    Value slope = F.div(perChannel(p.get("scale"), rank), F.sqrt(F.add(variance, epsilon)));
    return F.add(F.mul(centred, slope), perChannel(p.get("shift"), rank));
  }

  /** Returns the next running statistics, [M, C]. */
  private Value moved(Value old, Value batch) {
    Value now = F.reshape(batch, Shape.of(batch.shape().models(), batch.shape().dim(-1)));
    return F.add(F.mul(old, 1 - momentum), F.mul(now, momentum));
  }

  /** Reshapes [M, C] to [M, 1, ..., 1, C]. */
  private static Value perChannel(Value v, int rank) {
    int[] d = new int[rank];
    Arrays.fill(d, 1);
    d[0] = v.shape().models();
    d[rank - 1] = v.shape().dim(1);
    return F.reshape(v, Shape.of(d));
  }
}
