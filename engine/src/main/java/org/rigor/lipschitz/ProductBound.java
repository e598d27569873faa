// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.diff.Kind;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * Certified upper bound of the global Lipschitz constant by one walk over the traced network, value
 * by value: compositions multiply, sums add, an affine map contributes its certified norm, an
 * elementwise function its largest slope. All operations round up, and a value without a rule is an
 * error, never a factor of one. The bound holds on all inputs and ignores biases.
 */
public final class ProductBound {
  /** Kind of the bounds: every norm is certified and every step rounded up. */
  public static final Kind KIND = Kind.CERTIFIED;

  private ProductBound() {}

  /**
   * Requires a rule for every operation, before anything is measured.
   *
   * @throws org.rigor.ir.MissingRuleException naming an operation without a rule and the line that
   *     traced it
   */
  public static void requireRules(Network network) {
    Program.Builder b = Program.builder("product-rules");
    Value x = input(b, network);
    Walk.of(x, network.apply(network.declare(b, "param/", 1, DType.F64), x));
  }

  /**
   * Returns the bounds of some networks. Certified norms are computed on the host, from {@link
   * Models#host}; the device computes what derives from parameters alone, such as scaled weights.
   *
   * @param networks M of them; parameters are upcast exactly
   * @return one bound per model, at least 0; infinite if none holds, as for a division by zero
   * @throws org.rigor.ir.MissingRuleException as {@link #requireRules}, before anything is measured
   * @throws IllegalArgumentException naming weights that are not finite
   */
  public static double[] of(Models networks, Norm norm) {
    Network network = networks.network();
    Program.Builder b = Program.builder("product-bound");
    Map<String, Value> declared = new LinkedHashMap<>();
    Map<Value, HostTensor> stored = new IdentityHashMap<>();
    networks
        .host()
        .forEach(
            (name, v) -> {
              HostTensor wide = v.toDouble();
              Value in = b.input("param/" + name, wide.type());
              declared.put(name, in);
              stored.put(in, wide);
            });
    Value x = input(b, network);
    Walk walk = Walk.of(x, network.apply(declared, x));
    SideValues sides =
        new SideValues(networks, b, stored, ProductSlopes.sides(walk.needed(), walk.moving()));
    return walk.bounds(sides, networks.count(), norm);
  }

  /**
   * Declares one sample of one model: operations must not mix samples, and rules see whole samples.
   */
  private static Value input(Program.Builder b, Network network) {
    return b.input("x", new TensorType(DType.F64, network.input().insert(0, 1).insert(0, 1)));
  }

  /**
   * The values from the input to the outputs, each with a rule.
   *
   * @param needed values whose bounds the rules need, in order; none if the outputs are constant
   * @param moving all values that depend on the input
   */
  private record Walk(Value x, Value y, List<Value> needed, Set<Value> moving) {
    static Walk of(Value x, Value y) {
      List<Value> order = Program.topological(List.of(y));
      Set<Value> moving = Collections.newSetFromMap(new IdentityHashMap<>());
      moving.add(x);
      for (Value v : order) {
        if (v.inputs().stream().anyMatch(moving::contains)) {
          moving.add(v);
        }
      }
      Set<Value> needed = moving.contains(y) ? needed(order, moving, y) : Set.of();
      List<Value> steps = order.stream().filter(v -> v != x && needed.contains(v)).toList();
      ProductSlopes.require(steps, moving);
      return new Walk(x, y, steps, moving);
    }

    double[] bounds(SideValues sides, int models, Norm norm) {
      if (!moving.contains(y)) {
        return new double[models]; // constant outputs
      }
      Map<Value, double[]> bound = new IdentityHashMap<>();
      double[] one = new double[models];
      Arrays.fill(one, 1);
      bound.put(x, one);
      ProductSlopes rules = new ProductSlopes(bound, moving, sides, norm);
      rules.measure(needed, models);
      for (Value v : needed) {
        double[] out = new double[models];
        for (int m = 0; m < models; m++) {
          out[m] = rules.step(v, m);
          if (Double.isNaN(out[m])) {
            throw new IllegalArgumentException(
                "product bound: model "
                    + m
                    + " has numbers that are not finite in "
                    + v.op()
                    + ", traced at "
                    + v.origin());
          }
        }
        bound.put(v, out);
      }
      return bound.get(y);
    }

    /** Returns the values whose bounds the rules need; a rule may span several operations. */
    private static Set<Value> needed(List<Value> order, Set<Value> moving, Value y) {
      Set<Value> needed = Collections.newSetFromMap(new IdentityHashMap<>());
      needed.add(y);
      for (int i = order.size() - 1; i >= 0; i--) {
        Value v = order.get(i);
        if (needed.contains(v)) {
          needed.addAll(ProductSlopes.operands(v, moving));
        }
      }
      return needed;
    }
  }
}
