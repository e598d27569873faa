// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.TreeSet;
import java.util.stream.IntStream;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Semantics of operators that reduce some axes of a sample. */
final class Reductions {
  private Reductions() {}

  /** Reduction over axes of a value, kept with extent 1. */
  @FunctionalInterface
  interface Join {
    Value of(Value x, int... axes);
  }

  /**
   * @param since the operator set since which axes are an operand
   */
  static Term reduce(Call c, int since, Join join) {
    Term x = c.term(0);
    boolean keep = c.flag("keepdims", true);
    boolean noop = c.flag("noop_with_empty_axes", false);
    long[] stated = c.axes("axes", since, 1);
    if ((stated == null || stated.length == 0) && noop) {
      return x;
    }
    boolean all = stated == null || stated.length == 0;
    TreeSet<Integer> axes = new TreeSet<>();
    for (long a : all ? IntStream.range(0, x.rank()).asLongStream().toArray() : stated) {
      axes.add(x.axis(a));
    }
    if (x.channelsLast() && keep && axes.first() == 2 && axes.last() == 3 && axes.size() == 2) {
      return x.with(join.of(x.stored(), 2, 3));
    }
    Term along = x.along(axes.stream().mapToInt(a -> a).toArray());
    Value y = join.of(along.value(), axes.stream().mapToInt(along::at).toArray());
    Batch batch = along.batch();
    if (!keep) {
      Shape s = y.shape();
      for (int a : axes.descendingSet()) {
        s = s.remove(along.at(a));
        batch = batch == null ? null : batch.without(a);
      }
      y = F.reshape(y, s);
    }
    return new Term(y, batch);
  }

  /** A reduction of a function of the elements, which no axes leave with two readings. */
  static Term composed(Call c, int since, Join join) {
    long[] stated = c.axes("axes", since, 1);
    if ((stated == null || stated.length == 0) && c.flag("noop_with_empty_axes", false)) {
      throw new IllegalArgumentException(
          "noop_with_empty_axes without axes is not supported, it is read in two ways");
    }
    return reduce(c, since, join);
  }

  static Value min(Value x, int... axes) {
    return F.neg(F.max(F.neg(x), axes));
  }

  static Value sumSquare(Value x, int... axes) {
    return F.sum(F.square(x), axes);
  }

  static Value sumAbs(Value x, int... axes) {
    return F.sum(F.abs(x), axes);
  }

  static Value length(Value x, int... axes) {
    return F.sqrt(sumSquare(x, axes));
  }
}
