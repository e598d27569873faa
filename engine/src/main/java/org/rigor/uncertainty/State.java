// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/** The state of chains as programs see it: one tensor F64 [C, shape...] per parameter. */
final class State {
  private State() {}

  static Map<String, Value> declare(
      Program.Builder b, String prefix, Potential target, int chains) {
    Map<String, Value> w = new LinkedHashMap<>();
    target
        .parameters()
        .forEach((name, s) -> w.put(name, b.input(prefix + name, f64(s.insert(0, chains)))));
    return w;
  }

  static Map<String, HostTensor> read(Workspace space, Potential target) {
    Map<String, HostTensor> w = new LinkedHashMap<>();
    target.parameters().keySet().forEach(name -> w.put(name, space.read("param/" + name)));
    return w;
  }

  /** Returns a random source with one draw per chain and step. */
  static Randoms draws(Value key, Value count) {
    return new Randoms(key, F.fill(DType.I32, Shape.of(1, 1), 0), count);
  }

  /** Draws standard normal numbers in the shape of a state. */
  static Value normal(Randoms random, String site, Value like) {
    Value z = random.normal(site, DType.F64, like.shape().remove(0)); // [C, 1, shape...]
    return F.reshape(z, like.shape());
  }

  /** Returns [C, 1] as [C, 1, ..., 1] of the rank of {@code like}. */
  static Value ranked(Value column, Value like) {
    int[] d = new int[like.shape().rank()];
    Arrays.fill(d, 1);
    d[0] = column.shape().models();
    return F.reshape(column, Shape.of(d));
  }

  static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
