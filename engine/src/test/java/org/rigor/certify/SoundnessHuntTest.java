// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.linalg.ConvNorm;
import org.rigor.linalg.SpectralNorm;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.nn.Sequential;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * Looks for a certified number on the wrong side of the truth, over random small networks with
 * convolutions, padding, strides, dilation, groups, batch norm, residual blocks and pooling: many
 * models of one architecture at a time on the model axis, each with weights of its own. The truth
 * is {@link Plain}, attacked by random points, corners and projected ascent.
 *
 * <p>{@code -Drigor.hunt=10000} hunts over that many networks.
 */
class SoundnessHuntTest {
  private static final int MODELS = Integer.getInteger("rigor.hunt.models", 20);
  private static final int FEW = 120;
  private static final Certificate[] ALL = Margins.certificates();

  /** Counts what was compared, so that a hunt that compares nothing is no success. */
  private static final class Bag {
    int networks;
    int margins;
    int verified;
    int jacobians;
    int convolutions;

    String report() {
      return "%d networks, %d margins (%d verified), %d Jacobians, %d convolutions: no violation"
          .formatted(networks, margins, verified, jacobians, convolutions);
    }
  }

  @Test
  void noCertifiedNumberIsOnTheWrongSide() {
    int networks = Integer.getInteger("rigor.hunt", FEW);
    Bag bag = new Bag();
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      for (int seed = 1; bag.networks < networks; seed++) {
        Random r = new Random(seed);
        Sequential net = RandomNetworks.next(r);
        Margins m = new Margins(net, MODELS, 1);
        RandomNetworks.fill(m, r);
        margins(m, r, seed, bag);
        constants(device, m, r, seed, bag);
        convolutions(m, seed, bag);
        bag.networks += MODELS;
        if (bag.networks % 1000 == 0 || bag.networks >= networks) {
          System.out.println(bag.report());
        }
      }
    }
    assertThat(bag.verified).isBetween(bag.margins / 5, bag.margins * 4 / 5);
    assertThat(bag.jacobians).isGreaterThan(bag.networks / 2);
    assertThat(bag.convolutions).isGreaterThan(bag.networks / 5);
  }

  /** No point of the region has a margin below a certificate's. */
  private static void margins(Margins m, Random r, int seed, Bag bag) {
    m.norm = seed % 3 == 0 ? Norm.L2 : Norm.LINF;
    List<double[]> lower = m.lower(ALL);
    double[] least = Hunter.leastMargins(m, r);
    for (int c = 0; c < ALL.length; c++) {
      for (int i = 0; i < least.length; i++) {
        bag.margins++;
        bag.verified += lower.get(c)[i] > 0 ? 1 : 0;
        assertThat(lower.get(c)[i])
            .as("%s, seed %d, model %d: %s", ALL[c].name(), seed, i, m.network)
            .isLessThanOrEqualTo(least[i] + 1e-12 * (1 + Math.abs(least[i])));
      }
    }
  }

  /**
   * Certified Jacobian norms are no more than the slope that differences show, and product bounds
   * no less than any slope between two points.
   */
  private static void constants(Device device, Margins m, Random r, int seed, Bag bag) {
    Sequential net = (Sequential) m.network;
    int d = m.features();
    Norm norm = seed % 2 == 0 ? Norm.L2 : Norm.LINF;
    double[] bound = HostNetworks.product(device, net, m.params, norm);
    double[] x = Arrays.copyOf(m.x, d);
    HostTensor point = HostTensor.of(net.input().insert(0, 1), x);
    JacobianNorms j = HostNetworks.jacobians(device, net, m.params, point, norm);
    for (int model = 0; model < m.models; model++) {
      String what = "%s, seed %d, model %d: %s".formatted(norm, seed, model, net);
      Plain plain = new Plain(m.params, model);
      double steepest = Hunter.steepest(plain, net, norm, r);
      assertThat(bound[model]).as(what).isGreaterThanOrEqualTo(steepest * (1 - 1e-9));
      double lower = j.lower()[0].length == 0 ? 0 : j.lower()[model][0];
      if (!Double.isNaN(lower)) {
        double wide = Hunter.slope(plain, net, norm, x, 1e-6);
        double narrow = Hunter.slope(plain, net, norm, x, 1e-7);
        boolean smooth = Math.abs(wide - narrow) < 1e-6 * (1e-3 + wide);
        bag.jacobians += smooth ? 1 : 0;
        assertThat(!smooth || lower <= narrow * (1 + 1e-4) + 1e-6)
            .as(what + lower + narrow)
            .isTrue();
        assertThat(lower).as(what).isLessThanOrEqualTo(bound[model]);
      }
    }
  }

  /** The norm of each convolution against the singular values of its matrix. */
  private static void convolutions(Margins m, int seed, Bag bag) {
    for (RandomNetworks.Placed conv : RandomNetworks.convolutions((Sequential) m.network)) {
      Map<String, HostTensor> unbiased = new LinkedHashMap<>(m.params);
      String bias = conv.prefix() + "bias";
      unbiased.put(bias, HostTensor.zeros(m.params.get(bias).type()));
      HostTensor weight = m.params.get(conv.prefix() + "weight");
      int n = (int) (weight.shape().size() / weight.shape().models());
      for (int model = 0; model < m.models; model += 4) {
        Plain plain = new Plain(unbiased, model);
        Shape in = conv.input();
        double[][] columns = new double[(int) in.size()][];
        for (int i = 0; i < columns.length; i++) {
          double[] unit = new double[columns.length];
          unit[i] = 1;
          columns[i] = plain.layer(conv.layer(), conv.prefix(), in, unit);
        }
        double[] flat = Arrays.stream(columns).flatMapToDouble(Arrays::stream).toArray();
        double exact = SpectralNorm.svd(flat, columns.length, columns[0].length);
        double[] kernel = Arrays.copyOfRange(weight.doubles(), model * n, model * n + n);
        String what = "seed %d, model %d: %s on %s".formatted(seed, model, conv.layer(), in);
        assertThat(ConvNorm.upper(kernel, conv.shape()))
            .as(what)
            .isGreaterThanOrEqualTo(exact * (1 - 1e-12));
        assertThat(ConvNorm.lower(kernel, conv.shape(), 5))
            .as(what)
            .isLessThanOrEqualTo(exact * (1 + 1e-12));
        bag.convolutions++;
      }
    }
  }
}
