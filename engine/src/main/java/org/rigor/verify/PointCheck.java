// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.diff.Enclosure;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.property.Clause;
import org.rigor.property.Decimals;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Check of proposed points against a clause, which alone makes a point a counterexample: it is
 * moved into the region as written in decimals, and the stored network's outputs there are enclosed
 * in real arithmetic. The float outputs are reported beside, and decide nothing.
 */
public final class PointCheck implements AutoCloseable {
  private final int models;
  private final int inputs;
  private final int outputs;
  private final Workspace space;
  private final Executable enclosed;
  private final Executable floats;

  public PointCheck(Models networks) {
    Network network = networks.network();
    this.models = networks.count();
    this.inputs = Math.toIntExact(network.input().size());
    this.outputs = network.outputs();
    this.space = new Workspace(networks.device(), "points");
    try {
      networks.share(space, DType.F64);
      this.enclosed =
          space.compile(space.declare(program(network)), Passes.MEASURE, CompileOptions.UNFUSED);
      Program plain = plain(network);
      this.floats = Workspace.alone(networks.device(), plain);
      try {
        networks.load(floats::input);
      } catch (RuntimeException | Error e) {
        floats.close();
        throw e;
      }
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Program program(Network network) {
    Program.Builder b = Program.builder("points");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    TensorType type = new TensorType(DType.F64, network.input().insert(0, 1).insert(0, 1));
    Value low = b.input("low", type);
    Interval x = new Interval(low, b.input("high", type));
    Interval y = Enclosure.of(network.apply(p, low), low, x);
    b.output("lower", y.lower());
    b.output("upper", y.upper());
    return b.build();
  }

  private Program plain(Network network) {
    Program.Builder b = Program.builder("points-float");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F32);
    Shape one = network.input().insert(0, 1).insert(0, 1);
    Value x = b.input("x", new TensorType(DType.F32, one));
    return b.output("y", network.apply(p, x)).build();
  }

  /**
   * Returns the counterexample at the point of a clause's box nearest to a proposal, if it is one.
   *
   * @param proposal [D]
   */
  public Optional<Counterexample> check(int model, Clause clause, int number, double[] proposal) {
    Point point = Point.of(clause.box(), proposal);
    if (!clause.contains(point.exact())) {
      return Optional.empty();
    }
    double[][] sides = enclose(model, point);
    if (!clause.certainlyHolds(point.exact(), sides[0], sides[1])) {
      return Optional.empty();
    }
    float[] y = floats(model, point);
    return Optional.of(
        new Counterexample(number, point, sides[0], sides[1], y, holds(clause, point, y)));
  }

  private double[][] enclose(int model, Point point) {
    Shape shape = enclosed.input("low").type().shape();
    enclosed.input("low").write(HostTensor.of(shape, point.lower()));
    enclosed.input("high").write(HostTensor.of(shape, point.upper()));
    enclosed.run();
    return new double[][] {
      row(enclosed.output("lower").read().doubles(), model),
      row(enclosed.output("upper").read().doubles(), model)
    };
  }

  private double[] row(double[] all, int model) {
    return Arrays.copyOfRange(all, model * outputs, (model + 1) * outputs);
  }

  private float[] floats(int model, Point point) {
    Shape shape = floats.input("x").type().shape();
    floats.input("x").write(HostTensor.of(shape, point.floats().clone()));
    floats.run();
    float[] all = floats.output("y").read().floats();
    return Arrays.copyOfRange(all, model * outputs, (model + 1) * outputs);
  }

  private boolean holds(Clause clause, Point point, float[] y) {
    BigDecimal[] x =
        IntStream.range(0, inputs)
            .mapToObj(i -> Decimals.exact(point.floats()[i]))
            .toArray(BigDecimal[]::new);
    double[] wide = IntStream.range(0, y.length).mapToDouble(j -> y[j]).toArray();
    return clause.certainlyHolds(x, wide, wide);
  }

  @Override
  public void close() {
    floats.close();
    space.close();
  }
}
