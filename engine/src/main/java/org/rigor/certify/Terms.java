// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.Shape;

/**
 * What a linear bound adds up: for coefficients A the sum over units of A b - |A| e, with e at
 * least zero. One reduction for each A, in which e also pays for the rounding of the sum.
 */
final class Terms {
  /** All that is multiplied by the same coefficients; values are [M, B, units...]. */
  private static final class Part {
    private final List<Value> linear = new ArrayList<>();
    private final List<Value> error = new ArrayList<>();
    private final List<Lines> lines = new ArrayList<>();
  }

  private final Map<Value, Part> parts = new LinkedHashMap<>();
  private Value total;
  private Value ball;

  private Part part(Value a) {
    return parts.computeIfAbsent(a, k -> new Part());
  }

  /** Coefficients meet a value of known sides. */
  void known(Value a, Interval sides) {
    if (sides.isPoint()) {
      part(a).linear.add(sides.lower());
    } else {
      Value[] c = Outward.centred(sides);
      part(a).linear.add(c[0]);
      part(a).error.add(c[1]);
    }
  }

  /** The error of |A| times {@code e}. */
  void error(Value a, Value e) {
    part(a).error.add(e);
  }

  /** Underflow of coefficients that meet values up to {@code size}, [M, B, units...]. */
  void underflow(Value size) {
    Value lost = F.add(F.mul(F.sum(size, units(size, 2)), Outward.TINY), Outward.TINY);
    add(F.neg(lifted(lost)));
  }

  /** Coefficients of the operand of an elementwise function enclosed by two lines. */
  Value relaxed(Value a, Lines l) {
    part(a).lines.add(l);
    return F.add(
        F.mul(positive(a), lifted(l.lowerSlope())), F.mul(negative(a), lifted(l.upperSlope())));
  }

  /** Coefficients meet the input: its sides and, for a Euclidean ball, the dual norm as well. */
  void input(Value a, Region region) {
    if (region.norm() == Region.Norm.LINF) {
      known(a, region.sides());
      return;
    }
    Value[] c = Outward.centred(region.sides());
    Value box = reduce(a, List.of(c[0]), List.of(c[1]), List.of());
    int n = Math.toIntExact(region.x().shape().size());
    double grow = 1 + 4 * Outward.gamma(n + 8);
    Value length = F.mul(F.sqrt(F.sum(F.square(a), units(a, 3))), grow);
    Value radius =
        F.add(F.mul(F.add(length, Outward.TINY), lifted(region.epsilon())), Outward.TINY);
    Value centre = reduce(a, List.of(region.x()), List.of(), List.of());
    ball = F.maximum(box, Outward.down(F.sub(centre, Outward.up(radius))));
  }

  /** The sum of everything, a lower side. */
  Value total() {
    parts.forEach((a, p) -> add(reduce(a, p.linear, p.error, p.lines)));
    if (ball != null) {
      add(ball);
    }
    return total;
  }

  /** Sums have extents of 1 left behind [M, S, B]; one of them is kept, whatever the units were. */
  private void add(Value sum) {
    Shape s = sum.shape();
    Value term = F.reshape(sum, Shape.of(s.dim(0), s.dim(1), s.dim(2), 1));
    total = total == null ? term : Outward.down(F.add(total, term));
  }

  private static Value reduce(Value a, List<Value> linear, List<Value> error, List<Lines> lines) {
    Value size = null;
    Value sum = null;
    if (!linear.isEmpty()) {
      Value b = linear.stream().reduce(F::add).get();
      size = linear.stream().map(F::abs).reduce(F::add).get();
      sum = F.mul(a, lifted(b));
    }
    for (Lines l : lines) {
      Value low = F.mul(positive(a), lifted(l.lowerIntercept()));
      Value high = F.mul(negative(a), lifted(l.upperIntercept()));
      sum = F.addOrNull(sum, F.add(low, high));
      Value most = F.maximum(F.abs(l.lowerIntercept()), F.abs(l.upperIntercept()));
      size = F.addOrNull(size, most);
    }
    Shape s = a.shape();
    long n = s.size() / s.dim(0) / s.dim(1) / s.dim(2);
    double gamma = 2 * Outward.gamma(n + 8 + linear.size() + error.size() + 4L * lines.size());
    Value e = size == null ? null : F.mul(size, gamma);
    for (Value x : error) {
      e = F.addOrNull(e, x);
    }
    Value paid = F.mul(F.abs(a), lifted(F.mul(e, 1 + gamma)));
    Value each = sum == null ? F.neg(paid) : F.sub(sum, paid);
    return F.sub(F.sum(each, units(each, 3)), F.constant(a, Outward.TINY));
  }

  static Value positive(Value a) {
    return F.maximum(a, F.constant(a, 0));
  }

  static Value negative(Value a) {
    return F.minimum(a, F.constant(a, 0));
  }

  /** [M, B, units...] as [M, 1, B, units...]. */
  static Value lifted(Value v) {
    return F.reshape(v, v.shape().insert(1, 1));
  }

  private static int[] units(Value v, int from) {
    int[] axes = new int[v.shape().rank() - from];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = from + i;
    }
    return axes;
  }
}
