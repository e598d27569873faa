// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Philox;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A trained tensor of a network.
 *
 * @param name unique in its network, such as {@code 0.weight}
 * @param shape extents without the model axis
 * @param start how it begins
 */
public record Parameter(String name, Shape shape, Start start) {
  /** Initial values. */
  public sealed interface Start {}

  /** The same number everywhere. */
  public record Constant(double value) implements Start {}

  /**
   * Uniform in [-bound, bound). He et al. 2015, equation 10, as PyTorch applies it to linear
   * layers: bound = sqrt(1 / fan_in) for weights and biases alike.
   */
  public record Uniform(double bound) implements Start {}

  /**
   * The same values in every model.
   *
   * @param value [1, shape...]
   */
  public record Given(HostTensor value) implements Start {}

  /** Type with M models. */
  public TensorType type(int models, DType dtype) {
    return new TensorType(dtype, shape.insert(0, models));
  }

  /**
   * Initial values of one row a key: element i of the parameter is a function of the key, the name
   * and i alone, so it does not depend on the pack, the device or the other models.
   */
  public HostTensor initial(List<TrialKey> keys) {
    int n = Math.toIntExact(shape.size());
    if (start instanceof Given g) {
      HostTensor all =
          HostTensor.zeros(new TensorType(g.value().dtype(), shape.insert(0, keys.size())));
      for (int m = 0; m < keys.size(); m++) {
        System.arraycopy(g.value().array(), 0, all.array(), m * n, n);
      }
      return all;
    }
    float[] values = new float[Math.multiplyExact(n, keys.size())];
    int site = TrialKey.site("init/" + name);
    int[] block = new int[4];
    for (int m = 0; m < keys.size(); m++) {
      for (int i = 0; i < n; i++) {
        if (start instanceof Constant c) {
          values[m * n + i] = (float) c.value();
        } else {
          double bound = ((Uniform) start).bound();
          if (i % 4 == 0) {
            Philox.block(i / 4, 0, 0, site, keys.get(m).k0(), keys.get(m).k1(), block, 0);
          }
          values[m * n + i] = (float) (bound * (2 * (double) Philox.toFloat(block[i % 4]) - 1));
        }
      }
    }
    return HostTensor.of(shape.insert(0, keys.size()), values);
  }
}
