// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Reshaping with the batch axis free. A file states extents for the batch it was exported with, so
 * they are resolved for a batch of one, and the leading 1 they must then have stands for the batch.
 */
final class Extents {
  private Extents() {}

  static Operand reshape(Call c) {
    boolean allowZero = c.flag("allowzero", false);
    Ints target = c.longs(1);
    if (target.dims().length != 1) {
      throw new IllegalArgumentException("the new shape must be a list of integers");
    }
    return reshape(c.operand(0), target, allowZero);
  }

  /**
   * Traces the operator Reshape.
   *
   * @param target extents; -1 for the remainder, 0 for the operand's extent of the same axis
   * @param allowZero true if 0 means an extent of zero, which is not supported
   * @throws IllegalArgumentException if they do not fit, or would merge the batch with another axis
   */
  static Operand reshape(Operand x, Ints target, boolean allowZero) {
    int[] from = x.dims();
    long elements = Arrays.stream(from).asLongStream().reduce(1, Math::multiplyExact);
    int[] to = new int[target.size()];
    long known = 1;
    int rest = -1;
    for (int i = 0; i < to.length; i++) {
      if (target.isBatch(i) && i > 0) {
        throw misfit(x, target);
      }
      long d = target.get(i);
      if (d == 0 && !allowZero && i < from.length) {
        d = from[i];
      }
      if (d == -1 && rest < 0) {
        rest = i;
      } else if (d < 1 || d > Integer.MAX_VALUE) {
        throw misfit(x, target);
      } else {
        to[i] = (int) d;
        known = Math.multiplyExact(known, d);
      }
    }
    if (rest >= 0) {
      to[rest] = Math.toIntExact(elements / known);
      known = Math.multiplyExact(known, (long) to[rest]);
    }
    if (known != elements) {
      throw misfit(x, target);
    }
    return with(x, to, target.toString());
  }

  /**
   * Traces the operator Flatten: axes before the given one merge into one, the others into another.
   */
  static Term flatten(Call c) {
    Term x = c.term(0);
    long axis = c.integer("axis", 1);
    long at = axis < 0 ? axis + x.rank() : axis;
    if (at < 0 || at > x.rank()) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank " + x.rank());
    }
    int[] d = x.dims();
    int[] to = {1, 1};
    for (int i = 0; i < d.length; i++) {
      int side = i < at ? 0 : 1;
      to[side] = Math.multiplyExact(to[side], d[i]);
    }
    return with(x, to, Arrays.toString(to));
  }

  /** Flattens each sample to a row, [N, elements]. */
  static Term row(Term x) {
    int[] to = {1, Math.toIntExact(x.elements())};
    return with(x, to, Arrays.toString(to));
  }

  static Operand squeeze(Call c) {
    Operand x = c.operand(0);
    int[] d = x.dims();
    long[] axes = c.axes("axes", 13, 1);
    TreeSet<Integer> gone = new TreeSet<>();
    for (int i = 0; axes == null && i < d.length; i++) {
      if (d[i] == 1 && !(i == 0 && x instanceof Term t && t.batched())) {
        gone.add(i);
      }
    }
    for (long a : axes == null ? new long[0] : axes) {
      int at = axis(a, d.length);
      if (d[at] != 1 || (at == 0 && x instanceof Term t && t.batched())) {
        throw new IllegalArgumentException(
            "axis " + a + (at == 0 ? " is the batch" : " has the extent " + d[at] + ", not 1"));
      }
      gone.add(at);
    }
    List<Integer> to = new ArrayList<>();
    for (int i = 0; i < d.length; i++) {
      if (!gone.contains(i)) {
        to.add(d[i]);
      }
    }
    return with(x, to.stream().mapToInt(i -> i).toArray(), to.toString());
  }

  static Operand unsqueeze(Call c) {
    Operand x = c.operand(0);
    int[] d = x.dims();
    long[] axes = c.axes("axes", 13, 1);
    if (axes == null) {
      throw new IllegalArgumentException("needs axes");
    }
    int rank = d.length + axes.length;
    TreeSet<Integer> added = new TreeSet<>();
    for (long a : axes) {
      if (!added.add(axis(a, rank))) {
        throw new IllegalArgumentException("axis " + a + " is stated twice");
      }
    }
    if (added.contains(0) && x instanceof Term t && t.batched()) {
      throw new IllegalArgumentException("no axis may be put in front of the batch");
    }
    int[] to = new int[rank];
    int next = 0;
    for (int i = 0; i < rank; i++) {
      to[i] = added.contains(i) ? 1 : d[next++];
    }
    return with(x, to, Arrays.toString(to));
  }

  private static int axis(long a, int rank) {
    long at = a < 0 ? a + rank : a;
    if (at < 0 || at >= rank) {
      throw new IllegalArgumentException("axis " + a + " is outside rank " + rank);
    }
    return (int) at;
  }

  private static Operand with(Operand x, int[] to, String target) {
    return x instanceof Ints v ? v.reshaped(to) : with((Term) x, to, target);
  }

  private static Term with(Term x, int[] to, String target) {
    Value v = x.value();
    int models = v.shape().models();
    if (!x.batched()) {
      Value y = F.reshape(v, Shape.of(to).insert(0, models));
      return new Term(y, false, false, x.host() == null ? null : x.host().reshape(Shape.of(to)));
    }
    if (to.length == 0 || to[0] != 1) {
      throw new IllegalArgumentException(
          "the first axis must stay the batch, got "
              + target
              + " for a sample of "
              + x.elements()
              + " elements");
    }
    Shape s = Shape.of(to).with(0, v.shape().dim(1)).insert(0, models);
    return new Term(F.reshape(v, s), true);
  }

  private static IllegalArgumentException misfit(Operand x, Ints target) {
    long n = Arrays.stream(x.dims()).asLongStream().reduce(1, (a, b) -> a * b);
    boolean sample = x instanceof Term t && t.batched();
    return new IllegalArgumentException(
        "cannot reshape " + n + (sample ? " elements of a sample to " : " elements to ") + target);
  }
}
