// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * J draws of a network's weights for each of M trials. The prediction is the mean of the draws'
 * softmax.
 *
 * @param name short, such as {@code hmc}
 * @param standing what the draws may claim to be
 * @param how method and choices, such as Hessian and predictive, in words
 * @param draws [M, J, shape...] by name, in double
 */
public record Predictor(
    String name, Standing standing, String how, Network network, Map<String, HostTensor> draws) {
  public Predictor {
    draws = Map.copyOf(draws);
    Shape lead = null;
    for (Parameter p : network.parameters()) {
      HostTensor w = draws.get(p.name());
      if (w == null || w.shape().rank() != p.shape().rank() + 2) {
        throw new IllegalArgumentException(
            "predictor "
                + name
                + ": parameter '"
                + p.name()
                + "' needs draws [M, J, "
                + p.shape()
                + "], got "
                + w);
      }
      Shape own = Shape.of(w.shape().dim(0), w.shape().dim(1));
      Shape rest = w.shape().remove(0).remove(0);
      if (!rest.equals(p.shape()) || (lead != null && !lead.equals(own))) {
        throw new IllegalArgumentException(
            "predictor " + name + ": draws of '" + p.name() + "' have the shape " + w.shape());
      }
      lead = own;
    }
  }

  /**
   * Returns a predictor whose draws are trained networks: rows of the model axis, with the members
   * of a trial adjacent.
   *
   * @param rows [M * J, shape...] by name
   */
  public static Predictor ofRows(
      String name,
      Standing standing,
      String how,
      Network network,
      Map<String, HostTensor> rows,
      int trials) {
    Map<String, HostTensor> draws = new LinkedHashMap<>();
    rows.forEach(
        (key, w) -> {
          int members = w.shape().models() / trials;
          Shape s = w.shape().with(0, members).insert(0, trials);
          draws.put(key, w.toDouble().reshape(s));
        });
    return new Predictor(name, standing, how, network, draws);
  }

  /** Returns the number of trials M. */
  public int trials() {
    return shape().dim(0);
  }

  /** Returns the number of draws J of each trial. */
  public int count() {
    return shape().dim(1);
  }

  private Shape shape() {
    return draws.get(network.parameters().get(0).name()).shape();
  }

  /** Returns the mean as one network, whose parameters are {@link #draws}. */
  public MeanNetwork mean() {
    return new MeanNetwork(network, count());
  }

  /** Returns some of the draws of each trial. */
  public Predictor part(int from, int to) {
    Map<String, HostTensor> some = new LinkedHashMap<>();
    draws.forEach(
        (key, w) -> {
          int n = (int) (w.shape().size() / w.shape().dim(0) / w.shape().dim(1));
          HostTensor out =
              HostTensor.zeros(new TensorType(w.dtype(), w.shape().with(1, to - from)));
          for (int m = 0; m < trials(); m++) {
            System.arraycopy(
                w.array(),
                (m * count() + from) * n,
                out.array(),
                m * (to - from) * n,
                (to - from) * n);
          }
          some.put(key, out);
        });
    return new Predictor(name, standing, how, network, some);
  }
}
