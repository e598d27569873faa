// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import java.util.List;
import org.rigor.ir.Lowering;

/**
 * Forward and backward pass of one sample through one model, in plain Java, with the roundings and
 * the order of {@code mlp.cuh}.
 */
final class SamplePass {
  /** Threads that share a sample outside the products, and parts of a logit's sum. */
  static final int LANES = 4;

  private final List<Integer> list;
  private final int[] widths;
  private final Lowering.Block[] weights;
  private final Lowering.Block[] biases;

  /** Activations after each layer; 0 is the input. ReLU is applied to all but the last. */
  final float[][] activation;

  /** Derivatives of the loss by each activation; for hidden layers, by the pre-activation. */
  final float[][] gradient;

  /**
   * @param from operand of the first weight
   */
  SamplePass(List<Integer> widths, Lowering.Block[] in, int from) {
    int layers = widths.size() - 1;
    this.list = widths;
    this.widths = widths.stream().mapToInt(Integer::intValue).toArray();
    this.weights = new Lowering.Block[layers];
    this.biases = new Lowering.Block[layers];
    this.activation = new float[layers + 1][];
    this.gradient = new float[layers + 1][];
    for (int l = 0; l < layers; l++) {
      weights[l] = in[from + 2 * l];
      biases[l] = in[from + 2 * l + 1];
    }
    for (int l = 0; l <= layers; l++) {
      activation[l] = new float[this.widths[l]];
      gradient[l] = new float[this.widths[l]];
    }
  }

  int layers() {
    return weights.length;
  }

  float[] logits() {
    return activation[layers()];
  }

  private float weight(int layer, int k, int n) {
    return weights[layer].floats()[weights[layer].offset() + k * widths[layer + 1] + n];
  }

  void forward() {
    for (int l = 0; l < layers(); l++) {
      for (int n = 0; n < widths[l + 1]; n++) {
        float b = biases[l].floats()[biases[l].offset() + n];
        if (l == layers() - 1) {
          activation[l + 1][n] = inParts(l, n) + b;
        } else {
          float z = inChains(l, n) + b;
          activation[l + 1][n] = z < 0 ? 0 : z;
        }
      }
    }
  }

  private float inParts(int l, int n) {
    int padded = MlpLayout.padded(widths[l]);
    int quarter = (padded / 4 + LANES - 1) / LANES * 4;
    float[] p = new float[LANES];
    for (int i = 0; i < LANES; i++) {
      p[i] = chain(l, n, i * quarter, Math.min(widths[l], (i + 1) * quarter));
    }
    return (p[0] + p[1]) + (p[2] + p[3]);
  }

  private float inChains(int l, int n) {
    if (MlpLayout.padded(widths[l]) < MlpLayout.TWO_CHAINS) {
      return chain(l, n, 0, widths[l]);
    }
    int half = MlpLayout.half(widths[l]);
    return chain(l, n, 0, half) + chain(l, n, half, widths[l]);
  }

  private float chain(int l, int n, int from, int to) {
    float acc = 0;
    for (int k = from; k < to; k++) {
      acc = Math.fma(activation[l][k], weight(l, k, n), acc);
    }
    return acc;
  }

  /** Propagates the gradient of the logits back to activation {@code last}. */
  void backward(int last) {
    for (int l = layers() - 1; l >= last; l--) {
      boolean two = MlpLayout.twoChainsBack(list, l);
      int half = two ? MlpLayout.half(widths[l + 1]) : widths[l + 1];
      for (int k = 0; k < widths[l]; k++) {
        float acc = back(l, k, 0, half);
        if (two) {
          acc += back(l, k, half, widths[l + 1]);
        }
        boolean passes = l == 0 || activation[l][k] > 0;
        gradient[l][k] = passes ? acc : 0;
      }
    }
  }

  private float back(int l, int k, int from, int to) {
    float acc = 0;
    for (int n = from; n < to; n++) {
      acc = Math.fma(gradient[l + 1][n], weight(l, k, n), acc);
    }
    return acc;
  }

  /** Returns the largest logit (NaN if one is), excluding class {@code without}. */
  float top(int without) {
    float top = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < logits().length; c++) {
      float v = logits()[c];
      if (c != without && (Float.isNaN(v) || v > top)) {
        top = v;
      }
    }
    return top;
  }

  /** Stores e^(z - top) of each class in the gradient of the logits; returns their sum. */
  float exponentials(float top) {
    float[] e = gradient[layers()];
    float[] lanes = new float[LANES];
    for (int c = 0; c < e.length; c++) {
      e[c] = expNegative(logits()[c] - top);
      lanes[c % LANES] += e[c];
    }
    return sum(lanes);
  }

  static float sum(float[] lanes) {
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  }

  /** Computes e^v for v &lt;= 0 by the engine's expression (org.rigor.ir.fn.ExpTrees). */
  private static float expNegative(float x) {
    float v = x < -104 ? -104 : x;
    float shifted = Math.fma(v, 0x1.715476p0f, 0x1.8p23f);
    float n = shifted - 0x1.8p23f;
    float r = Math.fma(n, -0x1.62ep-1f, v);
    r = Math.fma(n, -0x1.0bfbe8p-15f, r);
    float p = 0x1.6a23dep-10f;
    p = Math.fma(p, r, 0x1.123a0ap-7f);
    p = Math.fma(p, r, 0x1.5558f2p-5f);
    p = Math.fma(p, r, 0x1.555492p-3f);
    p = Math.fma(p, r, 0x1.fffffcp-2f);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    int bits = (Float.floatToRawIntBits(shifted) << 23) + ((127 + 32) << 23);
    return p * Float.intBitsToFloat(bits) * 0x1p-32f;
  }
}
