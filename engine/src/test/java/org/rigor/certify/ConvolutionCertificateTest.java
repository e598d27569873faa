// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.nn.Activation;
import org.rigor.nn.AveragePool2d;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.Layer;
import org.rigor.nn.Sequential;
import org.rigor.nn.models.ConvNet;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * A convolutional network is the dense network of its matrices: both have the same certificates and
 * the same Jacobians, whichever way they are computed.
 */
class ConvolutionCertificateTest {
  private static final int MODELS = 2;
  private static final int BATCH = 5;
  private static final Shape INPUT = Shape.of(5, 4, 2);

  private static final Windows ODD = new Windows(3, 2, 2, 1, 1, 2, 1, 0, 0, 1);

  private static final List<Sequential> NETWORKS =
      List.of(
          ConvNet.of(INPUT, List.of(3, 4), List.of(6), Activation.RELU, 3),
          new Sequential(
              INPUT,
              List.of(
                  new Conv2d(4, ODD, 2),
                  Activation.LEAKY_RELU,
                  new Conv2d(4, Windows.of(2).padding(1), 4),
                  Activation.RELU,
                  new AveragePool2d(Windows.of(3, 2).padding(1), false),
                  new Conv2d(3, Windows.of(1)),
                  Activation.RELU,
                  new GlobalAveragePool())));

  /** One Dense layer for each layer that is linear; its parameters filled from the other's. */
  private record Unrolled(Sequential network, Margins margins) {}

  private static Unrolled unroll(Sequential net, Margins from) {
    List<Layer> layers = new ArrayList<>();
    List<HostTensor> weights = new ArrayList<>();
    List<HostTensor> biases = new ArrayList<>();
    Shape at = net.input();
    for (int l = 0; l < net.layers().size(); l++) {
      Layer layer = net.layers().get(l);
      Shape next = layer.output(at);
      if (layer instanceof Activation) {
        layers.add(layer);
        weights.add(null);
        biases.add(null);
      } else if (!(layer instanceof Flatten)) {
        int n = (int) next.size();
        layers.add(new Dense(n));
        HostTensor zero = HostTensor.zeros(new TensorType(DType.F64, at.insert(0, 1)));
        HostTensor b = apply(net, l, at, from.params, zero);
        HostTensor w = apply(net, l, at, from.params, unit((int) at.size(), at));
        double[] v = w.doubles();
        for (int i = 0; i < v.length; i++) {
          int model = i / (v.length / MODELS);
          v[i] -= b.get(model * n + i % n);
        }
        weights.add(w);
        biases.add(b);
      }
      at = next;
    }
    Sequential dense = new Sequential(Shape.of((int) INPUT.size()), layers);
    Margins to = new Margins(dense, MODELS, BATCH);
    for (int l = 0; l < layers.size(); l++) {
      if (weights.get(l) != null) {
        for (var e : Map.of("weight", weights.get(l), "bias", biases.get(l)).entrySet()) {
          double[] v = e.getValue().doubles();
          System.arraycopy(v, 0, to.params.get(l + "." + e.getKey()).doubles(), 0, v.length);
        }
      }
    }
    System.arraycopy(from.x, 0, to.x, 0, from.x.length);
    System.arraycopy(from.y, 0, to.y, 0, from.y.length);
    System.arraycopy(from.epsilon, 0, to.epsilon, 0, from.epsilon.length);
    return new Unrolled(dense, to);
  }

  private static HostTensor unit(int n, Shape shape) {
    double[] v = new double[n * n];
    for (int i = 0; i < n; i++) {
      v[i * n + i] = 1;
    }
    return HostTensor.of(shape.insert(0, n), v);
  }

  /** Layer l of all models on the given images, [M, n..]. */
  private static HostTensor apply(
      Sequential net, int l, Shape at, Map<String, HostTensor> params, HostTensor x) {
    Program.Builder b = Program.builder("layer");
    Map<String, Value> p = net.declare(b, "", MODELS, DType.F64);
    Map<String, Value> own = new HashMap<>();
    net.layers().get(l).parameters(at).forEach(q -> own.put(q.name(), p.get(l + "." + q.name())));
    Shape shape = x.shape().insert(0, 1);
    Value y = net.layers().get(l).apply(own, b.input("x", new TensorType(DType.F64, shape)));
    b.output("y", F.broadcast(y, y.shape().with(0, MODELS)));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      params.forEach((name, t) -> e.input(name).write(t));
      e.input("x").write(x.reshape(shape));
      e.run();
      return e.output("y").read();
    }
  }

  @Test
  void certificatesEqualThoseOfTheDenseNetwork() {
    for (Sequential net : NETWORKS) {
      Margins conv = new Margins(net, MODELS, BATCH).random(4, 0.7);
      Arrays.setAll(conv.epsilon, i -> 0.02 * (1 + i % 5));
      Margins dense = unroll(net, conv).margins;
      for (Norm norm : Norm.values()) {
        conv.norm = norm;
        dense.norm = norm;
        List<double[]> a = conv.lower(new Ibp(), new Crown(false), new Crown());
        List<double[]> b = dense.lower(new Ibp(), new Crown(false), new Crown());
        for (int c = 0; c < a.size(); c++) {
          for (int i = 0; i < a.get(c).length; i++) {
            double expected = b.get(c)[i];
            assertThat(expected).isFinite();
            assertThat(a.get(c)[i])
                .as("%s, certificate %d, sample %d", net, c, i)
                .isCloseTo(expected, within(1e-9 * Math.max(1, Math.abs(expected))));
          }
        }
      }
    }
  }

  @Test
  void jacobiansEqualThoseOfTheDenseNetwork() {
    for (Sequential net : NETWORKS) {
      Margins conv = new Margins(net, MODELS, BATCH).random(4, 0.7);
      Unrolled dense = unroll(net, conv);
      double[] x = Arrays.copyOf(conv.x, BATCH * (int) INPUT.size());
      for (Norm norm : Norm.values()) {
        try (Device device = new CpuDevice(2, "scalar", "test")) {
          JacobianNorms a =
              HostNetworks.jacobians(
                  device, net, conv.params, HostTensor.of(INPUT.insert(0, BATCH), x), norm);
          JacobianNorms b =
              HostNetworks.jacobians(
                  device,
                  dense.network,
                  dense.margins.params,
                  HostTensor.of(Shape.of(BATCH, (int) INPUT.size()), x),
                  norm);
          for (int m = 0; m < MODELS; m++) {
            for (int i = 0; i < BATCH; i++) {
              assertThat(a.norms()[m][i]).isCloseTo(b.norms()[m][i], within(1e-9));
              assertThat(a.lower()[m][i]).isNotNaN().isCloseTo(b.lower()[m][i], within(1e-9));
            }
          }
        }
      }
    }
  }
}
