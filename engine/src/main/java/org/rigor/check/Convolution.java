// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.Arrays;
import java.util.List;

/** Conv of images [1, C, H, W] with constant weights. */
final class Convolution {
  private Convolution() {}

  static void read(Graph g, Model.Node n) {
    int from = g.input(n, 0);
    Model.Array w = g.constant(n, 1);
    int[] s = g.shape(from);
    int[] k = w.shape();
    String padding = String.valueOf(n.attributes().getOrDefault("auto_pad", "NOTSET"));
    if (s.length != 4 || s[0] != 1 || k.length != 4 || !padding.matches("NOTSET|VALID")) {
      throw g.refusal(n, "its input must be one image, padded by numbers");
    }
    int[] stride = n.integers("strides", 1, 1);
    int[] dilation = n.integers("dilations", 1, 1);
    int[] pads = padding.equals("VALID") ? new int[4] : n.integers("pads", 0, 0, 0, 0);
    int groups = n.integer("group", 1);
    int height = out(s[2], k[2], stride[0], dilation[0], pads[0] + pads[2]);
    int width = out(s[3], k[3], stride[1], dilation[1], pads[1] + pads[3]);
    if (k[1] * groups != s[1] || k[0] % groups != 0 || height < 1 || width < 1) {
      throw g.refusal(n, "its sizes do not fit");
    }
    Matrix m = new Matrix(Graph.size(s));
    for (int o = 0; o < k[0]; o++) {
      int first = o / (k[0] / groups) * k[1];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int top = y * stride[0] - pads[0];
          int left = x * stride[1] - pads[1];
          window(m, w, s, o, first, top, left, dilation);
          m.endRow();
        }
      }
    }
    double[] constant = new double[m.rows()];
    if (n.inputs().size() > 2 && !n.inputs().get(2).isEmpty()) {
      double[] bias = g.constant(n, 2).data();
      Arrays.setAll(constant, i -> bias[i / (height * width)]);
    }
    Step step = new Step.Affine(List.of(new Step.Part(from, m)), constant, 0);
    g.define(n, step, 1, k[0], height, width);
  }

  private static void window(
      Matrix m, Model.Array w, int[] s, int o, int first, int top, int left, int... dilation) {
    int[] k = w.shape();
    for (int c = 0; c < k[1]; c++) {
      for (int i = 0; i < k[2]; i++) {
        int y = top + i * dilation[0];
        for (int j = 0; y >= 0 && y < s[2] && j < k[3]; j++) {
          int x = left + j * dilation[1];
          if (x >= 0 && x < s[3]) {
            m.put(
                ((first + c) * s[2] + y) * s[3] + x,
                w.data()[((o * k[1] + c) * k[2] + i) * k[3] + j]);
          }
        }
      }
    }
  }

  private static int out(int size, int kernel, int stride, int dilation, int pads) {
    return Math.floorDiv(size + pads - dilation * (kernel - 1) - 1, stride) + 1;
  }
}
