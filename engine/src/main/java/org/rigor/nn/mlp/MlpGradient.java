// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Gradients of the mean cross-entropy of a small multilayer perceptron by its parameters, in F32,
 * and the terms of the loss itself. Operands: inputs [M, B, d0], labels I32 [M, B], label smoothing
 * [M, 1], weights and biases. Result: [M, n] as {@code mlp_gradient.cu} lays it out.
 */
public record MlpGradient(MlpLayout layout) implements Op {
  /** Larger batches put too much work on one block; the composed program is faster. */
  private static final int MOST_SAMPLES = 128;

  /**
   * @param loss mean over the batch, [M, 1]
   * @param parameters gradients by name, shaped like the parameters
   */
  public record Result(Value loss, Map<String, Value> parameters) {}

  /**
   * Traces the gradients if their kernel fits.
   *
   * @param sharedBytes shared memory the device offers
   */
  public static Optional<Result> trace(
      Mlp mlp, Map<String, Value> params, Value x, Value labels, Value smoothing, int sharedBytes) {
    int batch = x.shape().dim(1);
    if (x.dtype() != DType.F32 || batch > MOST_SAMPLES) {
      return Optional.empty();
    }
    List<Value> in = new ArrayList<>(List.of(x, labels, smoothing));
    in.addAll(mlp.parameters(params));
    return MlpLayout.gradient(mlp.widths(), batch, sharedBytes)
        .map(l -> unpacked(mlp, Value.of(new MlpGradient(l), in), batch));
  }

  private static Result unpacked(Mlp mlp, Value packed, int batch) {
    Map<String, Value> gradients = new LinkedHashMap<>();
    int m = packed.shape().models();
    int at = 0;
    for (int l = 0; l < mlp.layers(); l++) {
      int k = mlp.widths().get(l);
      int n = mlp.widths().get(l + 1);
      gradients.put(mlp.names().get(2 * l), part(packed, at, Shape.of(m, k, n)));
      at += MlpLayout.padded(k * n);
      gradients.put(mlp.names().get(2 * l + 1), part(packed, at, Shape.of(m, 1, n)));
      at += MlpLayout.padded(n);
    }
    Value first = part(packed, at, Shape.of(m, batch));
    Value sum = part(packed, at + MlpLayout.padded(batch), Shape.of(m, batch));
    return new Result(F.mean(F.add(first, F.log(sum)), 1), gradients);
  }

  private static Value part(Value packed, int from, Shape shape) {
    int n = Math.toIntExact(shape.size() / shape.models());
    return F.reshape(F.slice(packed, 1, from, from + n), shape);
  }

  private int elements(int batch) {
    int n = 2 * MlpLayout.padded(batch);
    for (int l = 0; l + 1 < layout.widths().size(); l++) {
      int width = layout.widths().get(l + 1);
      n += MlpLayout.padded(layout.widths().get(l) * width) + MlpLayout.padded(width);
    }
    return n;
  }

  @Override
  public TensorType type(List<TensorType> in) {
    Shape x = in.get(0).shape();
    if (x.rank() != 3
        || x.dim(2) != layout.widths().get(0)
        || in.get(0).dtype() != DType.F32
        || in.size() != 3 + 2 * (layout.widths().size() - 1)) {
      throw new IllegalArgumentException(
          "mlp gradient of widths " + layout.widths() + " got " + in.size() + " operands " + in);
    }
    return new TensorType(DType.F32, Shape.of(x.dim(0), elements(x.dim(1))));
  }

  @Override
  public Lowering lower(Value y) {
    int batch = y.input(0).shape().dim(1);
    return new Lowering.Launch(
        "mlp_gradient.cu",
        "mlp_gradient",
        1,
        List.of(batch),
        layout.macros(),
        Optional.of(layout.blocks()),
        (in, out) -> new GradientReference(layout, batch).run(in, out));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    throw noDerivative();
  }

  @Override
  public Value jvp(Value y, List<Value> tangents) {
    throw noDerivative();
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    throw noDerivative();
  }

  private static UnsupportedOperationException noDerivative() {
    return new UnsupportedOperationException(
        "the packed gradients of a small network have no derivative; use the composed program");
  }
}
