// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Semantics of the operator Attention: softmax(scale Q K' + mask) V in each head, of operands [N,
 * heads, tokens, features] or [N, tokens, heads x features].
 */
final class Attention {
  private Attention() {}

  static Operand trace(Call c) {
    boolean windows =
        c.integer("left_window_size", -1) >= 0 || c.integer("right_window_size", -1) >= 0;
    if (c.outputs() > 1 || c.flag("is_causal", false) || windows) {
      throw new IllegalArgumentException("needs one result, is_causal 0 and no windows");
    }
    c.irrelevant("softmax_precision", "qk_matmul_output_mode"); // of a result that nothing reads
    Term[] of = new Term[3];
    for (int i = 0; i < 3; i++) {
      of[i] = c.term(i).leading();
      if (!of[i].batched() || of[i].rank() != c.term(0).rank() || of[i].rank() < 3) {
        throw new IllegalArgumentException(
            "operands must be [N, heads, tokens, features] or [N, tokens, heads x features], got "
                + of[i].extents());
      }
    }
    boolean flat = of[0].rank() == 3;
    int heads = flat ? heads(c, "q_num_heads") : of[0].dims()[1];
    int kept = flat ? heads(c, "kv_num_heads") : of[1].dims()[1];
    if (heads != kept || of[2].dims()[1] != of[1].dims()[1]) {
      throw new IllegalArgumentException(
          "queries, keys and values must have as many heads, got " + heads + " and " + kept);
    }
    Batch batch = Batch.both(Batch.both(of[0].batch(), of[1].batch()), of[2].batch());
    List<Value> parts = new ArrayList<>();
    for (Term t : of) {
      parts.add(flat ? perHead(t.value(), heads) : t.value());
    }
    Value q = parts.get(0);
    double scale = c.real("scale", 0);
    scale = scale == 0 ? 1 / Math.sqrt(q.shape().dim(-1)) : scale;
    Term scores = new Term(F.mul(F.matmul(q, parts.get(1), false, true), scale), batch);
    scores = c.has(3) ? Arithmetic.onto(scores, c.term(3), F::add) : scores;
    double cap = c.real("softcap", 0);
    Value capped = cap == 0 ? scores.value() : F.mul(F.tanh(F.mul(scores.value(), 1 / cap)), cap);
    Value mixed = F.matmul(F.softmax(capped, -1), parts.get(2));
    return new Term(flat ? joined(mixed) : mixed, batch);
  }

  private static int heads(Call c, String key) {
    long n = c.integer(key, 0);
    if (n < 1) {
      throw new IllegalArgumentException(key + " must be at least 1, got " + n);
    }
    return Math.toIntExact(n);
  }

  /** Splits [M, N, tokens, heads x features] into [M, N, heads, tokens, features]. */
  private static Value perHead(Value v, int heads) {
    Shape s = v.shape();
    if (s.dim(3) % heads != 0) {
      throw new IllegalArgumentException(
          s.dim(3) + " features are not those of " + heads + " heads");
    }
    Shape apart = Shape.of(s.dim(0), s.dim(1), s.dim(2), heads, s.dim(3) / heads);
    return F.transpose(F.reshape(v, apart), List.of(0, 1, 3, 2, 4));
  }

  /** Joins [M, N, heads, tokens, features] to [M, N, tokens, heads x features]. */
  private static Value joined(Value v) {
    Value t = F.transpose(v, List.of(0, 1, 3, 2, 4));
    Shape s = t.shape();
    return F.reshape(t, Shape.of(s.dim(0), s.dim(1), s.dim(2), s.dim(3) * s.dim(4)));
  }
}
