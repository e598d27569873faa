// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rigor.data.Box;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TopK;
import org.rigor.nn.models.ConvNet;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/** Bounds that training differentiates, against the certificates' on the same parameters. */
class MarginBoundsTest {
  private static final int MODELS = 2;
  private static final int BATCH = 3;

  private enum Net {
    PERCEPTRON(Sequential.mlp(Shape.of(5), List.of(6, 4), Activation.RELU, 3)),
    SMOOTH(Sequential.mlp(Shape.of(5), List.of(6), Activation.TANH, 3)),
    CONVOLUTIONS(
        ConvNet.of(Shape.of(5, 5, 1), List.of(2, 3), 3, 2, List.of(4), Activation.RELU, true, 3));

    final Network network;

    Net(Network network) {
      this.network = network;
    }
  }

  /** Our margins in both types and the certificates', and the gradients of the sums of ours. */
  private static Program program(Network n) {
    Program.Builder b = Program.builder("margins");
    Map<String, Value> p = n.declare(b, "", MODELS, DType.F64);
    Shape shape = n.input().insert(0, BATCH).insert(0, MODELS);
    Value x = b.input("x", new TensorType(DType.F64, shape));
    Value radius = b.input("radius", new TensorType(DType.F64, Shape.of(MODELS, 1, 1)));
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(MODELS, BATCH)));
    Value oneHot = F.oneHot(y, n.outputs(), DType.F64);

    MarginBounds wide = MarginBounds.around(n, p, x, radius, Box.UNIT, oneHot);
    List<Value> wrt = new ArrayList<>(p.values());
    for (Map.Entry<String, Value> own :
        Map.of("ibp", wide.ibp(), "crown-ibp", wide.crownIbp()).entrySet()) {
      b.output(own.getKey(), own.getValue());
      List<Value> g = Diff.grad(own.getValue(), wrt);
      int i = 0;
      for (String name : p.keySet()) {
        b.output("d " + own.getKey() + " " + name, F.add(g.get(i++), 0));
      }
    }
    Map<String, Value> single = n.declare(b, "single/", MODELS, DType.F32);
    Value x32 = b.input("single/x", new TensorType(DType.F32, shape));
    Value r32 = b.input("single/radius", new TensorType(DType.F32, radius.shape()));
    Value oneHot32 = F.oneHot(y, n.outputs(), DType.F32);
    MarginBounds narrow = MarginBounds.around(n, single, x32, r32, Box.UNIT, oneHot32);
    b.output("ibp f32", narrow.ibp());
    b.output("crown-ibp f32", narrow.crownIbp());

    int[] ones = new int[shape.rank()];
    java.util.Arrays.fill(ones, 1);
    ones[0] = MODELS;
    Value epsilon = F.broadcast(F.reshape(radius, Shape.of(ones)), Shape.of(ones).with(1, BATCH));
    Region region = Region.of(x, epsilon, Norm.LINF, Box.UNIT);
    Value logits = n.apply(p, x);
    for (Certificate c : List.of(new Ibp(), new Crown(false))) {
      b.output(c.name() + " certified", byClass(c.margins(logits, region, oneHot)));
    }
    return Simplify.run(b.build());
  }

  private static Map<String, double[]> run(Executable e, Margins at) {
    Map<String, HostTensor> inputs = new LinkedHashMap<>(at.params);
    Shape shape = at.network.input().insert(0, BATCH).insert(0, MODELS);
    inputs.put("x", HostTensor.of(shape, at.x));
    inputs.put("radius", HostTensor.of(Shape.of(MODELS, 1, 1), new double[] {0.05, 0.2}));
    inputs.forEach(
        (name, t) -> {
          e.input(name).write(t);
          e.input("single/" + name).write(t.toFloat());
        });
    e.input("y").write(HostTensor.of(Shape.of(MODELS, BATCH), at.y));
    e.run();
    Map<String, double[]> out = new LinkedHashMap<>();
    e.program()
        .outputs()
        .keySet()
        .forEach(name -> out.put(name, e.output(name).read().toDouble().doubles()));
    return out;
  }

  private static Value byClass(Value margins) {
    Value flat = F.reshape(margins, margins.shape().remove(3));
    return F.transpose(flat, List.of(0, 2, 1));
  }

  private static Margins at(Net net) {
    return new Margins(net.network, MODELS, BATCH).random(11, 0.7);
  }

  @ParameterizedTest
  @EnumSource
  void trainingSeesTheMarginsOfTheCertificatesAndTheirSlopes(Net net) {
    Margins at = new Margins(net.network, MODELS, BATCH).random(11, 0.7);
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(program(net.network))) {
      Map<String, double[]> all = run(e, at);
      for (int i = 0; i < all.get("ibp").length; i++) {
        double ibp = all.get("ibp certified")[i];
        // The certificate takes the better of both.
        double both = Math.max(all.get("crown-ibp")[i], all.get("ibp")[i]);
        double scale = 1 + Math.abs(ibp);
        assertThat(all.get("ibp")[i]).isCloseTo(ibp, within(1e-12 * scale));
        assertThat(both).isCloseTo(all.get("crown-ibp certified")[i], within(1e-7 * scale));
        assertThat(all.get("ibp f32")[i]).isCloseTo(ibp, within(1e-5 * scale));
        assertThat(all.get("crown-ibp f32")[i])
            .isCloseTo(all.get("crown-ibp")[i], within(1e-5 * scale));
        if (i % net.network.outputs() == at.y[i / net.network.outputs()]) {
          assertThat(all.get("ibp")[i]).isZero();
          assertThat(all.get("crown-ibp f32")[i]).isZero();
        } else {
          assertThat(ibp).isNotZero();
        }
      }
      gradients(e, at, all);
    }
  }

  private static void gradients(Executable e, Margins at, Map<String, double[]> here) {
    double h = 1e-6;
    for (Map.Entry<String, HostTensor> p : at.params.entrySet()) {
      double[] w = p.getValue().doubles();
      for (int i = 0; i < w.length; i += 1 + w.length / 4) {
        double was = w[i];
        w[i] = was + h;
        Map<String, double[]> up = run(e, at);
        w[i] = was - h;
        Map<String, double[]> down = run(e, at);
        w[i] = was;
        for (String method : List.of("ibp", "crown-ibp")) {
          double slope = (sum(up.get(method)) - sum(down.get(method))) / (2 * h);
          assertThat(here.get("d " + method + " " + p.getKey())[i])
              .as("%s, %s[%d]", method, p.getKey(), i)
              .isCloseTo(slope, within(1e-6 * (1 + Math.abs(slope))));
        }
      }
    }
  }

  private static double sum(double[] v) {
    return java.util.Arrays.stream(v).sum();
  }

  @Test
  void namesAnOperationWithoutARule() {
    Sequential net = new Sequential(Shape.of(4), List.of(new Dense(6), new TopK(2), new Dense(3)));
    assertThatThrownBy(() -> program(net)).isInstanceOf(MissingRuleException.class);
  }
}
