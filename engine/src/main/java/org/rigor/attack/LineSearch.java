// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Buffer;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Distance from N samples to the first wrong answer of M models along given lines, in double and
 * without a box. Steps that grow by two fifths bracket the crossing, bisection refines it;
 * crossings closer together than a step may be missed.
 */
public final class LineSearch {
  private static final double GROWTH = 1.4;
  private static final int HALVINGS = 12;

  /**
   * Distances at which the answer is wrong, computed in double.
   *
   * @param at distances, [M, N]; infinite if none was found
   * @param kind of each as an upper side of the distance to a wrong answer
   */
  public record Crossings(double[] at, Kind kind) {}

  private final Network network;
  private final Models networks;
  private final HostTensor x;
  private final int[] labels;
  private final int models;

  /**
   * @param networks M of them
   * @param x F64 [N, features...]
   */
  public LineSearch(Models networks, HostTensor x, int[] labels) {
    this.networks = networks;
    this.network = networks.network();
    this.x = x;
    this.labels = labels.clone();
    this.models = networks.count();
  }

  /**
   * Returns the points reached by all steps of an attack on the margin from the samples, [M, N,
   * features]; the attack has no radius.
   */
  public double[] points(Attack attack) {
    Lockstep rows = new Lockstep(attack, rows());
    try (Workspace space = new Workspace(networks.device(), "points")) {
      Program.Builder begin = Program.builder("points-start");
      rows.begin(begin, problem(begin), own -> own);
      Program.Builder step = Program.builder("points-step");
      rows.visit(step, problem(step), rows.now(step));
      Sequence all = rows.sequence(space, 1, attack.steps(), begin.build(), step.build());
      load(space::get);
      rows.rewind(space);
      int[] ids = IntStream.range(0, labels.length).toArray();
      space.put("ids", HostTensor.of(Shape.of(1, ids.length), ids));
      space.get("x0").write(HostTensor.of(clean().shape(), x.doubles()));
      all.run();
      return rows.last(space).doubles();
    }
  }

  private Problem problem(Program.Builder b) {
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Value oneHot = oneHot(b);
    Value x0 = b.input("x0", clean());
    return Problem.of(
        new Threat(Norm.L2, Box.NONE),
        x0,
        F.constant(x0, Double.POSITIVE_INFINITY),
        at -> Loss.margin(network.apply(p, at), oneHot));
  }

  private TensorType clean() {
    return new TensorType(DType.F64, rows().shape().with(0, 1));
  }

  /**
   * Returns the distance of the first wrong answer along each direction.
   *
   * @param direction unit vectors, [M, N, features]
   * @param first length of the first step, [M, N]; {@code farthest} where it is not above 0
   * @param both whether the opposite direction counts too
   */
  public Crossings crossings(double[] direction, double[] first, double farthest, boolean both) {
    double least = Double.MAX_VALUE;
    for (double f : first) {
      least = f > 0 ? Math.min(least, f) : least;
    }
    int growing = (int) Math.ceil(Math.log(farthest / least) / Math.log(GROWTH));
    try (Executable e = Workspace.alone(networks.device(), halving(both))) {
      load(e::input);
      Shape rows = Shape.of(models, labels.length, 1);
      e.input("x0").write(HostTensor.of(e.input("x0").type().shape(), x.doubles()));
      e.input("u").write(HostTensor.of(e.input("u").type().shape(), direction));
      double[] t = first.clone();
      for (int i = 0; i < t.length; i++) {
        t[i] = t[i] > 0 ? t[i] : farthest;
      }
      e.input("t").write(HostTensor.of(rows, t));
      e.input("low").clear();
      double[] open = new double[t.length];
      Arrays.fill(open, Double.POSITIVE_INFINITY);
      e.input("high").write(HostTensor.of(rows, open));
      for (int s = 0; s < Math.max(0, growing) + HALVINGS; s++) {
        e.run();
      }
      double[] found = e.output("high").read().doubles();
      for (int i = 0; i < found.length; i++) {
        found[i] = found[i] > farthest ? Double.POSITIVE_INFINITY : found[i];
      }
      return new Crossings(found, Kind.BOUND);
    }
  }

  private Program halving(boolean both) {
    Program.Builder b = Program.builder("line search");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Value x0 = b.input("x0", clean());
    Value u = b.input("u", rows());
    TensorType each = new TensorType(DType.F64, Shape.of(models, labels.length, 1));
    Value t = b.input("t", each);
    Value low = b.input("low", each);
    Value high = b.input("high", each);
    Value oneHot = oneHot(b);
    Value wrong = wrong(p, x0, u, t, oneHot);
    if (both) {
      wrong = F.or(wrong, wrong(p, x0, u, F.neg(t), oneHot));
    }
    Value top = F.select(wrong, t, high);
    Value bottom = F.select(wrong, low, t);
    Value bracketed = F.isFinite(top);
    Value middle = F.mul(F.add(F.select(bracketed, top, bottom), bottom), 0.5);
    b.state("t", F.select(bracketed, middle, F.mul(t, GROWTH)));
    b.state("low", bottom);
    b.state("high", top);
    return b.build();
  }

  private Value wrong(Map<String, Value> p, Value x0, Value u, Value t, Value oneHot) {
    Value at = F.add(DeepFool.flat(x0), F.mul(DeepFool.flat(u), t));
    Value margin = Loss.margin(network.apply(p, F.reshape(at, u.shape())), oneHot);
    return F.ge(margin, F.constant(margin, 0));
  }

  private void load(Function<String, Buffer> inputs) {
    networks.load(inputs);
    inputs.apply("y").write(HostTensor.of(Shape.of(1, labels.length), labels));
  }

  private TensorType rows() {
    Shape s = network.input().insert(0, labels.length).insert(0, models);
    return new TensorType(DType.F64, s);
  }

  private Value oneHot(Program.Builder b) {
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(1, labels.length)));
    return F.oneHot(y, network.outputs(), DType.F64);
  }
}
