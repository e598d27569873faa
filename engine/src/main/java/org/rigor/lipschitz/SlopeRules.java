// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.linalg.Rounding;
import org.rigor.op.Abs;
import org.rigor.op.Add;
import org.rigor.op.Broadcast;
import org.rigor.op.Concat;
import org.rigor.op.Cos;
import org.rigor.op.Detach;
import org.rigor.op.Div;
import org.rigor.op.Erf;
import org.rigor.op.LeakyRelu;
import org.rigor.op.MatMul;
import org.rigor.op.MaxReduce;
import org.rigor.op.Maximum;
import org.rigor.op.MinReduce;
import org.rigor.op.Minimum;
import org.rigor.op.Mul;
import org.rigor.op.Neg;
import org.rigor.op.Pad;
import org.rigor.op.Pointwise;
import org.rigor.op.Relu;
import org.rigor.op.Reshape;
import org.rigor.op.Sigmoid;
import org.rigor.op.Sin;
import org.rigor.op.Slice;
import org.rigor.op.Softplus;
import org.rigor.op.Sub;
import org.rigor.op.Sum;
import org.rigor.op.Tanh;
import org.rigor.op.Transpose;
import org.rigor.op.Unfold;
import org.rigor.threat.Norm;

/**
 * The rule of each operation: a Lipschitz bound of a value from those of its operands. To support
 * an operation, add its line here and its closed form to the test.
 */
final class SlopeRules {
  /** At least 2 / sqrt(pi) = 1.12837916709551257..., the slope of erf at 0. */
  private static final double ERF = 1.1283791670955128;

  private static final String SEVERAL = "it has several operands that depend on the input";

  private final Map<Value, double[]> bound;
  private final Set<Value> moving;
  private final SideValues sides;
  private final Norm norm;
  private final Map<Value, double[]> norms = new IdentityHashMap<>();

  /**
   * @param bound bounds of the values that depend on the input, as far as known
   * @param moving all values that depend on the input
   * @param sides host values of the others
   */
  SlopeRules(Map<Value, double[]> bound, Set<Value> moving, SideValues sides, Norm norm) {
    this.bound = bound;
    this.moving = moving;
    this.sides = sides;
    this.norm = norm;
  }

  /** The operands whose bounds the rule of a value asks for. */
  static List<Value> operands(Value v, Set<Value> moving) {
    if (LayerNormRule.applies(v)) {
      return List.of(v.input(0));
    }
    ConvRule conv = ConvRule.of(v, moving);
    return conv != null
        ? List.of(conv.image())
        : v.inputs().stream().filter(moving::contains).toList();
  }

  /** The operands whose numbers the rules of some values ask for. */
  static List<Value> sides(Collection<Value> values, Set<Value> moving) {
    List<Value> out = new ArrayList<>();
    for (Value v : values) {
      ConvRule conv = ConvRule.of(v, moving);
      if (conv != null) {
        Stream.of(conv.weights(), conv.scale()).filter(Objects::nonNull).forEach(out::add);
      } else if (v.op() instanceof MatMul || v.op() instanceof Mul || v.op() instanceof Div) {
        v.inputs().stream().filter(i -> !moving.contains(i)).forEach(out::add);
      }
    }
    return out;
  }

  /**
   * Computes the norms that the rules of some values ask for, which is nearly all of the work, on
   * all processors; each is computed by one thread, so they do not depend on how many there are.
   */
  void measure(Collection<Value> values, int models) {
    List<Value> maps =
        values.stream()
            .filter(v -> moving.contains(v) && (isConv(v) || v.op() instanceof MatMul))
            .toList();
    double[] all =
        IntStream.range(0, maps.size() * models)
            .parallel()
            .mapToDouble(i -> norm(maps.get(i / models), i % models))
            .toArray();
    for (int i = 0; i < maps.size(); i++) {
      norms.put(maps.get(i), Arrays.copyOfRange(all, i * models, (i + 1) * models));
    }
  }

  private boolean isConv(Value v) {
    return ConvRule.of(v, moving) != null;
  }

  private double norm(Value v, int model) {
    ConvRule conv = ConvRule.of(v, moving);
    if (conv != null) {
      samplesApart(v);
      return conv.norm(sides, model, norm);
    }
    int i = moving.contains(v.input(0)) ? 0 : 1;
    if (moving.contains(v.input(1 - i))) {
      throw refused(v, SEVERAL);
    }
    samplesApart(v);
    return AffineNorm.of(v, (MatMul) v.op(), i, sides.of(v.input(1 - i)), model, norm);
  }

