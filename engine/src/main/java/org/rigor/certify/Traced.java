// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * A network traced over the regions of B rows of each of M models, whose sides are slots: {@code
 * slot/low} and {@code slot/high}, and for a ball {@code slot/x} and {@code slot/epsilon}.
 */
final class Traced {
  /** Width below which an F32 side of a value would divide by 0. */
  private static final double THIN = 1e-20;

  final Program.Builder b;
  final Region region;
  final Value logits;

  /** Values whose sides are found before those of later ones, in topological order. */
  final List<Value> starts = new ArrayList<>();

  private final Stage.Setup setup;
  private final Lanes slots;
  private final boolean cuts;
  private final Map<String, Value> parameters;
  private final Map<String, Value> sides = new HashMap<>();
  private List<Value> all;

  /**
   * @param cuts whether operations that are cut are among the bends
   */
  Traced(Stage.Setup setup, String name, Lanes slots, boolean cuts) {
    this.setup = setup;
    this.slots = slots;
    this.cuts = cuts;
    b = Program.builder(name);
    parameters =
        setup.networks().network().declare(b, "param/", setup.networks().count(), DType.F64);
    Shape input = setup.networks().network().input();
    Shape shape = input.insert(0, slots.rows()).insert(0, slots.models());
    Value low = b.input(slots.name("low"), f64(shape));
    Value high = b.input(slots.name("high"), f64(shape));
    boolean ball = setup.norm() != Norm.LINF;
    Value x = b.input(slots.name("x"), f64(shape));
    Value epsilon = ball ? b.input(slots.name("epsilon"), f64(SearchWork.ones(shape))) : null;
    region = new Region(x, epsilon, setup.norm(), new Interval(low, high));
    logits = Reform.of(network(x), x);
    Ibp.propagate(
        new LinearBounds(region), logits, affine -> true, (bounds, source) -> starts.add(source));
  }

  Value network(Value x) {
    return setup.networks().network().apply(parameters, x);
  }

  /** Returns a start; that after all others is the logits. */
  Value start(int k) {
    return k < starts.size() ? starts.get(k) : logits;
  }

  /**
   * Propagates bounds up to a value; the sides of the starts before it are slots, {@code
   * slot/lower-j} and {@code slot/upper-j}.
   */
  LinearBounds given(LinearBounds own, Value y, boolean enclosed) {
    return Ibp.propagate(
        own,
        y,
        affine -> true,
        (bounds, source) -> {
          int j = starts.indexOf(source);
          Value lower = side(slots.name("lower-" + j), source);
          Value upper = side(slots.name("upper-" + j), source);
          bounds.refine(
              source, new Interval(lower, enclosed ? upper : F.maximum(upper, F.add(lower, THIN))));
        });
  }

  private Value side(String name, Value like) {
    return sides.computeIfAbsent(name, n -> b.input(n, like.type()));
  }

  /** Returns what is known of a start without tracing rows. */
  Start describe(int k) {
    Value y = start(k);
    Set<Integer> before = new TreeSet<>();
    LinearBounds dry =
        Ibp.propagate(
            new LinearBounds(region),
            y,
            affine -> true,
            (bounds, source) -> before.add(starts.indexOf(source)));
    before.remove(k);
    IntPredicate onImages = setup.networks().network()::readsImages;
    List<Start.Bend> bends = new ArrayList<>();
    for (Value v : bends(dry, y)) {
      Value z = v.input(0);
      bends.add(
          Start.Bend.of(
              all().indexOf(v), source(z), v.origin(), units(z), !v.op().choosesSlope(), onImages));
    }
    return new Start(units(y), Crown.bendsBelow(dry, y), before, bends, Optional.empty());
  }

  /** Returns what a hull may bound in rows of a start. */
  Optional<Hull.Affine> hulled(int k) {
    LinearBounds dry =
        Ibp.propagate(new LinearBounds(region), start(k), affine -> true, (bounds, source) -> {});
    return bends(dry, start(k)).stream()
        .flatMap(v -> Hull.affine(v, region.x()).stream())
        .findFirst();
  }

  /** Returns the operations below the logits whose lower slopes are free. */
  private List<Value> all() {
    if (all == null) {
      LinearBounds dry =
          Ibp.propagate(new LinearBounds(region), logits, affine -> true, (bounds, source) -> {});
      all = bends(dry, logits);
    }
    return all;
  }

  /** Returns the start whose elements a value has, in the same order; -1 if there is none. */
  private int source(Value v) {
    Value of = v;
    while (!starts.contains(of) && F.isReshape(of)) {
      of = of.input(0);
    }
    return starts.indexOf(of);
  }

  /**
   * Returns the operations below a value whose lower slopes are free, or whose operands are cut.
   */
  List<Value> bends(LinearBounds visited, Value y) {
    Set<Value> used = visited.used(y);
    return Program.topological(List.of(y)).stream()
        .filter(v -> v != y && visited.bends(v))
        .filter(
            v ->
                v.op().choosesSlope()
                    || cuts && used.contains(v) && v.op().cut(v, visited.known(v.input(0))) != null)
        .toList();
  }

  private static Shape units(Value v) {
    return v.shape().remove(0).remove(0);
  }

  static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }
}
