// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Value;

/** Sorting and prefixes along an axis, with the same result on every device. */
public final class Order {
  private Order() {}

  /**
   * @param values ascending along the axis, NaN last
   * @param indices I32 positions they came from; equal elements in their old order
   */
  public record Sorted(Value values, Value indices) {}

  /**
   * Sorts along an axis behind the model axis. Derivatives flow back to where each element came
   * from.
   *
   * @throws IllegalArgumentException for the model axis
   */
  public static Sorted sort(Value x, int axis) {
    int last = x.shape().rank() - 1;
    int a = x.shape().axis(axis);
    if (a == 0) {
      throw new IllegalArgumentException("sort: the model axis cannot be sorted: " + x);
    }
    List<Integer> swap = new ArrayList<>();
    for (int i = 0; i <= last; i++) {
      swap.add(i == a ? last : i == last ? a : i);
    }
    Value rows = a == last ? x : F.transpose(x, swap);
    Value indices = argSort(rows, false);
    Value values = takeAlong(rows, indices);
    return a == last
        ? new Sorted(values, indices)
        : new Sorted(F.transpose(values, swap), F.transpose(indices, swap));
  }

  /** Returns the positions that sort the last axis; see {@link ArgSort}. */
  public static Value argSort(Value x, boolean descending) {
    return Value.of(new ArgSort(descending), x);
  }

  /**
   * Reads elements of the last axis by index, [.., K] and I32 [.., J] to [.., J]; {@link
   * TakeAlong}.
   */
  public static Value takeAlong(Value x, Value index) {
    return Value.of(new TakeAlong(), x, index);
  }

  /** Sums each element and all before it along an axis; see {@link CumSum}. */
  public static Value cumSum(Value x, int axis) {
    return Value.of(new CumSum(x.shape().axis(axis), false), x);
  }
}
