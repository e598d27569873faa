// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/** One batch of samples a model, each with its own radius, bounded by several certificates. */
final class Margins {
  final Network network;
  final int models;
  final int batch;
  final Map<String, HostTensor> params = new LinkedHashMap<>();
  final double[] x;
  final double[] epsilon;
  final int[] y;
  Norm norm = Norm.LINF;
  Box box = Box.UNIT;

  Margins(Network network, int models, int batch) {
    this.network = network;
    this.models = models;
    this.batch = batch;
    this.x = new double[models * batch * features()];
    this.epsilon = new double[models * batch];
    this.y = new int[models * batch];
    network.parameters().forEach(p -> params.put(p.name(), zeros(p.type(models, DType.F64))));
  }

  private static HostTensor zeros(TensorType t) {
    return HostTensor.zeros(t);
  }

  /** Returns every certificate of one pass, the loosest first. */
  static Certificate[] certificates() {
    List<String> names = new ArrayList<>(Certificates.names());
    Collections.reverse(names);
    return names.stream()
        .map(n -> Certificates.ownFirst(n).get(0))
        .filter(c -> !(c instanceof AlphaCrown || c instanceof BetaCrown))
        .toArray(Certificate[]::new);
  }

  int features() {
    return Math.toIntExact(network.input().size());
  }

  Margins random(long seed, double scale) {
    Random r = new Random(seed);
    params
        .values()
        .forEach(t -> Arrays.setAll(t.doubles(), i -> (float) (scale * r.nextGaussian())));
    params.forEach(
        (name, t) -> {
          if (name.endsWith("variance")) {
            Arrays.setAll(t.doubles(), i -> Math.abs(t.doubles()[i]) + 0.1);
          }
        });
    Arrays.setAll(x, i -> (float) r.nextDouble());
    Arrays.setAll(epsilon, i -> 0.3 * r.nextDouble());
    Arrays.setAll(y, i -> r.nextInt(network.outputs()));
    return this;
  }

  /** Lower sides [certificate][model * batch + sample] of the smallest margin. */
  List<double[]> lower(Certificate... certificates) {
    Program.Builder b = Program.builder("margins");
    Map<String, Value> p = network.declare(b, "", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, models);
    Value vx = b.input("x", new TensorType(DType.F64, shape));
    int[] ones = new int[shape.rank()];
    Arrays.fill(ones, 1);
    ones[0] = models;
    ones[1] = batch;
    Value ve = b.input("epsilon", new TensorType(DType.F64, Shape.of(ones)));
    Value vy = b.input("y", new TensorType(DType.I32, Shape.of(models, batch)));
    Value oneHot = F.oneHot(vy, network.outputs(), DType.F64);
    Region region = Region.of(vx, ve, norm, box);
    Value logits = network.apply(p, vx);
    for (int i = 0; i < certificates.length; i++) {
      Value m = certificates[i].margins(logits, region, oneHot);
      Value own =
          F.eq(F.reshape(vy, Shape.of(models, 1, batch, 1)), F.iota(4, 1, network.outputs()));
      b.output("m" + i, F.min(F.select(own, F.constant(m, Double.POSITIVE_INFINITY), m), 1));
    }
    List<double[]> out = new ArrayList<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      params.forEach((name, t) -> e.input(name).write(t));
      e.input("x").write(HostTensor.of(shape, x));
      e.input("epsilon").write(HostTensor.of(Shape.of(ones), epsilon));
      e.input("y").write(HostTensor.of(Shape.of(models, batch), y));
      e.run();
      for (int i = 0; i < certificates.length; i++) {
        out.add(e.output("m" + i).read().doubles());
      }
    }
    return out;
  }

  /** Margins at points [M, B, features], by plain Java in double. */
  double[] at(double[] points) {
    int d = features();
    double[] margins = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      double[] z = forward(i / batch, Arrays.copyOfRange(points, i * d, i * d + d));
      margins[i] = Double.POSITIVE_INFINITY;
      for (int j = 0; j < z.length; j++) {
        if (j != y[i]) {
          margins[i] = Math.min(margins[i], z[y[i]] - z[j]);
        }
      }
    }
    return margins;
  }

  private double[] forward(int model, double[] in) {
    return new Plain(params, model).network((Sequential) network, in);
  }

  /** Points moved against a slope by some radii, back into ball and box. */
  double[] stepped(double[] points, double[] slope, double radii) {
    int d = features();
    double[] out = new double[points.length];
    for (int i = 0; i < y.length; i++) {
      double length = 0;
      for (int f = i * d; f < i * d + d; f++) {
        length += slope[f] * slope[f];
      }
      double away = 0;
      for (int f = i * d; f < i * d + d; f++) {
        double unit = length == 0 ? 0 : slope[f] / Math.sqrt(length);
        double along = norm == Norm.LINF ? Math.signum(slope[f]) : unit;
        out[f] = points[f] - radii * epsilon[i] * along - x[f];
        away += out[f] * out[f];
      }
      double shrink = Math.min(1, epsilon[i] / Math.sqrt(away));
      for (int f = i * d; f < i * d + d; f++) {
        double clipped = Math.max(-epsilon[i], Math.min(epsilon[i], out[f]));
        double off = norm == Norm.LINF ? clipped : away == 0 ? 0 : out[f] * shrink;
        out[f] = Math.max(box.lower(), Math.min(box.upper(), x[f] + off));
      }
    }
    return out;
  }

  /** Random points of the regions; a corner of the box with probability one half. */
  double[] points(Random r) {
    int d = features();
    double[] points = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      boolean corner = r.nextBoolean();
      double length = 0;
      double[] u = new double[d];
      for (int f = 0; f < d; f++) {
        boolean linf = norm == Norm.LINF;
        u[f] = !linf ? r.nextGaussian() : corner ? 2 * r.nextInt(2) - 1 : 2 * r.nextDouble() - 1;
        length += u[f] * u[f];
      }
      double scale = norm == Norm.LINF ? 1 : (corner ? 1 : r.nextDouble()) / Math.sqrt(length);
      for (int f = 0; f < d; f++) {
        double v = x[i * d + f] + epsilon[i] * scale * u[f];
        points[i * d + f] = Math.max(box.lower(), Math.min(box.upper(), v));
      }
    }
    return points;
  }
}
