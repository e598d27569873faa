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
 * Reshaping of each sample alone. New extents are resolved for a batch of one and for one of {@link
 * Batch#MANY}: where the two differ, the file holds its samples.
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
   * @throws IllegalArgumentException if they do not fit, or would take samples apart
   */
  static Operand reshape(Operand x, Ints target, boolean allowZero) {
    long[] from = Arrays.stream(x.dims()).asLongStream().toArray();
    long[] to = resolved(from, target.one(), allowZero);
    if (to == null) {
      throw misfit(x, target);
    }
    return with(x, ints(to), resolved(x.wide(), target.many(), allowZero), target.toString());
  }

  /** Returns the extents that a target stands for; null if it does not fit. */
  private static long[] resolved(long[] from, long[] target, boolean allowZero) {
    long elements = Arrays.stream(from).reduce(1, Math::multiplyExact);
    long[] to = new long[target.length];
    long known = 1;
    int rest = -1;
    for (int i = 0; i < to.length; i++) {
      long d = target[i];
      if (d == 0 && !allowZero && i < from.length) {
        d = from[i];
      }
      if (d == -1 && rest < 0) {
        rest = i;
      } else if (d < 1) {
        return null;
      } else {
        to[i] = d;
        known = Math.multiplyExact(known, d);
      }
    }
    if (rest >= 0) {
      to[rest] = elements / known;
      known = Math.multiplyExact(known, to[rest]);
    }
    return known == elements ? to : null;
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
    long[] wide = x.wide();
    long[] to = {1, 1};
    long[] wideTo = {1, 1};
    for (int i = 0; i < wide.length; i++) {
      int side = i < at ? 0 : 1;
      to[side] = Math.multiplyExact(to[side], (long) x.dims()[i]);
      wideTo[side] = Math.multiplyExact(wideTo[side], wide[i]);
    }
    return with(x, ints(to), wideTo, Arrays.toString(to));
  }

  /**
   * Flattens each sample to a row, [M, N, elements].
   *
   * @throws IllegalArgumentException if the first axis of the file does not count samples alone
   */
  static Value row(Term x) {
    if (x.batch().free() && !x.batch().leads()) {
      throw new IllegalArgumentException("the first axis must be the batch, got " + x.extents());
    }
    Value v = x.value();
    int elements = Math.toIntExact(x.elements());
    return F.reshape(v, Shape.of(v.shape().models(), v.shape().dim(1), elements));
  }

  static Operand squeeze(Call c) {
    Operand x = c.operand(0);
    int[] d = x.dims();
    long[] axes = c.axes("axes", 13, 1);
    TreeSet<Integer> gone = new TreeSet<>();
    for (int i = 0; axes == null && i < d.length; i++) {
      if (d[i] == 1 && x.wide()[i] == 1) {
        gone.add(i);
      }
    }
    for (long a : axes == null ? new long[0] : axes) {
      int at = axis(a, d.length);
      if (d[at] != 1 || x.wide()[at] != 1) {
        throw new IllegalArgumentException(
            "axis "
                + a
                + (d[at] == 1
                    ? " is the batch; samples must stay apart"
                    : " has the extent " + d[at] + ", not 1"));
      }
      gone.add(at);
    }
    return picked(x, axesBut(d.length, gone));
  }

  private static List<Integer> axesBut(int rank, TreeSet<Integer> gone) {
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      if (!gone.contains(i)) {
        kept.add(i);
      }
    }
    return kept;
  }

  static Operand unsqueeze(Call c) {
    Operand x = c.operand(0);
    long[] axes = c.axes("axes", 13, 1);
    if (axes == null) {
      throw new IllegalArgumentException("needs axes");
    }
    int rank = x.dims().length + axes.length;
    TreeSet<Integer> added = new TreeSet<>();
    for (long a : axes) {
      if (!added.add(axis(a, rank))) {
        throw new IllegalArgumentException("axis " + a + " is stated twice");
      }
    }
    List<Integer> from = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < rank; i++) {
      from.add(added.contains(i) ? -1 : next++);
    }
    return picked(x, from);
  }

  /** Returns the operand with these of its axes, of which -1 stands for a new one of extent 1. */
  private static Operand picked(Operand x, List<Integer> axes) {
    long[] wide = x.wide();
    int[] d = x.dims();
    int[] to = axes.stream().mapToInt(a -> a < 0 ? 1 : d[a]).toArray();
    long[] wideTo = axes.stream().mapToLong(a -> a < 0 ? 1 : wide[a]).toArray();
    return with(x, to, wideTo, Arrays.toString(to));
  }

  private static int axis(long a, int rank) {
    long at = a < 0 ? a + rank : a;
    if (at < 0 || at >= rank) {
      throw new IllegalArgumentException("axis " + a + " is outside rank " + rank);
    }
    return (int) at;
  }

  private static Operand with(Operand x, int[] to, long[] wide, String target) {
    return x instanceof Ints v ? v.reshaped(to) : with((Term) x, to, wide, target);
  }

  /**
   * @param wide the extents for many samples; null if the file states them for one sample alone
   */
  private static Term with(Term x, int[] to, long[] wide, String target) {
    Value v = x.value();
    if (!x.batched()) {
      Value y = F.reshape(v, Shape.of(to).insert(0, v.shape().models()));
      return new Term(y, null, false, x.host() == null ? null : x.host().reshape(Shape.of(to)));
    }
    Batch batch = wide == null || !x.batch().free() ? Batch.ofOne(to) : moved(x, to, wide, target);
    Shape s = Shape.of(to);
    s = batch.alone() ? s.remove(batch.axis()) : s;
    s = s.insert(0, v.shape().dim(1)).insert(0, v.shape().models());
    return new Term(F.reshape(v, s), batch);
  }

  /** Returns where the samples of a tensor are after its elements, in order, get new extents. */
  private static Batch moved(Term x, int[] to, long[] wide, String target) {
    // From one sample to the next there are as many elements before and after.
    long step = x.batch().inner();
    for (int i = x.batch().axis() + 1; i < x.rank(); i++) {
      step *= x.dims()[i];
    }
    long behind = 1;
    int at = to.length - 1;
    for (; at > 0 && wide[at] == to[at]; at--) {
      behind *= to[at];
    }
    boolean kept = at >= 0 && wide[at] == to[at] * Batch.MANY && step % behind == 0;
    for (int i = 0; kept && i < at; i++) {
      kept = wide[i] == to[i];
    }
    if (kept && to[at] % (step / behind) == 0) {
      int inner = (int) (step / behind);
      return new Batch(at, to[at] / inner, inner, true);
    }
    throw new IllegalArgumentException(
        "samples must stay apart, got %s for %s".formatted(target, x.extents()));
  }

  private static int[] ints(long[] extents) {
    return Arrays.stream(extents).mapToInt(Math::toIntExact).toArray();
  }

  private static IllegalArgumentException misfit(Operand x, Ints target) {
    long n = Arrays.stream(x.dims()).asLongStream().reduce(1, (a, b) -> a * b);
    boolean sample = x instanceof Term t && t.batched();
    return new IllegalArgumentException(
        "cannot reshape " + n + (sample ? " elements of a sample to " : " elements to ") + target);
  }
}
