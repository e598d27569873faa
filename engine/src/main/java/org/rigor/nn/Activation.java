// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Elementwise nonlinearities. */
public enum Activation implements Layer {
  RELU {
    @Override
    Value of(Value x) {
      return F.relu(x);
    }
  },
  /** Slope 0.01 below zero. */
  LEAKY_RELU {
    @Override
    Value of(Value x) {
      return F.leakyRelu(x, 0.01);
    }
  },
  TANH {
    @Override
    Value of(Value x) {
      return F.tanh(x);
    }
  },
  SIGMOID {
    @Override
    Value of(Value x) {
      return F.sigmoid(x);
    }
  },
  SOFTPLUS {
    @Override
    Value of(Value x) {
      return F.softplus(x);
    }
  },
  /** Hendrycks and Gimpel 2016, exact: x (1 + erf(x / sqrt(2))) / 2. */
  GELU {
    @Override
    Value of(Value x) {
      Value twice = F.add(F.erf(F.mul(x, Math.sqrt(0.5))), 1);
      return F.mul(F.mul(x, 0.5), twice);
    }
  },
  /** Peng et al. 2023: x + x^2 / 2 where x is at least 0, else 0; the derivative at 0 is 1. */
  J_SQUARED_RELU {
    @Override
    Value of(Value x) {
      return F.jSquaredRelu(x);
    }
  };

  abstract Value of(Value x);

  @Override
  public boolean isElementwise() {
    return true;
  }

  @Override
  public Shape output(Shape input) {
    return input;
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return of(x);
  }
}
