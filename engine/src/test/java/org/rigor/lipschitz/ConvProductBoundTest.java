// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Value;
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
import org.rigor.nn.TrialKey;
import org.rigor.nn.models.ResNet18;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** The product bound through layers of images; see {@link ProductBoundTest} for the others. */
class ConvProductBoundTest {
  private static final Device DEVICE = new CpuDevice(1, "scalar", "test");
  private static final Offset<Double> CLOSE = within(1e-10);
  private static final Windows THREE = Windows.of(3).padding(1);

  @AfterAll
  static void close() {
    DEVICE.close();
  }

  private static Sequential images(Shape input, Layer... layers) {
    List<Layer> all = new ArrayList<>(List.of(layers));
    all.add(new Flatten());
    return new Sequential(input, all);
  }

  private static Map<String, HostTensor> random(Sequential net, long seed) {
    Random r = new Random(seed);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    net.initial(List.of(TrialKey.of(seed, "t")))
        .forEach(
            (name, v) -> {
              double[] values = v.toDouble().doubles().clone();
              for (int i = 0; i < values.length; i++) {
                values[i] = name.endsWith("variance") ? 0.2 + r.nextDouble() : r.nextGaussian();
              }
              params.put(name, HostTensor.of(v.shape(), values));
            });
    return params;
  }

  private static double bound(Sequential net, Map<String, HostTensor> p, Norm norm) {
    return HostNetworks.product(DEVICE, net, p, norm)[0];
  }

  /** Largest singular value, or row sum, of a network that is affine. */
  private static double exact(Sequential net, Map<String, HostTensor> p, Norm norm) {
    double[] x = new double[(int) net.input().size()];
    double[][] j = Differences.jacobian(DEVICE, net, p, x);
    return norm == Norm.L2 ? Patterns.norm(j) : Patterns.rowSum(j);
  }

  private static void checkExact(Sequential net, double slack) {
    for (long seed = 1; seed <= 3; seed++) {
      Map<String, HostTensor> p = random(net, seed);
      for (Norm norm : Norm.values()) {
        double truth = exact(net, p, norm);
        assertThat(bound(net, p, norm))
            .as("%s %s", norm, net)
            .isBetween(truth * (1 - 1e-8), truth * (1 + slack));
      }
    }
  }

  private static double constant(Sequential net, Norm norm) {
    return bound(net, random(net, 1), norm);
  }

  @Test
  void convolutionsAreSeenAsOneMap() {
    checkExact(images(Shape.of(5, 4, 2), new Conv2d(3, THREE)), 1e-8);
    checkExact(images(Shape.of(5, 4, 2), new Conv2d(3, Windows.of(2, 3).stride(2))), 1e-8);
    checkExact(images(Shape.of(5, 5, 4), new Conv2d(6, THREE.stride(2), 2)), 1e-8);
    checkExact(images(Shape.of(5, 5, 3), new Conv2d(3, THREE.dilation(2), 3)), 1e-8);
    Windows odd = Windows.of(4, 2).stride(1, 2).padding(2, 0, 1, 1);
    checkExact(images(Shape.of(5, 4, 2), new Conv2d(2, odd)), 1e-8);
  }

  /** A pixel adds up to n elements of windows: row sum n, singular value sqrt(n). */
  @Test
  void overlappingWindowsAddUp() {
    Windows w = Windows.of(3).stride(2, 1);
    Traced net =
        new Traced(
            72,
            40,
            (p, x) -> {
              int n = x.shape().dim(1);
              Value windows = F.reshape(x, Shape.of(1, n, 2, 2, 1, 3, 3, 2));
              return F.reshape(F.fold(windows, w, 1, 5, 4), Shape.of(1, n, 40));
            });
    assertThat(HostNetworks.product(DEVICE, net, Map.of(), Norm.L2)[0])
        .isCloseTo(Math.sqrt(4), CLOSE);
    assertThat(HostNetworks.product(DEVICE, net, Map.of(), Norm.LINF)[0]).isCloseTo(4, CLOSE);
    double[][] j = Differences.jacobian(DEVICE, net, Map.of(), new double[72]);
    assertThat(Patterns.norm(j)).isCloseTo(Math.sqrt(4), CLOSE);
    assertThat(Patterns.rowSum(j)).isCloseTo(4, CLOSE);
  }

  /** In the maximum norm products of norms are exact only for one map, so nets of one layer. */
  @Test
  void aFrozenBatchNormGoesIntoTheKernel() {
    checkExact(images(Shape.of(4, 4, 2), new Conv2d(3, THREE), new BatchNorm()), 1e-8);
    checkExact(images(Shape.of(4, 4, 4), new Conv2d(2, THREE, 2), new BatchNorm()), 1e-8);
    checkExact(images(Shape.of(3, 3, 2), new BatchNorm()), 1e-8);
  }

  /** max |scale| / sqrt(variance + epsilon), with the root, the epsilon and the absolute value. */
  @Test
  void batchNormAlone() {
    Sequential net = images(Shape.of(2, 2, 2), new BatchNorm(0.5, 0.1));
    Map<String, HostTensor> p = random(net, 1);
    p.put("0.scale", HostTensor.of(Shape.of(1, 2), new double[] {-3, 2}));
    p.put("0.variance", HostTensor.of(Shape.of(1, 2), new double[] {1.75, 0}));
    assertThat(bound(net, p, Norm.L2)).isCloseTo(2 / Math.sqrt(0.5), CLOSE);
    p.put("0.scale", HostTensor.of(Shape.of(1, 2), new double[] {-6, 2}));
    assertThat(bound(net, p, Norm.L2)).isCloseTo(4, CLOSE);
  }

