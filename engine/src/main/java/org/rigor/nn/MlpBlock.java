// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * The residual MLP block of a transformer, x + V s(K n(x) + b) + c with a layer norm n, on features
 * or on tokens and their features. Parameters are named as in {@code new Residual(List.of(norm, new
 * Dense(hidden), activation, new Dense(features)))}, to which it reduces without a zeroth bias and
 * noise.
 *
 * @param hidden units of the hidden layer
 * @param activation an elementwise layer
 * @param zeroth position of an additional bias, a vector per token that starts at 0 and whose
 *     entries are clamped to a tenth of the norm's scales after each step (the doubly biased MLP of
 *     Peng et al. 2023; their paper puts it before K, their code after V)
 * @param noise of the weights in training, see {@link NoisyDense}; 0 for none
 */
public record MlpBlock(int hidden, Layer activation, LayerNorm norm, Zeroth zeroth, double noise)
    implements Layer {
  private static final String ZEROTH = "zeroth";

  /** Largest entry of the zeroth bias relative to the norm's scale. */
  static final double CLIP = 0.1;

  /** Place of the zeroth bias. */
  public enum Zeroth {
    NONE,
    INPUT,
    OUTPUT
  }

  public MlpBlock {
    if (hidden < 1 || !(noise >= 0) || !activation.isElementwise()) {
      throw new IllegalArgumentException(
          "mlp block: needs hidden >= 1, noise >= 0 and an activation of single units, got %d, %s"
                  .formatted(hidden, noise)
              + " and "
              + activation);
    }
  }

  private Layer dense(int outputs) {
    return noise > 0 ? new NoisyDense(outputs, noise) : new Dense(outputs);
  }

  @Override
  public Shape output(Shape input) {
    norm.output(input);
    return dense(input.dim(-1)).output(dense(hidden).output(input));
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Chain chain = new Chain(norm, dense(hidden), activation, dense(input.dim(-1)));
    List<Parameter> all = new ArrayList<>(chain.parameters(input));
    if (zeroth != Zeroth.NONE) {
      Shape each = input.rank() == 1 ? input.insert(0, 1) : input;
      all.add(new Parameter(ZEROTH, each, new Parameter.Constant(0)));
    }
    return all;
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return apply(p, x, Pass.with(Pass.Statistics.FROZEN));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x, Pass pass) {
    Shape at = Shape.of(x.shape().dims()).remove(0).remove(0);
    Shape wide = at.with(at.rank() - 1, hidden);
    Value in = Chain.part(norm, "0.", at, p, x, pass);
    if (zeroth == Zeroth.INPUT) {
      in = F.add(in, Dense.lifted(p.get(ZEROTH), x.shape().rank()));
    }
    Value pre = Chain.part(dense(hidden), "1.", at, p, in, pass);
    Value active = Chain.part(activation, "2.", wide, p, pre, pass);
    Value out = Chain.part(dense(at.dim(-1)), "3.", wide, p, active, pass);
    pass.note(new HiddenUnits("1.weight", "3.weight", in, pre, active, out));
    Value sum = F.add(x, out);
    return zeroth == Zeroth.OUTPUT
        ? F.add(sum, Dense.lifted(p.get(ZEROTH), x.shape().rank()))
        : sum;
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    Map<String, Value> out = new LinkedHashMap<>(Chain.part(norm, "0.", next));
    if (zeroth != Zeroth.NONE) {
      Value d = next.get(ZEROTH);
      Value scale = out.get("0.scale");
      Value most = scale == null ? F.constant(d, CLIP) : F.mul(F.abs(scale), CLIP); // [M, 1, n]
      out.put(ZEROTH, F.clamp(d, F.neg(most), most));
    }
    return out;
  }
}
