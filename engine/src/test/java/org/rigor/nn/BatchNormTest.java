// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

class BatchNormTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final double EPSILON = 0.01;
  private static final double MOMENTUM = 0.3;
  private static final BatchNorm NORM = new BatchNorm(EPSILON, MOMENTUM);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static HostTensor random(Shape shape, long seed, double from) {
    return HostTensor.of(shape, new Random(seed).doubles(shape.size(), from, from + 2).toArray());
  }

  /** Outputs under the name y and buffers' new values under theirs, of M models. */
  private static Map<String, HostTensor> run(
      Pass.Statistics statistics, Map<String, HostTensor> params, HostTensor x) {
    Program.Builder b = Program.builder("norm");
    Map<String, Value> p = new LinkedHashMap<>();
    params.forEach((name, v) -> p.put(name, b.input(name, v.type())));
    Value in = b.input("x", x.type());
    Pass pass = Pass.with(statistics);
    b.output("y", NORM.apply(p, in, pass));
    pass.updates().forEach((name, v) -> b.output("new " + name, v));
    try (Executable e = DEVICE.compile(b.build())) {
      params.forEach(
          (name, v) -> {
            if (e.program().inputs().containsKey(name)) {
              e.input(name).write(v);
            }
          });
      e.input("x").write(x);
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      e.program().outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }

  private static Map<String, HostTensor> parameters(int models, int channels) {
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("scale", random(Shape.of(models, channels), 1, -1));
    p.put("shift", random(Shape.of(models, channels), 2, -1));
    p.put("mean", random(Shape.of(models, channels), 3, -1));
    p.put("variance", random(Shape.of(models, channels), 4, 0.1));
    return p;
  }

  /** PyTorch's convention: biased variance to normalise with, unbiased one to keep. */
  @Test
  void batchStatisticsAreThoseComputedDirectly() {
    int models = 2;
    int channels = 3;
    for (Shape shape :
        List.of(Shape.of(models, 5, channels), Shape.of(models, 4, 3, 2, channels))) {
      Map<String, HostTensor> p = parameters(models, channels);
      HostTensor x = random(shape, 5, -3);
      Map<String, HostTensor> out = run(Pass.Statistics.BATCH, p, x);
      int n = (int) shape.size() / models / channels;
      for (int mc = 0; mc < models * channels; mc++) {
        int start = mc / channels * n * channels + mc % channels;
        double mean = 0;
        for (int i = 0; i < n; i++) {
          mean += x.get(start + i * channels) / n;
        }
        double squares = 0;
        for (int i = 0; i < n; i++) {
          squares += Math.pow(x.get(start + i * channels) - mean, 2);
        }
        double deviation = Math.sqrt(squares / n + EPSILON);
        for (int i = 0; i < n; i++) {
          double unit = (x.get(start + i * channels) - mean) / deviation;
          assertThat(out.get("y").get(start + i * channels))
              .isCloseTo(unit * p.get("scale").get(mc) + p.get("shift").get(mc), within(1e-13));
        }
        double oldMean = p.get("mean").get(mc);
        double oldVariance = p.get("variance").get(mc);
        assertThat(out.get("new mean").get(mc))
            .isCloseTo(0.7 * oldMean + 0.3 * mean, within(1e-14));
        assertThat(out.get("new variance").get(mc))
            .isCloseTo(0.7 * oldVariance + 0.3 * squares / (n - 1), within(1e-14));
      }
    }
  }

  @Test
  void otherModesUseTheStoredStatisticsAndChangeNothing() {
    Map<String, HostTensor> p = parameters(2, 3);
    HostTensor x = random(Shape.of(2, 4, 2, 2, 3), 6, -1);
    Map<String, HostTensor> frozen = run(Pass.Statistics.FROZEN, p, x);
    Map<String, HostTensor> running = run(Pass.Statistics.RUNNING, p, x);
    assertThat(frozen.keySet()).containsExactly("y");
    assertThat(running.get("y").bitEquals(frozen.get("y"))).isTrue();
    for (int i = 0; i < x.shape().size(); i++) {
      int mc = i / 48 * 3 + i % 3;
      double slope = p.get("scale").get(mc) / Math.sqrt(p.get("variance").get(mc) + EPSILON);
      double folded = slope * x.get(i) + (p.get("shift").get(mc) - slope * p.get("mean").get(mc));
      assertThat(frozen.get("y").get(i)).isCloseTo(folded, within(1e-13));
    }
  }

  /** A pass reaches batch norms inside of blocks and shortcuts, and names their buffers in full. */
  @Test
  void containersHandThePassOn() {
    Layer inner = new Residual(List.of(new Dense(4), NORM), List.of(new Chain(NORM)));
    Sequential net = new Sequential(Shape.of(4), List.of(NORM, new Chain(inner, NORM)));
    Program.Builder b = Program.builder("net");
    Map<String, Value> p = net.declare(b, "", 2, DType.F64);
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(2, 3, 4)));
    Pass pass = Pass.with(Pass.Statistics.BATCH);
    net.apply(p, x, pass);
    List<String> buffers =
        net.parameters().stream().filter(Parameter::buffer).map(Parameter::name).toList();
    assertThat(buffers)
        .contains("0.mean", "1.0.1.variance", "1.0.shortcut.0.0.mean", "1.1.mean")
        .hasSize(8);
    assertThat(pass.updates().keySet()).containsExactlyInAnyOrderElementsOf(buffers);
    pass.updates().values().forEach(v -> assertThat(v.shape()).isEqualTo(Shape.of(2, 4)));
    assertThat(net.parameterCount()).isEqualTo(4 * 2 * 4 + 20);
  }

  /** diag(3, -1/2) / sqrt(variance + epsilon) is the whole Jacobian of scale and statistics. */
  @Test
  void aFrozenNormHasTheLipschitzConstantOfItsAffineMap() {
    Sequential net = new Sequential(Shape.of(2), List.of(NORM));
    Map<String, HostTensor> p = new LinkedHashMap<>();
    p.put("0.scale", HostTensor.of(Shape.of(1, 2), new double[] {3, -0.5}));
    p.put("0.shift", HostTensor.of(Shape.of(1, 2), new double[] {1, 2}));
    p.put("0.mean", HostTensor.of(Shape.of(1, 2), new double[] {-1, 4}));
    p.put("0.variance", HostTensor.of(Shape.of(1, 2), new double[] {0.99, 0.0}));
    HostTensor x = random(Shape.of(3, 2), 8, 0);
    double exact = 0.5 / 0.1; // against 3 / 1
    for (Norm norm : Norm.values()) {
      assertThat(HostNetworks.product(DEVICE, net, p, norm)[0])
          .isBetween(exact, exact * (1 + 1e-12));
      assertThat(HostNetworks.jacobians(DEVICE, net, p, x, norm).certified(0).orElseThrow())
          .isBetween(exact * (1 - 1e-12), exact);
    }
  }

  @Test
  void refusesWhatHasNoVariance() {
    assertThatThrownBy(() -> new BatchNorm(0, 0.1)).hasMessageContaining("epsilon must be > 0");
    assertThatThrownBy(() -> new BatchNorm(1e-5, 0)).hasMessageContaining("momentum must lie");
    assertThatThrownBy(
            () -> run(Pass.Statistics.BATCH, parameters(1, 3), random(Shape.of(1, 1, 3), 1, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two values of a channel at least in a batch, got [1, 1, 3]");
  }
}
