// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.List;
import java.util.Map;
import org.rigor.diff.Enclosure;
import org.rigor.diff.Kind;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/** What numbers enclosed by rounding terms are worth for a network. */
final class Kinds {
  private Kinds() {}

  /**
   * CERTIFIED if all rounding bounds of the network's operations are proved; BOUND if it uses a
   * function, such as tanh, whose bound in double was measured.
   */
  static Kind enclosed(Network network) {
    Program.Builder b = Program.builder("kind");
    Map<String, Value> params = network.declare(b, "param/", 1, DType.F64);
    Value x = b.input("x", new TensorType(DType.F64, network.input().insert(0, 1).insert(0, 1)));
    return Enclosure.isProved(List.of(network.apply(params, x))) ? Kind.CERTIFIED : Kind.BOUND;
  }
}
