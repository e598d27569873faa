// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Multi-head self-attention (Vaswani et al. 2017, section 3.2) on tokens [T, D]: softmax(Q K' /
 * sqrt(D / heads)) V in each head, then a dense layer. {@code in.weight} [D, 3 D] gives queries,
 * keys and values side by side, each split by head.
 */
public record SelfAttention(int heads) implements Layer {
  public SelfAttention {
    if (heads < 1) {
      throw new IllegalArgumentException("attention: heads must be >= 1, got " + heads);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() != 2 || input.dim(1) % heads != 0) {
      throw new IllegalArgumentException(
          "attention needs [tokens, features] with features in " + heads + " equal heads");
    }
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    List<Parameter> all = new ArrayList<>();
    new Dense(3 * input.dim(1)).parameters(input).forEach(p -> all.add(p.in("in.")));
    new Dense(input.dim(1)).parameters(input).forEach(p -> all.add(p.in("out.")));
    return all;
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    int features = x.shape().dim(-1);
    Value all = dense(p, "in.", x);
    Value q = perHead(F.slice(all, 3, 0, features));
    Value k = perHead(F.slice(all, 3, features, 2 * features));
    Value v = perHead(F.slice(all, 3, 2 * features, 3 * features));
    Value scores = F.mul(F.matmul(q, k, false, true), 1 / Math.sqrt(features / heads));
    Value mixed = F.matmul(F.softmax(scores, -1), v); // [M, B, heads, T, D / heads]
    Value tokens = F.transpose(mixed, List.of(0, 1, 3, 2, 4));
    return dense(p, "out.", F.reshape(tokens, all.shape().with(3, features)));
  }

  private static Value dense(Map<String, Value> p, String name, Value x) {
    Map<String, Value> own = Map.of("weight", p.get(name + "weight"), "bias", p.get(name + "bias"));
    return new Dense(p.get(name + "weight").shape().dim(-1)).apply(own, x);
  }

  /** Splits [M, B, T, D] into [M, B, heads, T, D / heads]. */
  private Value perHead(Value v) {
    Shape s = v.shape();
    int[] d = {s.dim(0), s.dim(1), s.dim(2), heads, s.dim(3) / heads};
    return F.transpose(F.reshape(v, Shape.of(d)), List.of(0, 1, 3, 2, 4));
  }
}
