// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Every layer proves its derivative, its rows and its devices on its samples. */
class LayerContractTest {
  private static final Device CPU = new CpuDevice(1, "scalar", "test");
  private static final int MODELS = 3;

  @AfterAll
  static void close() {
    CPU.close();
  }

  static Stream<LayerSample> samples() {
    return LayerSample.all().stream();
  }

  /** Finds the layers by looking at the compiled package, so that none can be forgotten. */
  @Test
  void everyLayerHasSamples() throws URISyntaxException, ClassNotFoundException {
    File root = new File(Layer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Set<Class<?>> layers = new HashSet<>();
    for (String file : new File(root, "org/rigor/nn").list()) {
      if (file.endsWith(".class") && !file.contains("$")) {
        Class<?> c = Class.forName("org.rigor.nn." + file.substring(0, file.length() - 6));
        if (Layer.class.isAssignableFrom(c) && !c.isInterface()) {
          layers.add(c);
        }
      }
    }
    Set<Class<?>> sampled = new HashSet<>();
    samples()
        .map(s -> s.layer() instanceof Activation ? Activation.class : s.layer().getClass())
        .forEach(c -> sampled.add(c.isEnum() || c.isRecord() ? c : c.getSuperclass()));
    assertThat(sampled).containsExactlyInAnyOrderElementsOf(layers).hasSizeGreaterThan(10);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void refusesAWrongShapeInWords(LayerSample s) {
    if (s.wrong() != null) {
      assertThatThrownBy(() -> s.layer().output(s.wrong()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("(?s).*(need|must|give).*");
    }
  }

  /**
   * Outputs, updates of buffers, and the gradient of sum(ct y) by the input and what is trained.
   */
  private static Program program(LayerSample s, Pass.Statistics mode, int models, DType dtype) {
    Program.Builder b = Program.builder("layer");
    Map<String, Value> p = s.declare(b, models, dtype);
    Value x = b.input("x", s.inputType(models, dtype));
    Pass pass = Pass.with(mode);
    Value y = s.layer().apply(p, x, pass);
    assertThat(y.shape().remove(0).remove(0)).isEqualTo(s.layer().output(s.input()));
    Value ct = b.input("ct", y.type());
    List<Value> wrt = new ArrayList<>(List.of(x));
    List<String> names = new ArrayList<>(List.of("x"));
    for (Parameter q : s.layer().parameters(s.input())) {
      if (!q.buffer()) {
        names.add(q.name());
        wrt.add(p.get(q.name()));
      }
    }
    List<Value> gradients = Diff.vjp(List.of(y), List.of(ct), wrt);
    b.output("y", y);
    for (int i = 0; i < names.size(); i++) {
      b.output("d " + names.get(i), gradients.get(i));
    }
    pass.updates().forEach((name, v) -> b.output("new " + name, v));
    pass.ticks().forEach((name, v) -> b.output("new " + name, v));
    return b.build();
  }

  private static Map<String, HostTensor> inputs(LayerSample s, Program p, int models, DType dtype) {
    Map<String, HostTensor> in = new LinkedHashMap<>(s.parameters(models, dtype));
    in.put("x", s.x(models, dtype));
    in.put("ct", LayerSample.draw(p.inputs().get("ct").type(), "ct", 1));
    return in;
  }

  private static Map<String, HostTensor> run(
      Device device, Program p, Map<String, HostTensor> inputs) {
    try (Executable e = device.compile(p)) {
      p.inputs().keySet().forEach(name -> e.input(name).write(inputs.get(name)));
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      p.outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void gradientsAreCentralDifferences(LayerSample s) {
    for (Pass.Statistics mode : List.of(Pass.Statistics.FROZEN, Pass.Statistics.BATCH)) {
      Program p = program(s, mode, 1, DType.F64);
      Map<String, HostTensor> at = inputs(s, p, 1, DType.F64);
      Map<String, HostTensor> here = run(CPU, p, at);
      for (String output : here.keySet()) {
        if (!output.startsWith("d ")) {
          continue;
        }
        String name = output.substring(2);
        double[] v =
            new Random(name.hashCode()).doubles(at.get(name).shape().size(), -1, 1).toArray();
        double slope = 0;
        for (int i = 0; i < v.length; i++) {
          slope += v[i] * here.get(output).get(i);
        }
        double step = 1e-5;
        double up = value(run(CPU, p, moved(at, name, v, step)), at.get("ct"));
        double down = value(run(CPU, p, moved(at, name, v, -step)), at.get("ct"));
        assertThat((up - down) / (2 * step))
            .as("%s by %s in %s", s, name, mode)
            .isCloseTo(slope, within(1e-6 * (1 + Math.abs(slope))));
        assertThat(slope).as("%s by %s", s, name).isNotZero();
      }
    }
  }

  private static double value(Map<String, HostTensor> out, HostTensor ct) {
    double sum = 0;
    for (int i = 0; i < ct.shape().size(); i++) {
      sum += ct.get(i) * out.get("y").get(i);
    }
    return sum;
  }

  private static Map<String, HostTensor> moved(
      Map<String, HostTensor> at, String name, double[] v, double step) {
    double[] there = at.get(name).doubles().clone();
    for (int i = 0; i < there.length; i++) {
      there[i] += step * v[i];
    }
    Map<String, HostTensor> out = new LinkedHashMap<>(at);
    out.put(name, HostTensor.of(at.get(name).shape(), there));
    return out;
  }

  @ParameterizedTest
  @MethodSource("samples")
  void modelsTogetherAreEachAlone(LayerSample s) {
    Program p = program(s, Pass.Statistics.BATCH, MODELS, DType.F32);
    Map<String, HostTensor> in = inputs(s, p, MODELS, DType.F32);
    Map<String, HostTensor> together = run(CPU, Simplify.run(p), in);
    Program one = program(s, Pass.Statistics.BATCH, 1, DType.F32);
    for (int m = 0; m < MODELS; m++) {
      Map<String, HostTensor> own = new LinkedHashMap<>();
      for (String name : in.keySet()) {
        own.put(name, row(in.get(name), m));
      }
      Map<String, HostTensor> alone = run(CPU, Simplify.run(one), own);
      for (String name : alone.keySet()) {
        assertThat(row(together.get(name), m).bitEquals(alone.get(name)))
            .as("%s: %s of model %d", s, name, m)
            .isTrue();
      }
    }
  }

  private static HostTensor row(HostTensor t, int m) {
    int n = (int) (t.shape().size() / t.shape().models());
    float[] out = new float[n];
    System.arraycopy(t.floats(), m * n, out, 0, n);
    return HostTensor.of(t.shape().with(0, 1), out);
  }

  /** An input that all models share gives what its copies give. */
  @ParameterizedTest
  @MethodSource("samples")
  void modelsMayShareTheirInput(LayerSample s) {
    Map<String, HostTensor> in = s.parameters(MODELS, DType.F64);
    List<HostTensor> results = new ArrayList<>();
    HostTensor x = s.x(1, DType.F64);
    for (boolean shared : new boolean[] {true, false}) {
      Program.Builder b = Program.builder("shared");
      Map<String, Value> p = s.declare(b, MODELS, DType.F64);
      Value own = b.input("x", x.type());
      Shape full = own.shape().with(0, MODELS);
      Value y = s.layer().apply(p, shared ? own : F.broadcast(own, full));
      b.output("y", F.broadcast(y, y.shape().with(0, MODELS)));
      in.put("x", x);
      results.add(run(CPU, b.build(), in).get("y"));
    }
    assertThat(results.get(0).bitEquals(results.get(1))).as("%s", s).isTrue();
  }

  @Test
  void everyDeviceGivesTheSame() {
    List<OnEveryDevice.Case> cases = new ArrayList<>();
    for (LayerSample s : LayerSample.all()) {
      Program p = Simplify.run(program(s, Pass.Statistics.BATCH, MODELS, DType.F32));
      cases.add(new OnEveryDevice.Case(s.toString(), p, inputs(s, p, MODELS, DType.F32)));
    }
    OnEveryDevice.check(cases);
  }
}
