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
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.linalg.Rounding;
import org.rigor.op.MatMul;
import org.rigor.op.Pointwise;
import org.rigor.threat.Norm;

/**
 * Lipschitz bounds of values from those of their operands, by {@link org.rigor.ir.Op#slope}. Three
 * composite forms, which rules of single operations would bound badly or not at all, have dedicated
 * rules: {@link ConvRule}, {@link UnitRule} and {@link LayerNormRule}.
 */
final class ProductSlopes {
  private final Map<Value, double[]> bound;
  private final Set<Value> moving;
  private final SideValues sides;
  private final Norm norm;
  private final Map<Value, double[]> norms = new IdentityHashMap<>();

  /**
   * @param bound known bounds of the values that depend on the input
   * @param moving all values that depend on the input
   * @param sides host values of the others
   */
  ProductSlopes(Map<Value, double[]> bound, Set<Value> moving, SideValues sides, Norm norm) {
    this.bound = bound;
    this.moving = moving;
    this.sides = sides;
    this.norm = norm;
  }

  static MissingRuleException refused(Value v, String why) {
    return new MissingRuleException("slope rule", v, why);
  }

  /** Returns the operands whose bounds the rule of a value needs. */
  static List<Value> operands(Value v, Set<Value> moving) {
    if (LayerNormRule.applies(v)) {
      return List.of(v.input(0));
    }
    UnitRule unit = UnitRule.of(v, moving);
    if (unit != null) {
      return List.of(unit.unit());
    }
    ConvRule conv = ConvRule.of(v, moving);
    return conv != null
        ? List.of(conv.image())
        : v.inputs().stream().filter(moving::contains).toList();
  }

  /** Returns the operands whose host values the rules of some values need. */
  static List<Value> sides(Collection<Value> values, Set<Value> moving) {
    List<Value> out = new ArrayList<>();
    for (Value v : values) {
      UnitRule unit = UnitRule.of(v, moving);
      ConvRule conv = ConvRule.of(v, moving);
      if (unit != null) {
        out.addAll(unit.fixed());
      } else if (conv != null) {
        Stream.of(conv.weights(), conv.scale()).filter(Objects::nonNull).forEach(out::add);
      } else if (!v.isInput() && v.op().slopeReadsOperands()) {
        v.inputs().stream().filter(i -> !moving.contains(i)).forEach(out::add);
      }
    }
    return out;
  }

  /**
   * Computes the norms that the rules of some values need, nearly all of the work, on all
   * processors. One thread computes each norm, so results do not depend on the number of threads.
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
      return conv.norm(sides, model, norm);
    }
    int i = new Operands(v, model).moving();
    return AffineNorm.of((MatMul) v.op(), i, sides.of(v.input(1 - i)), model, norm);
  }

  /**
   * Requires a rule for each of some values, before anything is measured: every number is taken as
   * 1.
   *
   * @param values in topological order
   * @throws MissingRuleException naming the first value without a rule
   */
  static void require(List<Value> values, Set<Value> moving) {
    Map<Value, double[]> one = new IdentityHashMap<>();
    moving.forEach(v -> one.put(v, new double[] {1}));
    SideValues sides = SideValues.ones(sides(values, moving));
    ProductSlopes rules = new ProductSlopes(one, moving, sides, Norm.L2);
    rules.norms.putAll(one);
    for (Value v : values) {
      rules.form(v);
      rules.step(v, 0);
    }
  }

  /** Requires what the rules take for granted of a value's form. */
  private void form(Value v) {
    if (LayerNormRule.applies(v) || v.op() instanceof Pointwise && !isConv(v)) {
      return;
    }
    boolean product = v.op() instanceof MatMul && !isConv(v);
    int i = product ? new Operands(v, 0).moving() : 0;
    samplesApart(v);
    if (product) {
      AffineNorm.require(v, (MatMul) v.op(), i);
    }
  }

  /** Returns the bound of one model's value from those of its operands; see {@link #require}. */
  double step(Value v, int model) {
    if (LayerNormRule.applies(v)) {
      return Rounding.mulUp(bound.get(v.input(0))[model], LayerNormRule.factor(v, norm));
    }
    UnitRule unit = UnitRule.of(v, moving);
    if (unit != null) {
      return Rounding.mulUp(bound.get(unit.unit())[model], unit.factor(sides, model));
    }
    ConvRule conv = ConvRule.of(v, moving);
    if (conv != null) {
      return Rounding.mulUp(bound.get(conv.image())[model], norms.get(v)[model]);
    }
    return v.op().slope(v, new Operands(v, model));
  }

  /**
   * Requires the form [models, samples, ...]; any other cannot be told from one that mixes samples.
   */
  private void samplesApart(Value v) {
    boolean first = v.shape().rank() >= 2 && v.shape().dim(1) == 1;
    if (!first || !v.op().keepsSamplesApart(v, moving::contains)) {
      throw refused(v, "it mixes models or samples");
    }
  }

  /** Returns the number of elements of one sample of one model. */
  private static long elements(Value v) {
    return v.shape().size() / v.shape().models();
  }

  /** Known bounds and norms of one model's operands of a value. */
  private final class Operands implements Slopes {
    private final Value v;
    private final int model;

    Operands(Value v, int model) {
      this.v = v;
      this.model = model;
    }

    @Override
    public int moving() {
      List<Integer> from = from();
      if (from.size() != 1) {
        throw refused(v, "it has several operands that depend on the input");
      }
      return from.get(0);
    }

    private List<Integer> from() {
      return IntStream.range(0, v.inputs().size())
          .filter(i -> moving.contains(v.input(i)))
          .boxed()
          .toList();
    }

    /** Returns the bound of an operand, repeated to the extents of an elementwise result. */
    private double operand(int i) {
      double own = bound.get(v.input(i))[model];
      return v.op() instanceof Pointwise
          ? Rounding.mulUp(own, spread(elements(v) / elements(v.input(i))))
          : own;
    }

    /**
     * Returns an upper bound of the norm of repeating n times or, in L2, of its transpose, summing.
     */
    private double spread(long n) {
      return n == 1 || norm == Norm.LINF ? 1 : Rounding.sqrtUp(n);
    }

    @Override
    public double times(double factor) {
      return Rounding.mulUp(operand(moving()), factor);
    }

    @Override
    public double sum() {
      return from().stream().mapToDouble(this::operand).reduce(0, Rounding::addUp);
    }

    @Override
    public double beside() {
      List<Integer> from = from();
      if (from.size() == 1) {
        return operand(from.get(0));
      }
      double a = operand(0);
      double b = operand(1);
      if (norm == Norm.LINF) {
        return Math.max(a, b);
      }
      double larger = Math.max(a, b);
      double ratio = larger == 0 ? 0 : Math.min(a, b) / larger;
      double squares = Rounding.addUp(1, Rounding.mulUp(Math.nextUp(ratio), Math.nextUp(ratio)));
      return Rounding.mulUp(larger, Rounding.sqrtUp(squares));
    }

    @Override
    public double largest(int i) {
      return sides.of(v.input(i)).largest(model);
    }

    @Override
    public double smallest(int i) {
      return sides.of(v.input(i)).smallest(model);
    }

    @Override
    public double map() {
      return norms.get(v)[model];
    }

    @Override
    public double repeated(long n) {
      return norm == Norm.L2 ? spread(n) : 1;
    }

    @Override
    public double added(long n) {
      return norm == Norm.L2 ? spread(n) : n;
    }
  }
}
