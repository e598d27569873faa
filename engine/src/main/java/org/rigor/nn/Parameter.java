// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Philox;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A stored tensor of a network: trained by gradients, or a buffer that training keeps beside them,
 * such as running statistics.
 *
 * @param name unique in its network, such as {@code 0.weight}
 * @param shape extents without the model axis
 * @param start initial values
 * @param buffer true if optimisers leave it unchanged
 */
public record Parameter(String name, Shape shape, Start start, boolean buffer) {
  /** A trained tensor. */
  public Parameter(String name, Shape shape, Start start) {
    this(name, shape, start, false);
  }

  /** Returns a buffer: a tensor that a training forward pass replaces, see {@link Pass}. */
  public static Parameter buffer(String name, Shape shape, double start) {
    return new Parameter(name, shape, new Constant(start), true);
  }

  /** Returns the same parameter under a prefixed name. */
  Parameter in(String prefix) {
    return new Parameter(prefix + name, shape, start, buffer);
  }

  /** Initial values. */
  public sealed interface Start {}

  /** The same number everywhere. */
  public record Constant(double value) implements Start {}

  /**
   * Uniform in [-bound, bound). He et al. 2015, equation 10, as PyTorch applies it to linear
   * layers: bound = sqrt(1 / fan_in) for weights and biases alike.
   */
  public record Uniform(double bound) implements Start {}

  /** Normal with mean 0, by the Box-Muller transform of two uniforms. */
  public record Normal(double deviation) implements Start {}

  /**
   * The same values in every model.
   *
   * @param value [1, shape...]
   */
  public record Given(HostTensor value) implements Start {}

  /** Returns the type with M models. */
  public TensorType type(int models, DType dtype) {
    return new TensorType(dtype, shape.insert(0, models));
  }

  /**
   * Returns initial values, one row per key. Element i depends only on the key, the name and i,
   * never on the pack, the device or the other models.
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
        if (i % 4 == 0 && !(start instanceof Constant)) {
          Philox.block(i / 4, 0, 0, site, keys.get(m).k0(), keys.get(m).k1(), block, 0);
        }
        values[m * n + i] = (float) element(block, i % 4);
      }
    }
    return HostTensor.of(shape.insert(0, keys.size()), values);
  }

  private double element(int[] words, int i) {
    if (start instanceof Constant c) {
      return c.value();
    } else if (start instanceof Normal normal) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(unit(words[i & 2])));
      double angle = 2 * StrictMath.PI * unit(words[i | 1]);
      double side = (i & 1) == 0 ? StrictMath.cos(angle) : StrictMath.sin(angle);
      return normal.deviation() * radius * side;
    }
    return ((Uniform) start).bound() * (2 * (double) Philox.toFloat(words[i]) - 1);
  }

  /** Maps a random word to (0, 1). */
  private static double unit(int word) {
    return (Integer.toUnsignedLong(word) + 0.5) * 0x1p-32;
  }
}
