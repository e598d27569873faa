// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.diff.Enclosure;
import org.rigor.diff.SamplesApart;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.linalg.Rounding;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Reads networks as {@link SlopeChain}s, where they are such: whatever is linear between two
 * elementwise functions (products, convolutions, folded norms, averages, layouts) becomes one
 * matrix, the Jacobian of a map that is the same at all inputs.
 */
final class ChainReader {
  /** An elementwise function h of z, which is affine in the function before it, or in the input. */
  private record Link(Value z, Value h) {}

  private ChainReader() {}

  /**
   * Returns the chains of some networks, or empty if their architecture is none: a value depends on
   * two functions at once, as behind a residual connection, or no range of slopes is known.
   *
   * @param widest most inputs, units of a layer or outputs; wider networks are none either
   */
  static Optional<List<SlopeChain>> read(Models networks, int widest) {
    List<Link> probe = links(networks.network(), 1);
    if (probe == null) {
      return Optional.empty();
    }
    int batch = 1;
    for (Link l : probe) {
      long width = l.z().shape().size() / l.z().shape().models();
      if (width > widest) {
        return Optional.empty();
      }
      batch = Math.max(batch, (int) width);
    }
    long inputs = networks.network().input().size();
    return inputs > widest ? Optional.empty() : Optional.of(matrices(networks, batch));
  }

  /**
   * Traces a network on a batch and returns its links in order; the last, of the outputs, has no
   * function. Null if it is no chain.
   */
  private static List<Link> links(Network network, int batch) {
    Program.Builder b = Program.builder("slope-chain");
    Value x =
        b.input("x", new TensorType(DType.F64, network.input().insert(0, batch).insert(0, 1)));
    return links(x, network.apply(network.declare(b, "param/", 1, DType.F64), x));
  }

  private static List<Link> links(Value x, Value y) {
    Map<Value, Integer> stage = new IdentityHashMap<>(Map.of(x, 0));
    List<Link> links = new ArrayList<>();
    for (Value v : Program.topological(List.of(y))) {
      List<Integer> from =
          IntStream.range(0, v.inputs().size())
              .filter(i -> stage.containsKey(v.input(i)))
              .boxed()
              .toList();
      if (v == x || from.isEmpty()) {
        continue;
      }
      int own = stage.get(v.input(from.get(0)));
      if (from.stream().anyMatch(i -> stage.get(v.input(i)) != own)) {
        return null;
      }
      boolean affine = v.op().additive() || from.size() == 1 && v.op().linearIn(from.get(0));
      if (!affine) {
        if (from.size() != 1 || v.op().derivatives().isEmpty() || links.size() != own) {
          return null;
        }
        links.add(new Link(v.input(from.get(0)), v));
      }
      stage.put(v, affine ? own : own + 1);
    }
    if (!stage.containsKey(y) || stage.get(y) != links.size() || links.isEmpty()) {
      return null;
    }
    links.add(new Link(y, null));
    return links;
  }

  private static List<SlopeChain> matrices(Models networks, int batch) {
    Network network = networks.network();
    Program.Builder b = Program.builder("slope-chain");
    Map<String, Value> declared = new LinkedHashMap<>();
    networks
        .host()
        .forEach(
            (name, v) ->
                declared.put(name, b.input("param/" + name, new TensorType(DType.F64, v.shape()))));
    // As many inputs as models: the derivative by one that all share would be a sum over them.
    Shape samples = network.input().insert(0, batch).insert(0, networks.count());
    Value x = b.input("x", new TensorType(DType.F64, samples));
    Value y = network.apply(declared, x);
    SamplesApart.require(y, x);
    List<Link> links = links(x, y);
    List<Value> rows = new ArrayList<>();
    Map<Value, Interval> exact = new IdentityHashMap<>();
    for (int i = 0; i < links.size(); i++) {
      Value z = links.get(i).z();
      Value from = i == 0 ? x : links.get(i - 1).h();
      Value unit = basis(z);
      exact.put(unit, Interval.point(unit));
      rows.add(Diff.vjp(z, unit, List.of(from)).get(0));
    }
    Map<Value, Interval> sides = Enclosure.all(rows, exact);
    for (int i = 0; i < rows.size(); i++) {
      b.output("lower " + i, sides.get(rows.get(i)).lower());
      b.output("upper " + i, sides.get(rows.get(i)).upper());
    }
    int[] widths = new int[links.size() + 1];
    widths[0] = Math.toIntExact(network.input().size());
    for (int i = 0; i < links.size(); i++) {
      widths[i + 1] = Math.toIntExact(links.get(i).z().shape().size() / batch / models(links, i));
    }
    Range[] slopes =
        links.subList(0, links.size() - 1).stream()
            .map(l -> l.h().op().derivatives().orElseThrow())
            .toArray(Range[]::new);
    try (Executable e = Workspace.alone(networks.device(), b.build())) {
      networks.load(e::input);
      e.run();
      List<HostTensor> lower = new ArrayList<>();
      List<HostTensor> upper = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        lower.add(e.output("lower " + i).read());
        upper.add(e.output("upper " + i).read());
      }
      return IntStream.range(0, networks.count())
          .mapToObj(m -> chain(m, widths, slopes, lower, upper))
          .toList();
    }
  }

  private static int models(List<Link> links, int i) {
    return links.get(i).z().shape().models();
  }

  /** Returns the unit vectors of a value's elements, one a sample; samples beyond them are 0. */
  private static Value basis(Value z) {
    int rank = z.shape().rank();
    Value number = F.cast(F.iota(rank, 1, z.shape().dim(1)), DType.F64);
    Value element = null;
    long stride = 1;
    for (int a = rank - 1; a >= 2; a--) {
      Value along = F.mul(F.cast(F.iota(rank, a, z.shape().dim(a)), DType.F64), stride);
      element = element == null ? along : F.add(element, along);
      stride *= z.shape().dim(a);
    }
    Value hit =
        F.cast(F.eq(F.broadcast(number, z.shape()), F.broadcast(element, z.shape())), DType.I32);
    return F.cast(hit, DType.F64);
  }

  private static SlopeChain chain(
      int model, int[] widths, Range[] slopes, List<HostTensor> lower, List<HostTensor> upper) {
    double[][] weights = new double[lower.size()][];
    double[][] errors = new double[lower.size()][];
    for (int i = 0; i < weights.length; i++) {
      int count = widths[i + 1] * widths[i];
      HostTensor low = lower.get(i);
      HostTensor high = upper.get(i);
      int at =
          low.shape().models() == 1 ? 0 : model * (int) (low.shape().size() / low.shape().models());
      weights[i] = new double[count];
      errors[i] = new double[count];
      for (int j = 0; j < count; j++) {
        double l = low.get(at + j);
        double h = high.get(at + j);
        double c = l == h ? l : l / 2 + h / 2;
        weights[i][j] = c;
        errors[i][j] = l == h ? 0 : Math.max(Rounding.addUp(c, -l), Rounding.addUp(h, -c));
      }
    }
    return new SlopeChain(widths, weights, errors, slopes);
  }
}
