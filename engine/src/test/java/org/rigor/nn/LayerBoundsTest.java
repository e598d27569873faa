// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.certify.Certificate;
import org.rigor.certify.Crown;
import org.rigor.certify.Ibp;
import org.rigor.certify.Region;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.ProductBound;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/** The bounds of a network of one layer hold, or are refused where there is no rule. */
class LayerBoundsTest {
  private static final Device CPU = new CpuDevice(1, "scalar", "test");
  private static final double RADIUS = 0.1;
  private static final int POINTS = 60;

  @AfterAll
  static void close() {
    CPU.close();
  }

  static Stream<LayerSample> samples() {
    return LayerSample.all().stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void intervals(LayerSample s) {
    certificate(s, new Ibp(), s.interval());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void linearBounds(LayerSample s) {
    certificate(s, new Crown(), s.linear());
  }

  private static void certificate(LayerSample s, Certificate c, boolean known) {
    if (!known) {
      assertThatThrownBy(() -> margin(s, c))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("traced at");
      return;
    }
    double lower = margin(s, c);
    assertThat(lower).isFinite();
    double least = Double.POSITIVE_INFINITY;
    for (double[] z : outputs(s)) {
      for (int k = 1; k < z.length; k++) {
        least = Math.min(least, z[0] - z[k]);
      }
    }
    assertThat(lower).isLessThanOrEqualTo(least + 1e-12 * (1 + Math.abs(least)));
  }

  /** Lower side of the smallest margin of class 0 around the sample's first point. */
  private static double margin(LayerSample s, Certificate c) {
    Sequential net = s.network();
    Program.Builder b = Program.builder("margin");
    Map<String, Value> p = net.declare(b, "", 1, DType.F64);
    Shape shape = s.input().insert(0, 2).insert(0, 1);
    int[] ones = new int[shape.rank()];
    Arrays.fill(ones, 1);
    ones[1] = 2;
    Value x = b.input("x", new TensorType(DType.F64, shape));
    Value epsilon = F.fill(DType.F64, Shape.of(ones), RADIUS);
    Value y = F.fill(DType.I32, Shape.of(1, 2), 0);
    Region region = Region.of(x, epsilon, Norm.LINF, Box.NONE);
    Value oneHot = F.oneHot(y, net.outputs(), DType.F64);
    Value m = c.margins(net.apply(p, x), region, oneHot); // [1, K, 2, 1]
    b.output("m", m);
    try (Executable e = CPU.compile(Simplify.run(b.build()))) {
      parameters(s).forEach((name, v) -> e.input(name).write(v));
      double[] twice = new double[2 * centre(s).length];
      Arrays.setAll(twice, i -> centre(s)[i % centre(s).length]);
      e.input("x").write(HostTensor.of(shape, twice));
      e.run();
      double[] all = e.output("m").read().doubles();
      double least = Double.POSITIVE_INFINITY;
      for (int k = 1; k < net.outputs(); k++) {
        least = Math.min(least, all[2 * k]);
      }
      return least;
    }
  }

  private static double[] centre(LayerSample s) {
    return Arrays.copyOf(s.x(1, DType.F64).doubles(), (int) s.input().size());
  }

  private static Map<String, HostTensor> parameters(LayerSample s) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    s.parameters(1, DType.F64).forEach((name, v) -> out.put("0." + name, v));
    return out;
  }

  /** The centre, then random points of the box, corners among them: [1, N, input...]. */
  private static HostTensor points(LayerSample s) {
    Random r = new Random(9);
    double[] c = centre(s);
    double[] out = new double[POINTS * c.length];
    for (int i = 0; i < out.length; i++) {
      boolean corner = i / c.length % 2 == 1;
      double u = corner ? 2 * r.nextInt(2) - 1 : 2 * r.nextDouble() - 1;
      out[i] = c[i % c.length] + (i < c.length ? 0 : RADIUS * u);
    }
    return HostTensor.of(s.input().insert(0, POINTS), out);
  }

  private static double[][] outputs(LayerSample s) {
    Sequential net = s.network();
    Program.Builder b = Program.builder("outputs");
    Map<String, Value> p = net.declare(b, "", 1, DType.F64);
    Shape shape = s.input().insert(0, POINTS).insert(0, 1);
    b.output("z", net.apply(p, b.input("x", new TensorType(DType.F64, shape))));
    try (Executable e = CPU.compile(b.build())) {
      parameters(s).forEach((name, v) -> e.input(name).write(v));
      e.input("x").write(points(s).reshape(shape));
      e.run();
      double[] z = e.output("z").read().doubles();
      double[][] out = new double[POINTS][];
      for (int n = 0; n < POINTS; n++) {
        out[n] = Arrays.copyOfRange(z, n * net.outputs(), (n + 1) * net.outputs());
      }
      return out;
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void lipschitzSidesAreInOrder(LayerSample s) {
    for (Norm norm : Norm.values()) {
      JacobianNorms j = HostNetworks.jacobians(CPU, s.network(), parameters(s), points(s), norm);
      if (s.layer() instanceof TopK) { // it jumps, and which units stay is in doubt to bounds
        assertThat(j.kinks(0)).hasSize(j.norms()[0].length);
      } else {
        assertThat(j.certified(0).orElseThrow()).as("%s %s", s, norm).isPositive();
      }
      if (s.slope()) {
        double upper = HostNetworks.product(CPU, s.network(), parameters(s), norm)[0];
        assertThat(upper)
            .as("%s %s", s, norm)
            .isGreaterThanOrEqualTo(j.certified(0).orElseThrow())
            .isFinite();
      } else {
        assertThatThrownBy(() -> ProductBound.requireRules(s.network()))
            .isInstanceOf(MissingRuleException.class)
            .hasMessageContaining("no slope rule for");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void jacobiansAreThatOfTheDerivative(LayerSample s) {
    double[][] z = outputs(s);
    JacobianNorms j = HostNetworks.jacobians(CPU, s.network(), parameters(s), points(s), Norm.LINF);
    // |f(x) - f(c)| <= radius * slope on the way, to first order
    double most =
        List.of(0, 1, 2, 3).stream().mapToDouble(n -> j.norms()[0][n]).max().orElseThrow();
    for (int n = 1; n < 4; n++) {
      double moved = 0;
      for (int k = 0; k < z[n].length; k++) {
        moved = Math.max(moved, Math.abs(z[n][k] - z[0][k]));
      }
      assertThat(moved).isLessThanOrEqualTo(1.5 * RADIUS * most + 1e-12);
    }
  }
}