  @Test
  void poolsHaveTheirClosedForms() {
    Shape image = Shape.of(6, 6, 2);
    for (int k = 2; k <= 3; k++) {
      Windows blocks = Windows.of(k).stride(k);
      assertThat(constant(images(image, new MaxPool2d(blocks)), Norm.L2)).isEqualTo(1);
      Sequential mean = images(image, new AveragePool2d(blocks, true));
      assertThat(constant(mean, Norm.L2)).isCloseTo(1.0 / k, CLOSE);
      checkExact(mean, 1e-8);
    }
    checkExact(images(image, new AveragePool2d(THREE.stride(2), true)), 1e-8);
    checkExact(images(image, new AveragePool2d(Windows.of(3, 2), true)), 1e-8);
    checkExact(images(Shape.of(4, 4, 1), new AveragePool2d(THREE, false)), 1.3);
    Sequential global = new Sequential(Shape.of(3, 5, 4), List.of(new GlobalAveragePool()));
    assertThat(constant(global, Norm.L2)).isCloseTo(1 / Math.sqrt(15), CLOSE);
    assertThat(constant(global, Norm.LINF)).isCloseTo(1, CLOSE);
  }

  /**
   * Windows of 3 at stride 2 hold a pixel up to four times, so the constant is 2 and not 1: one
   * pixel above all others moves four outputs.
   */
  @Test
  void overlappingMaxPoolingIsNotOne() {
    Sequential net = images(Shape.of(7, 7, 1), new MaxPool2d(THREE.stride(2)));
    double[] x = new double[49];
    x[3 * 7 + 3] = 1;
    HostTensor one = HostTensor.of(Shape.of(1, 7, 7, 1), x);
    Map<String, HostTensor> none = Map.of();
    double[][] slope = Differences.jacobian(DEVICE, net, none, one.doubles());
    double[] column = new double[slope.length];
    for (int i = 0; i < column.length; i++) {
      column[i] = slope[i][3 * 7 + 3];
    }
    double moved = Patterns.norm(new double[][] {column});
    assertThat(moved).isCloseTo(2, within(1e-6));
    assertThat(bound(net, none, Norm.L2)).isBetween(2.0, 2 + 1e-12);
    assertThat(bound(net, none, Norm.LINF)).isEqualTo(1);
  }

  @Test
  void residualBlocksAdd() {
    Sequential plain = images(Shape.of(4, 4, 2), new Conv2d(2, THREE));
    Sequential net = images(Shape.of(4, 4, 2), new Residual(List.of(new Conv2d(2, THREE))));
    Map<String, HostTensor> p = random(plain, 3);
    Map<String, HostTensor> inside = new LinkedHashMap<>();
    net.parameters().forEach(q -> inside.put(q.name(), p.get("0." + q.name().substring(4))));
    for (Norm norm : Norm.values()) {
      assertThat(bound(net, inside, norm)).isCloseTo(1 + bound(plain, p, norm), CLOSE);
    }
  }

  /** Every model of a pack has the bound it has alone. */
  @Test
  void modelsOfAPackAreTheirOwn() {
    Sequential net =
        new Sequential(
            Shape.of(6, 6, 2),
            List.of(
                new Conv2d(4, THREE),
                new BatchNorm(),
                Activation.RELU,
                new MaxPool2d(Windows.of(2).stride(2)),
                new Conv2d(4, THREE, 2),
                Activation.RELU,
                new GlobalAveragePool(),
                new Dense(3)));
    List<TrialKey> keys = List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t"));
    double[] both = HostNetworks.product(DEVICE, net, net.initial(keys), Norm.L2);
    for (int m = 0; m < 2; m++) {
      Map<String, HostTensor> one = net.initial(keys.subList(m, m + 1));
      assertThat(bound(net, one, Norm.L2)).isEqualTo(both[m]);
    }
    assertThat(both[0]).isNotEqualTo(both[1]);
  }

  private static HostTensor shifts(HostTensor like, Random r) {
    return HostTensor.of(like.shape(), r.doubles(like.shape().size(), -0.2, 0.5).toArray());
  }

  /** The whole of a residual network, all its layers by rules of their own. */
  @Test
  void aSmallResNetHasABoundAboveItsJacobian() {
    Sequential net = ResNet18.of(Shape.of(8, 8, 3), 2, 4);
    Map<String, HostTensor> p = net.initial(List.of(TrialKey.of(5, "t")));
    Random r = new Random(6);
    // Without shifts whole regions of dead units would lie on the kink.
    p.replaceAll((n, v) -> n.endsWith("shift") ? shifts(v, r) : v);
    double[] x = r.doubles(192).toArray();
    HostTensor sample = HostTensor.of(Shape.of(1, 8, 8, 3), x);
    for (Norm norm : Norm.values()) {
      JacobianNorms j = HostNetworks.jacobians(DEVICE, net, p, sample, norm);
      double above = bound(net, p, norm);
      assertThat(j.certified(0).orElseThrow()).isPositive().isLessThanOrEqualTo(above);
      assertThat(above).isFinite();
    }
  }
}
