// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rigor.ir.Lowering;

/**
 * Layout of {@code mlp.cuh} in shared memory.
 *
 * @param widths of the input, the hidden layers and the output
 * @param rows samples per block
 * @param pad floats between two rows of activations
 * @param spare arrays shaped like the input
 */
record MlpLayout(List<Integer> widths, int rows, int pad, int spare) {
  private static final int SPLITS = 4;
  private static final int ROW_STATE = 5;

  /** Enough blocks to fill a large GPU. */
  private static final int MANY_BLOCKS = 100;

  MlpLayout {
    widths = List.copyOf(widths);
  }

  /**
   * Returns the layout of an attack on {@code models} times {@code batch} samples: the largest tile
   * that leaves many blocks, else the smallest that fits. Results do not depend on the tile.
   */
  static Optional<MlpLayout> attack(
      List<Integer> widths, boolean euclidean, int models, int batch, int limit) {
    Optional<MlpLayout> smallest = Optional.empty();
    for (int rows : new int[] {64, 32, 16, 8}) {
      MlpLayout l = new MlpLayout(widths, rows, 0, euclidean ? 2 : 1);
      if (l.sharedBytes() <= limit) {
        smallest = Optional.of(l);
        if ((long) models * l.tiles(batch) >= MANY_BLOCKS) {
          return smallest;
        }
      }
    }
    return smallest;
  }

  /**
   * Returns the layout of a gradient over a batch. Its rounding depends on the tile, so the choice
   * ignores the number of models.
   */
  static Optional<MlpLayout> gradient(List<Integer> widths, int batch, int limit) {
    for (int rows : new int[] {64, 32, 16, 8}) {
      MlpLayout l = new MlpLayout(widths, rows, 4, 0);
      boolean needed = rows == 8 || rows / 2 < batch;
      if (needed && l.sharedBytes() <= limit) {
        return Optional.of(l);
      }
    }
    return Optional.empty();
  }

  int tiles(int batch) {
    return (batch + rows - 1) / rows;
  }

  static int padded(int width) {
    return (width + 3) / 4 * 4;
  }

  /** Returns the stride of a row of weights: an odd multiple of four floats. */
  private static int stride(int width) {
    int p = padded(width);
    return p / 4 % 2 == 1 ? p : p + 4;
  }

  int sharedBytes() {
    int layers = widths.size() - 1;
    long floats = 0;
    for (int l = 0; l < layers; l++) {
      int k = padded(widths.get(l));
      floats += (long) k * stride(widths.get(l + 1)) + padded(widths.get(l + 1));
      floats += (long) k * (rows + pad);
    }
    floats += (long) SPLITS * padded(widths.get(layers)) * (rows + pad);
    floats += (long) spare * padded(widths.get(0)) * (rows + pad) + ROW_STATE * rows;
    return (int) Math.min(Integer.MAX_VALUE, 4 * floats);
  }

  SortedMap<String, String> macros() {
    SortedMap<String, String> m = new TreeMap<>();
    m.put("MLP_WIDTHS", widths.stream().map(String::valueOf).collect(Collectors.joining(",")));
    m.put("MLP_LAYERS", "" + (widths.size() - 1));
    m.put("MLP_ROWS", "" + rows);
    m.put("MLP_THREADS", "" + threads());
    m.put("MLP_PAD", "" + pad);
    m.put("MLP_SPARE", "" + spare);
    return m;
  }

  /**
   * Returns whether the gradient of layer l's input is summed in two chains, as {@code mlp.cuh} has
   * it.
   */
  static boolean twoChainsBack(List<Integer> widths, int l) {
    int classes = widths.size() - 1;
    int room = SPLITS * padded(widths.get(classes)) - padded(widths.get(0));
    for (int i = 2; i < classes; i++) {
      room += padded(widths.get(i));
    }
    boolean hasRoom = classes > 1 && room >= 0;
    return padded(widths.get(l + 1)) >= TWO_CHAINS && (l > 0 || hasRoom);
  }

  /** Fewest terms of a sum that uses two chains. */
  static final int TWO_CHAINS = 32;

  /** Returns the number of terms of the first of two chains. */
  static int half(int terms) {
    return (padded(terms) / 4 + 1) / 2 * 4;
  }

  private int threads() {
    return rows >= 32 ? 256 : 128;
  }

  Lowering.Blocks blocks() {
    return new Lowering.Blocks(threads(), sharedBytes());
  }
}
