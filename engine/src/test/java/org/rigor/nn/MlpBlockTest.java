// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** What the blocks of the sparsity studies do beside what every layer does. */
class MlpBlockTest {
  private static final Device CPU = new CpuDevice(1, "scalar", "test");

  @AfterAll
  static void close() {
    CPU.close();
  }

  private static TensorType f64(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }

  private static Map<String, HostTensor> run(Program p, Map<String, HostTensor> in) {
    try (Executable e = CPU.compile(p)) {
      p.inputs().keySet().forEach(name -> e.input(name).write(in.get(name)));
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      p.outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }

  private static MlpBlock block(LayerNorm.Affine affine, MlpBlock.Zeroth zeroth) {
    return new MlpBlock(6, Activation.RELU, new LayerNorm(1e-5, affine), zeroth, 0);
  }

  @Test
  void aPlainBlockIsTheResidualOfItsLayers() {
    Shape tokens = Shape.of(3, 4);
    MlpBlock block = block(LayerNorm.Affine.FREE, MlpBlock.Zeroth.NONE);
    Residual same =
        new Residual(List.of(new LayerNorm(), new Dense(6), Activation.RELU, new Dense(4)));
    assertThat(block.parameters(tokens)).isEqualTo(same.parameters(tokens));
    Program.Builder b = Program.builder("both");
    Map<String, Value> p = new LinkedHashMap<>();
    Map<String, HostTensor> in = new LinkedHashMap<>();
    for (Parameter q : block.parameters(tokens)) {
      p.put(q.name(), b.input(q.name(), q.type(2, DType.F64)));
      in.put(q.name(), LayerSample.draw(q.type(2, DType.F64), q.name(), 0.5));
    }
    Value x = b.input("x", f64(2, 5, 3, 4));
    in.put("x", LayerSample.draw(x.type(), "x", 1));
    b.output("block", block.apply(p, x)).output("same", same.apply(p, x));
    Map<String, HostTensor> out = run(b.build(), in);
    assertThat(out.get("block").bitEquals(out.get("same"))).isTrue();
  }

  /** Whether a network is made of blocks or of their layers, its hidden units are found. */
  @Test
  void hiddenUnitsAreNoted() {
    Sequential blocks =
        new Sequential(
            Shape.of(4),
            List.of(block(LayerNorm.Affine.NONE, MlpBlock.Zeroth.INPUT), new Dense(2)));
    Sequential plain = Sequential.mlp(Shape.of(4), List.of(5, 6), Activation.TANH, 2);
    assertThat(hidden(blocks)).containsExactly("0.1.weight 0.3.weight [1, 3, 6]");
    assertThat(hidden(plain))
        .containsExactly("0.weight 2.weight [1, 3, 5]", "2.weight 4.weight [1, 3, 6]");
  }

  private static List<String> hidden(Sequential net) {
    Program.Builder b = Program.builder("hidden");
    Map<String, Value> p = net.declare(b, "", 1, DType.F64);
    Pass pass = Pass.with(Pass.Statistics.FROZEN);
    net.apply(p, b.input("x", f64(1, 3, 4)), pass);
    return pass.hidden().stream()
        .map(h -> h.key() + " " + h.value() + " " + h.pre().shape())
        .toList();
  }

  @Test
  void projectionKeepsScalesAboveOneAndTheZerothBiasWithinATenthOfThem() {
    Sequential net =
        new Sequential(
            Shape.of(2, 2),
            List.of(
                block(LayerNorm.Affine.RESTRICTED, MlpBlock.Zeroth.INPUT),
                new Flatten(),
                new Dense(2)));
    Program.Builder b = Program.builder("projection");
    Map<String, Value> p = net.declare(b, "", 1, DType.F64);
    Map<String, HostTensor> in = new LinkedHashMap<>();
    for (Parameter q : net.parameters()) {
      in.put(q.name(), LayerSample.draw(q.type(1, DType.F64), q.name(), 1));
    }
    in.put("0.0.scale", HostTensor.of(Shape.of(1, 1, 2), 0.4, 3.0));
    in.put("0.zeroth", HostTensor.of(Shape.of(1, 2, 2), -0.2, 0.2, 0.05, -0.31));
    net.projected(p).forEach(b::output);
    Map<String, HostTensor> out = run(b.build(), in);
    assertThat(out.get("0.0.scale").doubles()).containsExactly(1, 3);
    assertThat(out.get("0.zeroth").doubles())
        .containsExactly(new double[] {-0.1, 0.2, 0.05, -0.3}, within(1e-15));
    assertThat(out.get("2.weight").bitEquals(in.get("2.weight"))).isTrue();
  }

  @Test
  void layersMadeOfLayersHandTheProjectionOn() {
    Layer norm = new LayerNorm(1e-5, LayerNorm.Affine.RESTRICTED);
    Layer both = new Residual(List.of(norm), List.of(new Chain(norm)));
    Program.Builder b = Program.builder("projection");
    Map<String, Value> p = new LinkedHashMap<>();
    Map<String, HostTensor> in = new LinkedHashMap<>();
    for (Parameter q : both.parameters(Shape.of(2))) {
      p.put(q.name(), b.input(q.name(), q.type(1, DType.F64)));
      in.put(q.name(), HostTensor.of(Shape.of(1, 1, 2), 0.4, 3.0));
    }
    both.projected(p).forEach(b::output);
    Map<String, HostTensor> out = run(b.build(), in);
    assertThat(out).hasSize(2);
    out.forEach((name, v) -> assertThat(v.doubles()).as(name).containsExactly(1, 3));
  }

  /** The noise's variance is that of noise on the weights: noise^2 mean(W^2) ||x||^2. */
  @Test
  void noiseIsDrawnInTrainingOnlyAndHasTheVarianceOfNoisyWeights() {
    NoisyDense layer = new NoisyDense(3, 0.2);
    int batch = 20_000;
    Program.Builder b = Program.builder("noise");
    Map<String, Value> p =
        Map.of("weight", b.input("weight", f64(1, 4, 3)), "bias", b.input("bias", f64(1, 1, 3)));
    Value x = F.broadcast(b.input("x", f64(1, 1, 4)), Shape.of(1, batch, 4));
    Value zero = F.fill(DType.I32, Shape.of(1, 2), 7);
    Randoms randoms = Randoms.fixed(zero, F.iota(2, 1, batch));
    b.output("noisy", layer.apply(p, x, Pass.with(Pass.Statistics.BATCH, () -> randoms)));
    b.output("plain", layer.apply(p, x, Pass.with(Pass.Statistics.BATCH)));
    Map<String, HostTensor> in =
        Map.of(
            "weight", LayerSample.draw(f64(1, 4, 3), "w", 1),
            "bias", HostTensor.zeros(f64(1, 1, 3)),
            "x", LayerSample.draw(f64(1, 1, 4), "x", 1));
    Map<String, HostTensor> out = run(b.build(), in);
    double weights = squares(in.get("weight")) / 12;
    double wanted = 0.04 * weights * squares(in.get("x"));
    double found = 0;
    for (int i = 0; i < 3 * batch; i++) {
      found += Math.pow(out.get("noisy").get(i) - out.get("plain").get(i), 2) / (3 * batch);
    }
    assertThat(found).isCloseTo(wanted, within(4 * wanted * Math.sqrt(2.0 / (3 * batch))));
  }

  private static double squares(HostTensor t) {
    double sum = 0;
    for (double v : t.doubles()) {
      sum += v * v;
    }
    return sum;
  }

  @Test
  void noDerivativeFlowsThroughTheScaleOfTheNoise() {
    Program.Builder b = Program.builder("noise");
    Value w = b.input("weight", f64(1, 4, 3));
    Map<String, Value> p = Map.of("weight", w, "bias", b.input("bias", f64(1, 1, 3)));
    Value x = b.input("x", f64(1, 2, 4));
    Randoms randoms = Randoms.fixed(F.fill(DType.I32, Shape.of(1, 2), 7), F.iota(2, 1, 2));
    Pass drawing = Pass.with(Pass.Statistics.BATCH, () -> randoms);
    NoisyDense layer = new NoisyDense(3, 0.2);
    derive(b, "noisy ", layer.apply(p, x, drawing), w, x);
    derive(b, "plain ", layer.apply(p, x), w, x);
    Map<String, HostTensor> in = new LinkedHashMap<>();
    Program program = b.build();
    program.inputs().forEach((name, v) -> in.put(name, LayerSample.draw(v.type(), name, 1)));
    Map<String, HostTensor> out = run(program, in);
    assertThat(out.get("noisy y").bitEquals(out.get("plain y"))).isFalse();
    assertThat(out.get("noisy w").bitEquals(out.get("plain w"))).isTrue();
    assertThat(out.get("noisy x").bitEquals(out.get("plain x"))).isTrue();
  }

  private static void derive(Program.Builder b, String prefix, Value y, Value w, Value x) {
    List<Value> d = Diff.grad(F.sum(y, 1, 2), List.of(w, x));
    b.output(prefix + "y", y).output(prefix + "w", d.get(0)).output(prefix + "x", d.get(1));
  }

  @Test
  void mixingGoesFromOneActivationToTheOther() {
    MixedRelu layer = new MixedRelu(10, 4);
    Program.Builder b = Program.builder("mixed");
    Value clock = b.input("clock", f64(3, 1));
    Value x = b.input("x", f64(3, 1, 2));
    Pass pass = Pass.with(Pass.Statistics.BATCH);
    b.output("y", layer.apply(Map.of("clock", clock), x, pass));
    b.output("next", pass.ticks().get("clock"));
    Map<String, HostTensor> out =
        run(
            b.build(),
            Map.of(
                "clock", HostTensor.of(Shape.of(3, 1), 3.0, 11.0, 90.0),
                "x", HostTensor.of(Shape.of(3, 1, 2), 2.0, -1, 2, -1, 2, -1)));
    assertThat(out.get("y").doubles()).containsExactly(2, 0, 2.5, 0, 4, 0);
    assertThat(out.get("next").doubles()).containsExactly(4, 12, 91);
  }

  @Test
  void theLargestUnitsStay() {
    Program.Builder b = Program.builder("top");
    Value x = b.input("x", f64(1, 2, 4));
    b.output("y", new TopK(2).apply(Map.of(), x));
    Map<String, HostTensor> out =
        run(
            b.build(),
            Map.of("x", HostTensor.of(Shape.of(1, 2, 4), 1.0, 3, 2, 0.5, -1, 4, -2, -3)));
    assertThat(out.get("y").doubles()).containsExactly(0, 3, 2, 0, 0, 4, 0, 0);
  }
}
