// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.rigor.certify.BallSearch.Ball;
import org.rigor.diff.Enclosure;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Check of proposed points against balls: a point is moved into the exact ball and box, and counts
 * if the stored network misclassifies it there in real arithmetic, shown by an enclosure in double.
 */
final class BallCheck implements AutoCloseable {
  private final Workspace space;
  private final Executable check;

  /**
   * A misclassified point of a ball.
   *
   * @param x [D]
   * @param distance from the centre: for linf rounded to nearest, else an upper side
   */
  record Adversarial(double[] x, double distance) {}

  /**
   * A point of a ball.
   *
   * @param x [D]
   * @param distance from the centre, as of {@link Adversarial}; NaN if it has no place in the ball
   * @param margin lower side of the largest wrong logit minus the right one
   */
  record Moved(double[] x, double distance, double margin) {
    /** Returns the point if the network misclassifies it in real arithmetic. */
    Optional<Adversarial> adversarial() {
      return margin > 0 && !Double.isNaN(distance)
          ? Optional.of(new Adversarial(x, distance))
          : Optional.empty();
    }
  }

  BallCheck(Models networks, Threat threat) {
    this.space = new Workspace(networks.device(), "balls");
    try {
      networks.share(space, DType.F64);
      Program program = program(networks.network(), networks.count(), threat);
      this.check = space.compile(space.declare(program), Passes.MEASURE, CompileOptions.UNFUSED);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private static Program program(Network network, int models, Threat threat) {
    Program.Builder b = Program.builder("balls");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, 1).insert(0, 1);
    int[] ones = new int[shape.rank()];
    Arrays.fill(ones, 1);
    Value centre = b.input("centre", new TensorType(DType.F64, shape));
    Value point = b.input("point", new TensorType(DType.F64, shape));
    Value radius = b.input("radius", new TensorType(DType.F64, Shape.of(ones)));
    Value label = b.input("label", new TensorType(DType.I32, Shape.of(1, 1)));
    Threat.Confined moved = threat.confine(point, centre, radius);
    Value x = moved.point();
    Value margin = Loss.margin(network.apply(p, x), F.oneHot(label, network.outputs(), DType.F64));
    b.output("margin", Enclosure.of(margin, x, Interval.point(x)).lower());
    b.output("moved", x);
    b.output("distance", moved.distance());
    return b.build();
  }

  /**
   * Returns the point of a ball that a proposal is moved to, if the model misclassifies it.
   *
   * @param proposal [D]
   */
  Optional<Adversarial> check(int model, Ball ball, double[] proposal) {
    return move(model, ball, proposal).adversarial();
  }

  /**
   * Returns the point of a ball that a proposal is moved to.
   *
   * @param proposal [D]
   */
  Moved move(int model, Ball ball, double[] proposal) {
    write("centre", ball.x());
    write("point", proposal);
    write("radius", ball.epsilon());
    check.input("label").write(HostTensor.of(Shape.of(1, 1), new int[] {ball.label()}));
    check.run();
    double margin = check.output("margin").read().doubles()[model];
    double distance = check.output("distance").read().doubles()[0];
    return new Moved(check.output("moved").read().doubles().clone(), distance, margin);
  }

  private void write(String name, double... values) {
    Shape shape = check.input(name).type().shape();
    check.input(name).write(HostTensor.of(shape, values.clone()));
  }

  @Override
  public void close() {
    space.close();
  }
}
