// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.ConvAxis;
import org.rigor.linalg.ConvShape;
import org.rigor.nn.Activation;
import org.rigor.nn.AveragePool2d;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.Layer;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Small random networks of images. */
final class RandomNetworks {
  private static final int MOST_UNITS = 48;

  private RandomNetworks() {}

  /** A convolution in a network: where its parameters are and what it is applied to. */
  record Placed(Conv2d layer, String prefix, Shape input) {
    ConvShape shape() {
      Windows w = layer.windows();
      ConvAxis.Padding zero = ConvAxis.Padding.ZERO;
      return new ConvShape(
          new ConvAxis(
              input.dim(0), w.height(), w.strideH(), w.dilationH(), w.top(), w.bottom(), zero),
          new ConvAxis(
              input.dim(1), w.width(), w.strideW(), w.dilationW(), w.left(), w.right(), zero),
          input.dim(2),
          layer.outputs(),
          layer.groups());
    }
  }

  static Sequential next(Random r) {
    while (true) {
      try {
        return attempt(r);
      } catch (IllegalArgumentException e) {
        // windows that do not fit: another draw
      }
    }
  }

  private static Sequential attempt(Random r) {
    Shape input = Shape.of(3 + r.nextInt(4), 3 + r.nextInt(4), 1 + r.nextInt(2));
    List<Layer> layers = new ArrayList<>();
    Shape at = input;
    for (int stage = 1 + r.nextInt(2); stage > 0; stage--) {
      for (Layer l : stage(r, at)) {
        layers.add(l);
        at = l.output(at);
        if (at.size() > MOST_UNITS) {
          throw new IllegalArgumentException("too large");
        }
      }
    }
    layers.add(r.nextInt(4) == 0 ? new GlobalAveragePool() : new Flatten());
    if (r.nextInt(3) == 0) {
      layers.add(new Dense(2 + r.nextInt(3)));
      layers.add(Activation.RELU);
    }
    layers.add(new Dense(2 + r.nextInt(2)));
    Sequential net = new Sequential(input, layers);
    Program.Builder b = Program.builder("trial"); // refuses windows of padding alone
    Value x = b.input("x", new TensorType(DType.F64, input.insert(0, 1).insert(0, 1)));
    net.apply(net.declare(b, "", 1, DType.F64), x);
    return net;
  }

  private static List<Layer> stage(Random r, Shape at) {
    List<Layer> layers = new ArrayList<>();
    int channels = at.dim(2);
    int groups = channels % 2 == 0 && r.nextInt(3) == 0 ? 2 : 1;
    int outputs = groups * (1 + r.nextInt(2));
    layers.add(new Conv2d(outputs, windows(r), groups));
    if (r.nextInt(2) == 0) {
      layers.add(new BatchNorm());
    }
    Activation[] some = {Activation.RELU, Activation.RELU, Activation.LEAKY_RELU, Activation.TANH};
    layers.add(some[r.nextInt(some.length)]);
    if (r.nextInt(3) == 0) {
      Layer same = new Conv2d(outputs, Windows.of(3).padding(1), groups);
      Layer point = new Conv2d(outputs, Windows.of(1));
      List<Layer> shortcut = r.nextBoolean() ? List.of() : List.of(point, new BatchNorm());
      layers.add(new Residual(List.of(same, new BatchNorm(), Activation.RELU), shortcut));
    }
    switch (r.nextInt(5)) {
      case 0 -> layers.add(new MaxPool2d(Windows.of(2).stride(2)));
      case 1, 2 -> layers.add(new MaxPool2d(windows(r)));
      case 3 -> layers.add(new AveragePool2d(windows(r), r.nextBoolean()));
      default -> {}
    }
    return layers;
  }

  private static Windows windows(Random r) {
    int[] sizes = {3, 2, 3, 2, 1};
    Windows w = Windows.of(sizes[r.nextInt(5)], sizes[r.nextInt(5)]);
    w = w.stride(1 + r.nextInt(2), 1 + r.nextInt(2));
    if (r.nextInt(4) == 0) {
      w = w.dilation(1 + r.nextInt(2), 1 + r.nextInt(2));
    }
    boolean padded = r.nextInt(3) > 0;
    return padded ? w.padding(r.nextInt(2), r.nextInt(2), r.nextInt(2), r.nextInt(2)) : w;
  }

  /** Weights about as large as trained ones, variances above 0, radii of very different sizes. */
  static void fill(Margins m, Random r) {
    m.random(r.nextLong(), 0.5 + 1.5 * r.nextDouble());
    m.params.forEach(
        (name, t) -> {
          if (name.endsWith("variance")) {
            Arrays.setAll(t.doubles(), i -> (float) (0.1 + r.nextDouble()));
          }
        });
    Arrays.setAll(m.epsilon, i -> Math.pow(10, -2 * r.nextDouble()));
    double[] clean = m.at(m.x);
    for (int i = 0; i < clean.length; i++) {
      m.y[i] = clean[i] < 0 ? (m.y[i] + 1) % m.network.outputs() : m.y[i];
    }
  }

  static List<Placed> convolutions(Sequential net) {
    List<Placed> out = new ArrayList<>();
    collect(net.layers(), "", net.input(), out);
    return out;
  }

  private static void collect(List<Layer> layers, String prefix, Shape input, List<Placed> out) {
    Shape at = input;
    for (int i = 0; i < layers.size(); i++) {
      Layer l = layers.get(i);
      if (l instanceof Conv2d c) {
        out.add(new Placed(c, prefix + i + ".", at));
      } else if (l instanceof Residual r) {
        collect(r.block(), prefix + i + ".", at, out);
        collect(r.shortcut(), prefix + i + ".shortcut.", at, out);
      }
      at = l.output(at);
    }
  }
}
