// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * shortcut(x) + block(x), which have equal extents. Layer i of the block names its parameters
 * {@code i.name}, layer i of the shortcut {@code shortcut.i.name}.
 *
 * @param shortcut empty for the identity
 */
public record Residual(List<Layer> block, List<Layer> shortcut) implements Layer {
  private static final String SHORTCUT = "shortcut.";

  public Residual {
    block = List.copyOf(block);
    shortcut = List.copyOf(shortcut);
  }

  /** x + block(x). */
  public Residual(List<Layer> block) {
    this(block, List.of());
  }

  @Override
  public Shape output(Shape input) {
    Shape out = new Chain(block).output(input);
    Shape beside = new Chain(shortcut).output(input);
    if (!out.equals(beside)) {
      throw new IllegalArgumentException(
          shortcut.isEmpty()
              ? "a residual block must keep the shape, gives " + out
              : "block and shortcut must give one shape, give " + out + " and " + beside);
    }
    return out;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    List<Parameter> all = new ArrayList<>(new Chain(block).parameters(input));
    new Chain(shortcut).parameters(input).forEach(p -> all.add(p.in(SHORTCUT)));
    return all;
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    return Chain.part(new Chain(shortcut), SHORTCUT, new Chain(block).projected(next));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return apply(p, x, Pass.with(Pass.Statistics.FROZEN));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x, Pass pass) {
    Shape at = Shape.of(x.shape().dims()).remove(0).remove(0);
    Value beside = Chain.part(new Chain(shortcut), SHORTCUT, at, p, x, pass);
    return F.add(beside, new Chain(block).apply(p, x, pass));
  }
}
