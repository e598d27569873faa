// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A single-output network as a classifier: the logits are [0, z], so the class is 1 where z is
 * positive, and the margin of class 1 is z.
 *
 * @param network of one output
 */
public record TwoClasses(Network network) implements Network {
  /** What a reader of results must know of such a classifier. */
  public static final String NOTE =
      "the network has one output z: class 1 where z > 0, else 0; logits are [0, z]";

  public TwoClasses {
    if (network.outputs() != 1) {
      throw new IllegalArgumentException(
          "two classes by a sign need one output, got " + network.outputs());
    }
  }

  @Override
  public Shape input() {
    return network.input();
  }

  @Override
  public int outputs() {
    return 2;
  }

  @Override
  public List<Parameter> parameters() {
    return network.parameters();
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return F.pad(network.apply(params, x), 2, 1, 0, 0); // [M, B, 1] to [M, B, 2]
  }

  @Override
  public Value apply(Map<String, Value> params, Value x, Pass pass) {
    return F.pad(network.apply(params, x, pass), 2, 1, 0, 0);
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    return network.projected(next);
  }
}
