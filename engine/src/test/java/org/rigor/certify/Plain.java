// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
import org.rigor.op.Windows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Networks in plain Java, in double, written from the definitions of their layers: what the engine
 * is held against.
 *
 * @param params by name, [M, shape...], F64
 * @param model row of M
 */
record Plain(Map<String, HostTensor> params, int model) {
  double[] network(Sequential net, double[] x) {
    return layers(net.layers(), "", net.input(), x);
  }

  private double[] layers(List<Layer> layers, String prefix, Shape input, double[] x) {
    Shape at = input;
    double[] h = x;
    for (int i = 0; i < layers.size(); i++) {
      h = layer(layers.get(i), prefix + i + ".", at, h);
      at = layers.get(i).output(at);
    }
    return h;
  }

  /** One layer on one sample of shape {@code in}. */
  double[] layer(Layer layer, String prefix, Shape in, double[] h) {
    if (layer instanceof Flatten) {
      return h;
    } else if (layer instanceof Activation a) {
      return Arrays.stream(h).map(t -> activate(a, t)).toArray();
    } else if (layer instanceof Residual r) {
      double[] out = layers(r.block(), prefix, in, h);
      double[] beside = layers(r.shortcut(), prefix + "shortcut.", in, h);
      for (int i = 0; i < out.length; i++) {
        out[i] += beside[i];
      }
      return out;
    } else if (layer instanceof BatchNorm norm) {
      return batchNorm(norm, prefix, in.dim(-1), h);
    } else if (layer instanceof Conv2d conv) {
      return conv(conv, prefix, in, h);
    } else if (layer instanceof MaxPool2d pool) {
      return pool(pool.windows(), in, h, true, false);
    } else if (layer instanceof AveragePool2d pool) {
      return pool(pool.windows(), in, h, false, pool.countPadding());
    } else if (layer instanceof GlobalAveragePool) {
      return pool(Windows.of(in.dim(0), in.dim(1)), in, h, false, true);
    } else if (layer instanceof Dense d) {
      return dense(d, prefix, h);
    }
    throw new IllegalArgumentException(layer.toString());
  }

  /** This model's row of a parameter. */
  private double[] of(String name) {
    HostTensor t = params.get(name);
    int n = Math.toIntExact(t.shape().size() / t.shape().models());
    int at = t.shape().models() == 1 ? 0 : model * n;
    return Arrays.copyOfRange(t.doubles(), at, at + n);
  }

  private static double activate(Activation a, double t) {
    return switch (a) {
      case RELU -> Math.max(0, t);
      case LEAKY_RELU -> t >= 0 ? t : 0.01 * t;
      case TANH -> Math.tanh(t);
      case SIGMOID -> 1 / (1 + Math.exp(-t));
      default -> throw new IllegalArgumentException(a.toString());
    };
  }

  private double[] dense(Dense layer, String prefix, double[] h) {
    int n = layer.outputs();
    double[] out = of(prefix + "bias");
    double[] weight = of(prefix + "weight");
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < h.length; i++) {
        out[j] += h[i] * weight[i * n + j];
      }
    }
    return out;
  }

  private double[] batchNorm(BatchNorm norm, String prefix, int channels, double[] h) {
    double[] out = new double[h.length];
    double[] mean = of(prefix + "mean");
    double[] variance = of(prefix + "variance");
    double[] scale = of(prefix + "scale");
    double[] shift = of(prefix + "shift");
    for (int i = 0; i < h.length; i++) {
      int c = i % channels;
      double unit = (h[i] - mean[c]) / Math.sqrt(variance[c] + norm.epsilon());
      out[i] = unit * scale[c] + shift[c];
    }
    return out;
  }

  private double[] conv(Conv2d layer, String prefix, Shape in, double[] h) {
    Windows w = layer.windows();
    int channels = in.dim(2);
    int own = channels / layer.groups();
    int part = layer.outputs() / layer.groups();
    Shape to = layer.output(in);
    double[] out = new double[(int) to.size()];
    double[] weight = of(prefix + "weight");
    double[] bias = layer.bias() ? of(prefix + "bias") : new double[layer.outputs()];
    for (int at = 0; at < out.length; at++) {
      int o = at % layer.outputs();
      int x = at / layer.outputs() % to.dim(1);
      int y = at / layer.outputs() / to.dim(1);
      out[at] = bias[o];
      for (int tap = 0; tap < w.taps(); tap++) {
        int row = y * w.strideH() - w.top() + tap / w.width() * w.dilationH();
        int col = x * w.strideW() - w.left() + tap % w.width() * w.dilationW();
        if (row >= 0 && row < in.dim(0) && col >= 0 && col < in.dim(1)) {
          for (int c = 0; c < own; c++) {
            double value = h[(row * in.dim(1) + col) * channels + o / part * own + c];
            out[at] += value * weight[(tap * own + c) * layer.outputs() + o];
          }
        }
      }
    }
    return out;
  }

  private static double[] pool(Windows w, Shape in, double[] h, boolean max, boolean padding) {
    int channels = in.dim(2);
    int columns = w.columns(in.dim(1));
    double[] out = new double[w.rows(in.dim(0)) * columns * channels];
    for (int at = 0; at < out.length; at++) {
      int y = at / channels / columns;
      int x = at / channels % columns;
      double most = Double.NEGATIVE_INFINITY;
      double sum = 0;
      int pixels = 0;
      for (int tap = 0; tap < w.taps(); tap++) {
        int row = y * w.strideH() - w.top() + tap / w.width() * w.dilationH();
        int col = x * w.strideW() - w.left() + tap % w.width() * w.dilationW();
        if (row >= 0 && row < in.dim(0) && col >= 0 && col < in.dim(1)) {
          double v = h[(row * in.dim(1) + col) * channels + at % channels];
          most = Math.max(most, v);
          sum += v;
          pixels++;
        }
      }
      out[at] = max ? most : sum / (padding ? w.taps() : pixels);
    }
    return out;
  }
}
