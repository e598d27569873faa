// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Numbering of the elements of a network's values such that equal numbers mean the same function of
 * the input around the measured point, by {@link org.rigor.ir.Op#localFunctions}. Inactive units
 * are all the constant 0 there, and overlapping windows pass on one element twice. A tie between
 * equal functions is not a kink: either branch gives the same function.
 */
final class LocalFunctions {
  private final Map<Value, Value> numbers = new IdentityHashMap<>();
  private final Set<Value> moving;
  private long used;

  /**
   * @param x the input, whose elements are distinct functions
   * @param moving all values that depend on x; filled by the caller as it walks
   */
  LocalFunctions(Value x, Set<Value> moving) {
    this.moving = moving;
    numbers.put(x, fresh(x));
  }

  /**
   * Numbers the elements of a value of the network that depends on x, after its operands. Branches
   * get no numbers: where one is in doubt nothing is measured, elsewhere it is constant.
   *
   * @param in intervals of the operands at the point
   */
  void add(Value v, List<Interval> in) {
    List<Value> of = v.inputs().stream().map(numbers::get).toList();
    boolean still = of.stream().allMatch(Objects::isNull);
    if (v.dtype().isFloating()) {
      numbers.put(v, still ? same(v, 0) : v.op().localFunctions(v, in, of, fresh(v)));
    } else if (!still) {
      numbers.put(v, fresh(v));
    }
  }

  /**
   * Returns the numbers of a value's elements; NaN, which equals nothing, if it was not numbered.
   */
  Value of(Value v) {
    Value found = numbers.get(v);
    return found != null ? found : same(v, moving.contains(v) ? Double.NaN : 0);
  }

  private static Value same(Value v, double number) {
    return F.fill(DType.F64, v.shape(), number);
  }

  /** Returns unused numbers; samples of a batch share them, since samples are never compared. */
  private Value fresh(Value v) {
    Shape s = v.shape();
    int[] ones = new int[s.rank()];
    Arrays.fill(ones, 1);
    Value n = F.fill(DType.F64, Shape.of(ones), used + 1);
    long size = 1;
    for (int a = s.rank() - 1; a >= 2; a--) {
      Value along = F.cast(F.iota(s.rank(), a, s.dim(a)), DType.F64);
      n = F.add(n, F.mul(along, size));
      size *= s.dim(a);
    }
    used += size;
    return F.broadcast(n, s);
  }
}