  /** Bound of one model's value, whose operands have theirs. */
  double step(Value v, int model) {
    if (LayerNormRule.applies(v)) {
      return Rounding.mulUp(bound.get(v.input(0))[model], LayerNormRule.factor(v, norm));
    }
    ConvRule conv = ConvRule.of(v, moving);
    if (conv != null) {
      return Rounding.mulUp(bound.get(conv.image())[model], norms.get(v)[model]);
    }
    List<Integer> from = new ArrayList<>();
    for (int i = 0; i < v.inputs().size(); i++) {
      if (moving.contains(v.input(i))) {
        from.add(i);
      }
    }
    Op op = v.op();
    if (op instanceof Add || op instanceof Sub) {
      return from.stream().mapToDouble(i -> operand(v, i, model)).reduce(0, Rounding::addUp);
    }
    if (op instanceof Concat || op instanceof Maximum || op instanceof Minimum) {
      return beside(v, from, model);
    }
    if (from.size() != 1) {
      throw refused(v, SEVERAL);
    }
    int i = from.get(0);
    return Rounding.mulUp(operand(v, i, model), factor(v, i, model));
  }

  /** Bound of an operand, repeated to the extents of an elementwise result. */
  private double operand(Value v, int i, int model) {
    double own = bound.get(v.input(i))[model];
    boolean elementwise = v.op() instanceof Pointwise || v.op() instanceof Broadcast;
    return elementwise ? Rounding.mulUp(own, spread(elements(v) / elements(v.input(i)))) : own;
  }

  /** Elements of one sample of one model. */
  private static long elements(Value v) {
    return v.shape().size() / v.shape().models();
  }

  /** At least the norm of repeating, or the transposed one of summing in L2, n times. */
  private double spread(long n) {
    return n == 1 || norm == Norm.LINF ? 1 : Rounding.sqrtUp(n);
  }

  /** Operands that fill a vector together, or of which each element takes one. */
  private double beside(Value v, List<Integer> from, int model) {
    if (from.size() == 1) {
      return operand(v, from.get(0), model);
    }
    double a = operand(v, 0, model);
    double b = operand(v, 1, model);
    if (norm == Norm.LINF) {
      return Math.max(a, b);
    }
    double larger = Math.max(a, b);
    double ratio = larger == 0 ? 0 : Math.min(a, b) / larger;
    double squares = Rounding.addUp(1, Rounding.mulUp(Math.nextUp(ratio), Math.nextUp(ratio)));
    return Rounding.mulUp(larger, Rounding.sqrtUp(squares));
  }

  /** Largest slope with respect to operand {@code i}, the only one that depends on the input. */
  private double factor(Value v, int i, int model) {
    Op op = v.op();
    if (op instanceof LeakyRelu leaky) {
      return Math.max(1, Math.abs(leaky.slope()));
    } else if (op instanceof Sigmoid) {
      return 0.25;
    } else if (op instanceof Erf) {
      return ERF;
    } else if (op instanceof Relu
        || op instanceof Tanh
        || op instanceof Softplus
        || op instanceof Abs
        || op instanceof Neg
        || op instanceof Sin
        || op instanceof Cos
        || op instanceof Detach) {
      return 1;
    } else if (op instanceof Mul) {
      return sides.of(v.input(1 - i)).largest(model);
    } else if (op instanceof Div && i == 0) {
      double least = sides.of(v.input(1)).smallest(model);
      return least == 0 ? Double.POSITIVE_INFINITY : Math.nextUp(1 / least);
    }
    samplesApart(v);
    if (op instanceof MatMul) {
      return norms.get(v)[model];
    } else if (op instanceof Unfold u) {
      return norm == Norm.L2 ? spread(overlap(u, v.input(0))) : 1;
    } else if (op instanceof Sum) {
      long n = elements(v.input(0)) / elements(v);
      return norm == Norm.L2 ? spread(n) : n;
    } else if (op instanceof Reshape
        || op instanceof Transpose
        || op instanceof Slice
        || op instanceof Pad
        || op instanceof Broadcast
        || op instanceof MaxReduce
        || op instanceof MinReduce) {
      return 1;
    }
    throw refused(v, "it has no rule");
  }

  /** Most windows an element of an image is repeated to; more than one if they overlap. */
  private static int overlap(Unfold u, Value image) {
    return u.windows().overlap(image.shape().dim(2), image.shape().dim(3));
  }

  /** A value that is no longer [models, samples, ...] cannot be told from one that mixes them. */
  private static void samplesApart(Value v) {
    boolean first = v.shape().rank() >= 2 && v.shape().dim(1) == 1;
    boolean kept = !(v.op() instanceof Transpose t) || t.order().get(1) == 1;
    boolean summed = v.op() instanceof Sum s && s.axes().stream().anyMatch(a -> a < 2);
    if (!first || !kept || summed) {
      throw refused(v, "it mixes models or samples");
    }
  }

  static IllegalArgumentException refused(Value v, String why) {
    return new IllegalArgumentException(
        "product bound: no bound of " + v.op() + ", " + why + "; traced at " + v.origin());
  }
}
