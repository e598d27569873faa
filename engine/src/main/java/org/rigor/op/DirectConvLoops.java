// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rigor.ir.Lowering;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Launches of {@link DirectConv} and {@link DirectConvAdjoint}, and the same computation in plain
 * Java.
 */
final class DirectConvLoops {
  static final int THREADS = 128;

  /**
   * Channels per thread, as in {@code conv.cu}; so are {@link #PASSES}, the pixels of an item over
   * those a block takes at once.
   */
  private static final int EACH = 8;

  private static final int PASSES = 8;

  /** Links per chain. */
  private static final int BLOCK = 256;

  private final Windows w;
  private final int images;
  private final int rows;
  private final int columns;
  private final int channels;
  private final int outRows;
  private final int outColumns;
  private final int outputs;

  /**
   * @param x images [M, B, H, W, C]
   * @param y images [M, B, OH, OW, O]
   */
  DirectConvLoops(Windows w, Shape x, Shape y) {
    this.w = w;
    this.images = x.dim(1);
    this.rows = x.dim(2);
    this.columns = x.dim(3);
    this.channels = x.dim(4);
    this.outRows = y.dim(2);
    this.outColumns = y.dim(3);
    this.outputs = y.dim(4);
  }

  /** Returns the number of threads that share a pixel. */
  static int groups(int channels) {
    return (channels + EACH - 1) / EACH;
  }

  /**
   * Returns the bytes of shared memory per block for kernels [M, KH, KW, C, O], the larger of both
   * directions.
   */
  static long sharedBytes(Shape w, int bytes) {
    long taps = (long) w.dim(1) * w.dim(2);
    long forth = (long) w.dim(3) * groups(w.dim(4)) * EACH;
    long back = (long) w.dim(4) * groups(w.dim(3)) * EACH;
    return taps * Math.max(forth, back) * bytes;
  }

  Lowering.Launch direct(DType dtype) {
    long bytes = (long) w.taps() * channels * groups(outputs) * EACH * dtype.bytes();
    int pixels = images * outRows * outColumns;
    return launch("conv_direct", bytes, pixels, outputs, new Lowering.Items(images, this::forth));
  }

  Lowering.Launch adjoint(DType dtype) {
    long bytes = (long) w.taps() * outputs * groups(channels) * EACH * dtype.bytes();
    int pixels = images * rows * columns;
    return launch("conv_adjoint", bytes, pixels, channels, new Lowering.Items(images, this::back));
  }

  private Lowering.Launch launch(
      String entry, long bytes, int pixels, int channelsOut, Lowering.Reference reference) {
    int each = THREADS / groups(channelsOut) * PASSES;
    List<Integer> params =
        List.of(
            images,
            rows,
            columns,
            channels,
            outRows,
            outColumns,
            outputs,
            w.height(),
            w.width(),
            w.strideH(),
            w.strideW(),
            w.dilationH(),
            w.dilationW(),
            w.top(),
            w.left());
    return new Lowering.Launch(
        "conv.cu",
        entry,
        (pixels + each - 1) / each,
        params,
        Optional.of(new Lowering.Blocks(THREADS, Math.toIntExact(bytes))),
        reference);
  }

  /**
   * F32 or F64 elements read as double: floats are held exactly, and each operation rounds to the
   * element type.
   */
  private record Numbers(Lowering.Block block) {
    double get(int i) {
      return block.array() instanceof float[] f
          ? f[block.offset() + i]
          : block.doubles()[block.offset() + i];
    }

    void set(int i, double v) {
      if (block.array() instanceof float[] f) {
        f[block.offset() + i] = (float) v;
      } else {
        block.doubles()[block.offset() + i] = v;
      }
    }

    double fma(double a, double b, double c) {
      return single() ? Math.fma((float) a, (float) b, (float) c) : Math.fma(a, b, c);
    }

    double add(double a, double b) {
      return single() ? (float) a + (float) b : a + b;
    }

    private boolean single() {
      return block.array() instanceof float[];
    }
  }

  /** Blocked fma chains, one per channel. */
  private static final class Chains {
    private final double[] chain;
    private final double[] sum;
    private int links;

    Chains(int n) {
      chain = new double[n];
      sum = new double[n];
    }

    void begin() {
      links = 0;
      Arrays.fill(chain, 0);
    }

    /** Adds {@code v} times the weight of each channel. */
    void link(double v, Numbers weights, int at, int step, int all) {
      for (int o = 0; o < chain.length; o++) {
        chain[o] = weights.fma(v, weights.get(at + o * step), chain[o]);
      }
      links++;
      if (links % BLOCK == 0 || links == all) {
        for (int o = 0; o < chain.length; o++) {
          sum[o] = links <= BLOCK ? chain[o] : weights.add(sum[o], chain[o]);
        }
        Arrays.fill(chain, 0);
      }
    }
  }

  private void forth(Lowering.Block[] in, Lowering.Block out, int from, int to) {
    Numbers x = new Numbers(in[0]);
    Numbers kernels = new Numbers(in[1]);
    Numbers y = new Numbers(out);
    Chains chains = new Chains(outputs);
    int all = w.taps() * channels;
    for (int p = from * outRows * outColumns; p < to * outRows * outColumns; p++) {
      int image = p / outColumns / outRows;
      int row = p / outColumns % outRows * w.strideH() - w.top();
      int column = p % outColumns * w.strideW() - w.left();
      chains.begin();
      for (int tap = 0; tap < w.taps(); tap++) {
        int r = row + tap / w.width() * w.dilationH();
        int q = column + tap % w.width() * w.dilationW();
        boolean inside = r >= 0 && r < rows && q >= 0 && q < columns;
        for (int c = 0; c < channels; c++) {
          double v = inside ? x.get(((image * rows + r) * columns + q) * channels + c) : 0;
          chains.link(v, kernels, (tap * channels + c) * outputs, 1, all);
        }
      }
      for (int o = 0; o < outputs; o++) {
        y.set(p * outputs + o, chains.sum[o]);
      }
    }
  }

  private void back(Lowering.Block[] in, Lowering.Block out, int from, int to) {
    Numbers y = new Numbers(in[0]);
    Numbers kernels = new Numbers(in[1]);
    Numbers x = new Numbers(out);
    Chains chains = new Chains(channels);
    double[] total = new double[channels];
    for (int p = from * rows * columns; p < to * rows * columns; p++) {
      int image = p / columns / rows;
      Arrays.fill(total, 0);
      for (int window = 0; window < outRows * outColumns; window++) {
        int i = p / columns % rows + w.top() - window / outColumns * w.strideH();
        int j = p % columns + w.left() - window % outColumns * w.strideW();
        if (i < 0 || j < 0 || i % w.dilationH() != 0 || j % w.dilationW() != 0) {
          continue;
        }
        i /= w.dilationH();
        j /= w.dilationW();
        if (i >= w.height() || j >= w.width()) {
          continue;
        }
        chains.begin();
        int at = (image * outRows * outColumns + window) * outputs;
        for (int o = 0; o < outputs; o++) {
          int weights = (i * w.width() + j) * channels * outputs + o;
          chains.link(y.get(at + o), kernels, weights, outputs, outputs);
        }
        for (int c = 0; c < channels; c++) {
          total[c] = x.add(total[c], chains.sum[c]);
        }
      }
      for (int c = 0; c < channels; c++) {
        x.set(p * channels + c, total[c]);
      }
    }
  }
}
