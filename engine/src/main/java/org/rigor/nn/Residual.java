// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** x + block(x); the block keeps the shape. */
public record Residual(List<Layer> block) implements Layer {
  public Residual {
    block = List.copyOf(block);
  }

  @Override
  public Shape output(Shape input) {
    Shape out = input;
    for (Layer l : block) {
      out = l.output(out);
    }
    if (!out.equals(input)) {
      throw new IllegalArgumentException("a residual block must keep the shape, gives " + out);
    }
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    List<Parameter> all = new ArrayList<>();
    Shape at = input;
    for (int i = 0; i < block.size(); i++) {
      for (Parameter p : block.get(i).parameters(at)) {
        all.add(new Parameter(i + "." + p.name(), p.shape(), p.start()));
      }
      at = block.get(i).output(at);
    }
    return all;
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value y = x;
    Shape at = Shape.of(x.shape().dims()).remove(0).remove(0);
    for (int i = 0; i < block.size(); i++) {
      y = block.get(i).apply(Sequential.own(p, i + ".", block.get(i), at), y);
      at = block.get(i).output(at);
    }
    return F.add(x, y);
  }
}
