// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.data.Box;
import org.rigor.diff.Single;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * Lower sides of margins for training: those of {@link Ibp} and {@link Crown}, differentiable in
 * the parameters and in their type. They charge no rounding, so they prove nothing: a trained
 * network is certified anew.
 */
public final class MarginBounds {
  /**
   * Width, over 1 + |l|, that F32 tells from 0: a chord's slope divides by it, and its derivative
   * too where no chord is chosen.
   */
  private static final double THIN = 1e-6;

  private final Value logits;
  private final Region region;
  private final Value spec;
  private final DType dtype;

  private MarginBounds(Value logits, Region region, Value spec, DType dtype) {
    this.logits = logits;
    this.region = region;
    this.spec = spec;
    this.dtype = dtype;
  }

  /**
   * Prepares bounds over linf balls within the box of valid inputs.
   *
   * @param params by name, [M, shape...]
   * @param centre [M, B, input...]
   * @param radius [M, 1, 1]
   * @param oneHot right classes, [M, B, K]
   * @throws UnsupportedOperationException if an operation has no bound rule
   */
  public static MarginBounds around(
      Network network,
      Map<String, Value> params,
      Value centre,
      Value radius,
      Box box,
      Value oneHot) {
    Map<String, Value> wide = new HashMap<>();
    params.forEach((name, v) -> wide.put(name, F.cast(v, DType.F64)));
    Value x = F.cast(centre, DType.F64);
    Shape each = Shape.of(radius.shape().models(), 1);
    while (each.rank() < x.shape().rank()) {
      each = each.insert(1, 1);
    }
    Value epsilon = F.cast(F.reshape(radius, each), DType.F64);
    Value logits = network.apply(wide, x, Pass.with(Pass.Statistics.RUNNING));
    return new MarginBounds(
        Reform.of(logits, x),
        Region.of(x, epsilon, Norm.LINF, box),
        Ibp.specification(F.cast(oneHot, DType.F64)),
        centre.dtype());
  }

  /**
   * Returns those of interval propagation with the last linear layer joined to the margin (Gowal et
   * al. 2018): at j a lower side of z_y - z_j, 0 at y, [M, B, K].
   */
  public Value ibp() {
    LinearBounds bounds = new LinearBounds(region, false);
    Ibp.propagate(bounds, logits, affine -> false, (b, source) -> {});
    return stored(Ibp.margins(bounds, logits, spec));
  }

  /**
   * Returns those of backward linear bounds of the logits whose hidden layers have sides by
   * intervals (Zhang et al. 2020), likewise.
   */
  public Value crownIbp() {
    LinearBounds bounds = new LinearBounds(region, false);
    Ibp.propagate(bounds, logits, affine -> true, MarginBounds::widen);
    return stored(bounds.lower(logits, spec, Set.of()));
  }

  private static void widen(LinearBounds bounds, Value source) {
    bounds.visit(source);
    Interval x = bounds.known(source);
    Value least = F.add(x.lower(), F.mul(F.add(F.abs(x.lower()), 1), THIN));
    bounds.refine(source, new Interval(x.lower(), F.maximum(x.upper(), least)));
  }

  /** Returns margins [M, K, B, 1] as [M, B, K] in the type of the training. */
  private Value stored(Value margins) {
    Value own = dtype == DType.F32 ? Single.of(margins) : margins;
    Value flat = F.reshape(own, own.shape().remove(3));
    return F.transpose(flat, List.of(0, 2, 1));
  }
}
