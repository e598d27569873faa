// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Enclosure;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.linalg.Rounding;
import org.rigor.op.Fill;
import org.rigor.op.Reshape;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Host values of everything a network computes from its parameters alone, such as a transposed or
 * scaled weight: stored parameters are exact, the rest is enclosed on the device.
 */
final class SideValues {
  /** Two tensors that enclose the real value elementwise; identical if it is exact. */
  record Sides(HostTensor lower, HostTensor upper) {
    Shape shape() {
      return lower.shape();
    }

    boolean exact() {
      return lower == upper;
    }

    private int row(int model) {
      return shape().models() == 1 ? 0 : model;
    }

    /** Returns one model's elements: some numbers within the sides. */
    double[] centre(int model) {
      int n = Math.toIntExact(shape().size() / shape().models());
      double[] out = new double[n];
      for (int i = 0; i < n; i++) {
        double low = lower.get(row(model) * n + i);
        out[i] = exact() ? low : low / 2 + upper.get(row(model) * n + i) / 2;
      }
      return out;
    }

    /**
     * Returns an upper bound of the distance of either side of one model's elements from {@link
     * #centre}.
     */
    double[] radius(int model) {
      double[] c = centre(model);
      double[] out = new double[c.length];
      for (int i = 0; i < c.length && !exact(); i++) {
        double low = Rounding.addUp(c[i], -lower.get(row(model) * c.length + i));
        out[i] = Math.max(low, Rounding.addUp(upper.get(row(model) * c.length + i), -c[i]));
      }
      return out;
    }

    /** Returns an upper bound of the largest magnitude of one model's elements. */
    double largest(int model) {
      double most = 0;
      for (int i = 0, n = (int) (shape().size() / shape().models()); i < n; i++) {
        double low = lower.get(row(model) * n + i);
        most = Math.max(most, Math.max(-low, upper.get(row(model) * n + i)));
      }
      return most;
    }

    /** Returns a range that holds one model's elements. */
    Range range(int model) {
      int n = Math.toIntExact(shape().size() / shape().models());
      double least = Double.POSITIVE_INFINITY;
      double most = Double.NEGATIVE_INFINITY;
      for (int i = row(model) * n; i < (row(model) + 1) * n; i++) {
        least = Math.min(least, lower.get(i));
        most = Math.max(most, upper.get(i));
      }
      return new Range(least, most);
    }

    /** Returns a lower bound of the smallest magnitude of one model's elements. */
    double smallest(int model) {
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0, n = (int) (shape().size() / shape().models()); i < n; i++) {
        double low = lower.get(row(model) * n + i);
        least = Math.min(least, Math.max(0, Math.max(low, -upper.get(row(model) * n + i))));
      }
      return least;
    }
  }

  private final Map<Value, Sides> known = new IdentityHashMap<>();

  /**
   * @param networks whose parameters the device reads
   * @param program that declares the parameters; its inputs other than {@code params} are not read
   * @param params host values by input name, in F64
   * @param wanted values that depend on parameters and constants alone
   */
  SideValues(
      Models networks,
      Program.Builder program,
      Map<Value, HostTensor> params,
      Collection<Value> wanted) {
    List<Value> computed = new ArrayList<>();
    for (Value v : wanted) {
      HostTensor stored = stored(v, params);
      if (v.op() instanceof Fill f) {
        double[] same = new double[Math.toIntExact(v.shape().size())];
        Arrays.fill(same, f.value());
        stored = HostTensor.of(v.shape(), same);
      }
      if (stored != null) {
        known.put(v, new Sides(stored, stored));
      } else if (!known.containsKey(v) && !computed.contains(v)) {
        computed.add(v);
      }
    }
    if (!computed.isEmpty()) {
      evaluate(networks, program, computed);
    }
  }

  private SideValues() {}

  /** Returns single ones in place of values, for a walk that needs no numbers. */
  static SideValues ones(Collection<Value> wanted) {
    HostTensor one = HostTensor.of(Shape.of(1), new double[] {1});
    SideValues s = new SideValues();
    wanted.forEach(v -> s.known.put(v, new Sides(one, one)));
    return s;
  }

  /** Returns the host value of a parameter, possibly reshaped. */
  private static HostTensor stored(Value v, Map<Value, HostTensor> params) {
    Value from = v;
    while (from.op() instanceof Reshape) {
      from = from.input(0);
    }
    HostTensor found = params.get(from);
    return found == null || from == v ? found : HostTensor.of(v.shape(), found.doubles());
  }

  private void evaluate(Models networks, Program.Builder b, List<Value> computed) {
    Map<Value, Interval> sides = Enclosure.all(computed, Map.of());
    for (int i = 0; i < computed.size(); i++) {
      Interval s = sides.get(computed.get(i));
      b.output("lower " + i, s.lower());
      if (!s.isPoint()) {
        b.output("upper " + i, s.upper());
      }
    }
    try (Executable e = Workspace.alone(networks.device(), b.build())) {
      networks.load(e::input);
      e.run();
      for (int i = 0; i < computed.size(); i++) {
        HostTensor lower = e.output("lower " + i).read();
        boolean exact = sides.get(computed.get(i)).isPoint();
        HostTensor upper = exact ? lower : e.output("upper " + i).read();
        known.put(computed.get(i), new Sides(lower, upper));
      }
    }
  }

  Sides of(Value v) {
    return known.get(v);
  }
}
