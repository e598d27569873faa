// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import org.rigor.ir.Lowering;

/** {@code mlp_pgd.cu} in plain Java, for one model. */
final class AttackReference implements Lowering.Reference {
  private final MlpAttack op;
  private final int batch;
  private final boolean perSample;
  private final int inputs;

  /**
   * @param perSample whether epsilon and step size are given per sample
   */
  AttackReference(MlpAttack op, int batch, boolean perSample) {
    this.op = op;
    this.batch = batch;
    this.perSample = perSample;
    this.inputs = op.layout().widths().get(0);
  }

  @Override
  public void run(Lowering.Block[] in, Lowering.Block out) {
    int columns = inputs + (op.slots() ? 2 : 0);
    SamplePass pass = new SamplePass(op.layout().widths(), in, op.slots() ? 7 : 5);
    for (int row = 0; row < batch; row++) {
      float[] x = pass.activation[0];
      System.arraycopy(in[0].floats(), in[0].offset() + row * inputs, x, 0, inputs);
      int label = in[2].ints()[in[2].offset() + row];
      float epsilon = in[3].floats()[in[3].offset() + (perSample ? row : 0)];
      float size = in[4].floats()[in[4].offset() + (perSample ? row : 0)];
      int stage = op.slots() ? in[5].ints()[in[5].offset() + row] : MlpAttack.RUNNING;
      int iteration = op.slots() ? in[6].ints()[in[6].offset() + row] : 0;
      for (int step = 0; step < op.steps() && stage == MlpAttack.RUNNING; step++) {
        pass.forward();
        float margin = pass.top(label) - pass.logits()[label];
        // A NaN margin counts as fooled: the network names no class.
        if (op.slots() && !(margin <= 0)) {
          stage = MlpAttack.FOOLED;
        } else if (op.slots() && iteration >= op.limit()) {
          stage = MlpAttack.EXHAUSTED;
        } else {
          iteration++;
          loss(pass, label);
          pass.backward(0);
          move(pass.gradient[0], x, in[1], row, epsilon, size);
        }
      }
      int at = out.offset() + row * columns;
      System.arraycopy(x, 0, out.floats(), at, inputs);
      if (op.slots()) {
        out.floats()[at + inputs] = iteration;
        out.floats()[at + inputs + 1] = stage;
      }
    }
  }

  /** Computes the gradient of the loss by the logits. */
  private void loss(SamplePass pass, int label) {
    float[] z = pass.logits();
    float[] d = pass.gradient[pass.layers()];
    if (op.goal().margin()) {
      float wrong = pass.top(label);
      int ties = 0;
      for (int c = 0; c < z.length; c++) {
        ties += c != label && z[c] == wrong ? 1 : 0;
      }
      float nan = 0 * (wrong - z[label]);
      for (int c = 0; c < z.length; c++) {
        float share = c != label && z[c] == wrong ? 1f / ties : 0;
        d[c] = share - (c == label ? 1 : 0) + nan;
      }
      return;
    }
    float total = pass.exponentials(pass.top(-1));
    for (int c = 0; c < z.length; c++) {
      d[c] = d[c] / total - (c == label ? 1 : 0);
    }
  }

  private void move(
      float[] g, float[] x, Lowering.Block clean, int row, float epsilon, float size) {
    float[] x0 = clean.floats();
    int at = clean.offset() + row * inputs;
    if (op.goal().euclidean()) {
      float n = length(g);
      for (int k = 0; k < inputs; k++) {
        float direction = n > 0 ? g[k] / n : 0;
        g[k] = x[k] + direction * size - x0[at + k];
      }
      float far = length(g);
      float shrink = epsilon / far;
      for (int k = 0; k < inputs; k++) {
        x[k] = kept(boxed(x0[at + k] + (far > epsilon ? g[k] * shrink : g[k])), x[k]);
      }
      return;
    }
    for (int k = 0; k < inputs; k++) {
      float direction = g[k] > 0 ? 1 : g[k] < 0 ? -1 : g[k];
      float moved = x[k] + direction * size;
      x[k] = kept(boxed(clamp(moved, x0[at + k] - epsilon, x0[at + k] + epsilon)), x[k]);
    }
  }

  /** Returns the next iterate; a slot's iterate stays where the gradient is NaN. */
  private float kept(float next, float x) {
    return op.slots() && Float.isNaN(next) ? x : next;
  }

  private float boxed(float v) {
    return clamp(v, op.lower(), op.upper());
  }

  private static float clamp(float v, float lower, float upper) {
    float up = v < lower ? lower : v;
    return up > upper ? upper : up;
  }

  /**
   * Returns the Euclidean length, scaled by the largest element as in {@code
   * org.rigor.threat.Norm}.
   */
  private static float length(float[] d) {
    float largest = 0;
    for (float v : d) {
      float a = Math.abs(v);
      largest = Float.isNaN(a) || a > largest ? a : largest;
    }
    float scale = largest > 0 ? largest : 1;
    float[] lanes = new float[SamplePass.LANES];
    for (int k = 0; k < d.length; k++) {
      float u = d[k] / scale;
      lanes[k % lanes.length] = Math.fma(u, u, lanes[k % lanes.length]);
    }
    return scale * (float) Math.sqrt(SamplePass.sum(lanes));
  }
}
