// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.function.UnaryOperator;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;

/** Semantics of elementwise functions. */
final class Activations {
  private static final float SELU_ALPHA = 1.67326319217681884765625f;
  private static final float SELU_GAMMA = 1.05070102214813232421875f;

  private Activations() {}

  static Term each(Call c, UnaryOperator<Value> f) {
    Term x = c.term(0);
    return x.with(f.apply(x.stored()));
  }

  static Term leakyRelu(Call c) {
    float slope = c.real("alpha", 0.01f);
    return each(c, x -> F.leakyRelu(x, slope));
  }

  /** Computes x above 0, else slope x; a single slope gives a leaky ReLU. */
  static Term prelu(Call c) {
    Term x = c.term(0);
    Term slope = c.term(1);
    HostTensor stated = slope.host();
    if (stated != null && stated.shape().size() == 1 && slope.rank() <= x.rank()) {
      return x.with(F.leakyRelu(x.stored(), stated.get(0)));
    }
    Term below = Arithmetic.onto(x.with(F.relu(F.neg(x.stored()))), slope, F::mul);
    return Arithmetic.both(x.with(F.relu(x.stored())), below, F::sub);
  }

  /** Clips to bounds, which are attributes up to operator set 10, then optional operands. */
  static Term clip(Call c) {
    if (c.opset() < 11) {
      float low = c.real("min", -Float.MAX_VALUE);
      float high = c.real("max", Float.MAX_VALUE);
      return each(c, x -> clipped(clipped(x, low, true), high, false));
    }
    Term y = c.term(0);
    y = c.has(1) ? Arithmetic.both(y, single(c, 1), F::maximum) : y;
    return c.has(2) ? Arithmetic.both(y, single(c, 2), F::minimum) : y;
  }

  private static Value clipped(Value x, float limit, boolean below) {
    Value at = F.constant(x, limit);
    return Math.abs(limit) == Float.MAX_VALUE ? x : below ? F.maximum(x, at) : F.minimum(x, at);
  }

  private static Term single(Call c, int i) {
    Term limit = c.term(i);
    if (limit.batched() || limit.elements() != 1 || limit.rank() > 1) {
      throw new IllegalArgumentException("limits must be single numbers, got " + limit.extents());
    }
    return limit;
  }

  static Term elu(Call c) {
    float alpha = c.real("alpha", 1);
    return each(c, x -> elu(x, alpha));
  }

  static Term selu(Call c) {
    float alpha = c.real("alpha", SELU_ALPHA);
    float gamma = c.real("gamma", SELU_GAMMA);
    return each(c, x -> F.mul(elu(x, alpha), gamma));
  }

  static Term celu(Call c) {
    float alpha = c.real("alpha", 1);
    if (alpha == 0) {
      throw new IllegalArgumentException("alpha must not be 0");
    }
    return each(
        c,
        x -> {
          Value below = F.minimum(x, F.constant(x, 0));
          Value curve = F.expm1(F.div(below, F.constant(x, alpha)));
          return F.add(F.relu(x), F.mul(curve, alpha));
        });
  }

  /** Computes x above 0, else alpha (e^x - 1); one summand is 0, so the sum is exact. */
  private static Value elu(Value x, double alpha) {
    Value below = F.minimum(x, F.constant(x, 0));
    return F.add(F.relu(x), F.mul(F.expm1(below), alpha));
  }

  static Term gelu(Call c) {
    boolean tanh = c.choice("approximate", "none", "none", "tanh").equals("tanh");
    return each(
        c,
        x -> {
          Value cubed = F.mul(F.mul(F.square(x), x), 0.044715);
          Value s =
              tanh
                  ? F.tanh(F.mul(F.add(x, cubed), Math.sqrt(2 / Math.PI)))
                  : F.erf(F.mul(x, Math.sqrt(0.5)));
          return F.mul(F.mul(x, F.add(s, 1)), 0.5);
        });
  }

  static Term swish(Call c) {
    float alpha = c.real("alpha", 1);
    return each(c, x -> F.mul(x, F.sigmoid(alpha == 1 ? x : F.mul(x, alpha))));
  }

  static Term hardSigmoid(Call c) {
    float alpha = c.real("alpha", 0.2f);
    float beta = c.real("beta", 0.5f);
    return each(c, x -> hardSigmoid(x, alpha, beta));
  }

  static Term hardSwish(Call c) {
    return each(c, x -> F.mul(x, hardSigmoid(x, 1 / 6.0, 0.5)));
  }

  private static Value hardSigmoid(Value x, double alpha, double beta) {
    return F.clamp(F.add(F.mul(x, alpha), beta), 0, 1);
  }
}
