// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** A normal distribution with given mean and precision [n, n] over one parameter {@code w}. */
record NormalTarget(double[] mean, double[] precision) implements Potential {
  @Override
  public Map<String, Shape> parameters() {
    return Map.of("w", Shape.of(1, mean.length));
  }

  @Override
  public Value of(Program.Builder b, Map<String, Value> w) {
    int n = mean.length;
    Value m = b.input("target/mean", new TensorType(DType.F64, Shape.of(1, 1, n)));
    Value p = b.input("target/precision", new TensorType(DType.F64, Shape.of(1, n, n)));
    Value d = F.sub(w.get("w"), m);
    Value u = F.mul(F.sum(F.mul(F.matmul(d, p), d), 1, 2), 0.5);
    return F.reshape(u, Shape.of(u.shape().models(), 1));
  }

  @Override
  public Map<String, HostTensor> inputs() {
    int n = mean.length;
    return Map.of(
        "target/mean", HostTensor.of(Shape.of(1, 1, n), mean),
        "target/precision", HostTensor.of(Shape.of(1, n, n), precision));
  }
}
