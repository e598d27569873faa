// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Steps of projected gradient ascent (Madry et al. 2018) on a small multilayer perceptron, in F32:
 * the algorithm of the composed program of {@code org.rigor.attack.Pgd}, with sums in another
 * order. Operands: iterate and clean input [M, B, d0], labels I32 [M, B], epsilon and step size [M,
 * 1] or [M, B], with {@code slots} their stage and iteration I32 [M, B], then weights and biases.
 * Result: the iterates [M, B, d0], with {@code slots} [M, B, d0 + 2], whose last two columns are
 * iteration and stage.
 *
 * @param layout of the kernel; decides speed only
 * @param steps most steps done
 * @param limit most steps of a slot in total
 */
public record MlpAttack(
    MlpLayout layout, Goal goal, boolean slots, int steps, int limit, float lower, float upper)
    implements Op {
  /** Norm and loss of a step. */
  public record Goal(boolean euclidean, boolean margin) {}

  /** Stage of a slot that moves. */
  static final int RUNNING = 1;

  static final int FOOLED = 2;
  static final int EXHAUSTED = 3;

  /**
   * Traces an attack if its kernel fits.
   *
   * @param operands iterate, clean input, labels, epsilon, step size (, stage, iteration)
   * @param limit most steps of a slot in total, or 0 for a plain attack of {@code steps} steps
   * @param lower side of the box, or -infinity
   * @param upper likewise
   * @param sharedBytes shared memory the device offers
   */
  public static Optional<Value> trace(
      Mlp mlp,
      Map<String, Value> params,
      List<Value> operands,
      Goal goal,
      int steps,
      int limit,
      double lower,
      double upper,
      int sharedBytes) {
    Value x = operands.get(0);
    if (x.dtype() != DType.F32) {
      return Optional.empty();
    }
    Shape s = x.shape();
    List<Value> in = new ArrayList<>(operands);
    in.addAll(mlp.parameters(params));
    return MlpLayout.attack(mlp.widths(), goal.euclidean(), s.dim(0), s.dim(1), sharedBytes)
        .map(
            l ->
                Value.of(
                    new MlpAttack(l, goal, limit > 0, steps, limit, (float) lower, (float) upper),
                    in));
  }

  private int columns() {
    return layout.widths().get(0) + (slots ? 2 : 0);
  }

  private int weightsFrom() {
    return slots ? 7 : 5;
  }

  @Override
  public TensorType type(List<TensorType> in) {
    Shape x = in.get(0).shape();
    if (x.rank() != 3
        || x.dim(2) != layout.widths().get(0)
        || in.get(0).dtype() != DType.F32
        || in.size() != weightsFrom() + 2 * (layout.widths().size() - 1)) {
      throw new IllegalArgumentException(
          "mlp attack of widths " + layout.widths() + " got " + in.size() + " operands " + in);
    }
    return new TensorType(DType.F32, x.with(2, columns()));
  }

  @Override
  public Lowering lower(Value y) {
    int batch = y.shape().dim(1);
    boolean perSample = y.input(3).shape().dim(1) != 1 || batch == 1;
    SortedMap<String, String> macros = layout.macros();
    macros.put("MLP_EPSILON_ROWS", perSample ? "1" : "0");
    macros.put("MLP_L2", goal.euclidean() ? "1" : "0");
    macros.put("MLP_MARGIN", goal.margin() ? "1" : "0");
    macros.put("MLP_SLOTS", slots ? "1" : "0");
    List<Integer> params =
        List.of(
            batch, steps, limit, Float.floatToRawIntBits(lower), Float.floatToRawIntBits(upper));
    return new Lowering.Launch(
        "mlp_pgd.cu",
        "mlp_pgd",
        layout.tiles(batch),
        params,
        macros,
        Optional.of(layout.blocks()),
        (in, out) -> new AttackReference(this, batch, perSample).run(in, out));
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
    return new UnsupportedOperationException("no derivative flows through an attack: detach it");
  }
}
