// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import java.util.Arrays;
import org.rigor.ir.Lowering;

/** {@code mlp_gradient.cu} in plain Java, for one model. */
final class GradientReference implements Lowering.Reference {
  private final MlpLayout layout;
  private final int batch;

  GradientReference(MlpLayout layout, int batch) {
    this.layout = layout;
    this.batch = batch;
  }

  @Override
  public void run(Lowering.Block[] in, Lowering.Block out) {
    int padded = MlpLayout.padded(batch);
    int parts = parts();
    float[] to = out.floats();
    Arrays.fill(to, out.offset(), out.offset() + parts + 2 * padded, 0);
    SamplePass pass = new SamplePass(layout.widths(), in, 3);
    float smoothing = in[2].floats()[in[2].offset()];
    float[] tile = new float[parts];
    for (int first = 0; first < batch; first += layout.rows()) {
      Arrays.fill(tile, 0);
      for (int row = first; row < Math.min(batch, first + layout.rows()); row++) {
        int inputs = layout.widths().get(0);
        System.arraycopy(
            in[0].floats(), in[0].offset() + row * inputs, pass.activation[0], 0, inputs);
        pass.forward();
        float top = pass.top(-1);
        float sum = pass.exponentials(top);
        int label = in[1].ints()[in[1].offset() + row];
        to[out.offset() + parts + row] = top - loss(pass, label, smoothing, sum);
        to[out.offset() + parts + padded + row] = sum;
        pass.backward(1);
        add(pass, tile);
      }
      for (int i = 0; i < parts; i++) {
        to[out.offset() + i] = first == 0 ? tile[i] : to[out.offset() + i] + tile[i];
      }
    }
  }

  /**
   * Computes the gradient of the logits from their exponentials; returns the sum of target x logit.
   */
  private float loss(SamplePass pass, int label, float smoothing, float sum) {
    float[] d = pass.gradient[pass.layers()];
    float[] picked = new float[SamplePass.LANES];
    float even = smoothing * (1f / d.length);
    for (int c = 0; c < d.length; c++) {
      float target = (c == label ? 1 - smoothing : 0) + even;
      picked[c % picked.length] = Math.fma(target, pass.logits()[c], picked[c % picked.length]);
      d[c] = (d[c] / sum - target) / batch;
    }
    return SamplePass.sum(picked);
  }

  private void add(SamplePass pass, float[] tile) {
    int at = 0;
    for (int l = 0; l < pass.layers(); l++) {
      float[] a = pass.activation[l];
      float[] g = pass.gradient[l + 1];
      for (int k = 0; k < a.length; k++) {
        for (int n = 0; n < g.length; n++) {
          tile[at + k * g.length + n] = Math.fma(a[k], g[n], tile[at + k * g.length + n]);
        }
      }
      at += MlpLayout.padded(a.length * g.length);
      for (int n = 0; n < g.length; n++) {
        tile[at + n] += g[n];
      }
      at += MlpLayout.padded(g.length);
    }
  }

  private int parts() {
    int n = 0;
    for (int l = 0; l + 1 < layout.widths().size(); l++) {
      int width = layout.widths().get(l + 1);
      n += MlpLayout.padded(layout.widths().get(l) * width) + MlpLayout.padded(width);
    }
    return n;
  }
}
