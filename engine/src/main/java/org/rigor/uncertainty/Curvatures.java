// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/**
 * Full matrices of second derivatives of a potential over some of its parameters, by products with
 * unit vectors, as many at a time as fit.
 */
final class Curvatures {
  /** Elements of the stacked products of a run: 32 MiB of doubles. */
  private static final long ELEMENTS = 1L << 22;

  private final Device device;
  private final Potential target;
  private final List<String> names;
  private final boolean gaussNewton;

  /**
   * @param names parameters that the matrix covers, in this order
   * @param gaussNewton computes the generalised Gauss-Newton matrix of a network's likelihood
   *     (Schraudolph 2002) and its prior, instead of the Hessian
   */
  Curvatures(Device device, Potential target, List<String> names, boolean gaussNewton) {
    if (gaussNewton && !(target instanceof NetworkPosterior)) {
      throw new IllegalArgumentException(
          "a Gauss-Newton matrix needs a network's posterior, got " + target.getClass());
    }
    this.device = device;
    this.target = target;
    this.names = List.copyOf(names);
    this.gaussNewton = gaussNewton;
  }

  /** Returns the number of elements of the chosen parameters. */
  int size() {
    return names.stream().mapToInt(n -> (int) target.parameters().get(n).size()).sum();
  }

  /**
   * Returns the matrices at a point, F64 [M, P, P], symmetric up to rounding.
   *
   * @param point F64 [M, shape...] by name
   */
  HostTensor at(Map<String, HostTensor> point) {
    int models = point.values().iterator().next().shape().models();
    int p = size();
    long wide = Math.max(p, 16L * Math.max(1, target.samples()));
    int rows = (int) Math.max(1, Math.min(p, ELEMENTS / (wide * models)));
    double[] all = new double[Math.multiplyExact(models * p, p)];
    try (Workspace space = new Workspace(device, "curvature")) {
      space.putAll("", target.inputs());
      space.putAll("param/", point);
      Executable e = space.link(space.declare(program(models, rows)));
      for (int from = 0; from < p; from += rows) {
        tangents(from, rows).forEach(space::put);
        e.run();
        double[] part = space.read("rows").doubles(); // [M, S, P]
        int used = Math.min(rows, p - from);
        for (int m = 0; m < models; m++) {
          System.arraycopy(part, m * rows * p, all, (m * p + from) * p, used * p);
        }
      }
    }
    return HostTensor.of(Shape.of(models, p, p), all);
  }

  private Program program(int models, int rows) {
    Program.Builder b = Program.builder("curvature");
    Map<String, Value> w = State.declare(b, "param/", target, models);
    Program.Builder apart = Program.builder("tangents"); // whose inputs the stack replaces
    List<Value> wrt = new ArrayList<>();
    List<Value> along = new ArrayList<>();
    Map<Value, Value> stacked = new LinkedHashMap<>();
    for (String name : names) {
      Shape shape = target.parameters().get(name);
      Value v = apart.input(name, State.f64(shape.insert(0, 1)));
      wrt.add(w.get(name));
      along.add(v);
      stacked.put(v, b.input("along/" + name, State.f64(shape.insert(0, rows).insert(0, 1))));
    }
    List<Value> products = gaussNewton ? gaussNewton(b, w, wrt, along) : hessian(b, w, wrt, along);
    List<Value> flat = new ArrayList<>();
    for (Value v : Diff.stack(products, stacked, rows)) {
      int n = (int) (v.shape().size() / v.shape().models() / rows);
      Value each = F.reshape(v, Shape.of(v.shape().models(), rows, n));
      flat.add(F.broadcast(each, each.shape().with(0, models)));
    }
    b.output("rows", F.concat(2, flat));
    return b.build();
  }

  private List<Value> hessian(
      Program.Builder b, Map<String, Value> w, List<Value> wrt, List<Value> along) {
    return Diff.jvp(Diff.grad(target.of(b, w), wrt), wrt, along);
  }

  /**
   * Returns {@code J' H J v}, H the Hessian of the likelihood over the outputs, plus the prior's
   * term.
   */
  private List<Value> gaussNewton(
      Program.Builder b, Map<String, Value> w, List<Value> wrt, List<Value> along) {
    NetworkPosterior posterior = (NetworkPosterior) target;
    Value[] outputs = posterior.outputs(b, w);
    Value moved = Diff.jvp(List.of(outputs[0]), wrt, along).get(0); // [M, N, K]
    Value loss = posterior.likelihood().loss(outputs[0], outputs[1]);
    Value turned = Diff.hvp(loss, outputs[0], moved);
    List<Value> back = Diff.vjp(outputs[0], turned, wrt);
    List<Value> sum = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      double sd = posterior.deviations().get(names.get(i));
      Value prior = F.mul(along.get(i), 1 / (sd * sd));
      sum.add(F.mul(F.add(back.get(i), prior), 1 / posterior.temperature()));
    }
    return sum;
  }

  /** Returns the unit vectors from number {@code from}; zeros past the last. */
  private Map<String, HostTensor> tangents(int from, int rows) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    int first = 0;
    for (String name : names) {
      Shape shape = target.parameters().get(name);
      int n = (int) shape.size();
      double[] v = new double[rows * n];
      for (int r = 0; r < rows; r++) {
        int i = from + r - first;
        if (i >= 0 && i < n) {
          v[r * n + i] = 1;
        }
      }
      out.put("along/" + name, HostTensor.of(shape.insert(0, rows).insert(0, 1), v));
      first += n;
    }
    return out;
  }
}
