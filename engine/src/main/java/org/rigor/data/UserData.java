// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rigor.data.DataSet.Source;
import org.rigor.io.DataException;
import org.rigor.io.Idx;
import org.rigor.io.Npy;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A user's own arrays: inputs {@code x} [N, ...] and labels {@code y} [N] or [N, 1], as one NPZ, a
 * pair of NPY files or a pair of IDX files. Every sample tests. Values are taken as they are, with
 * one exception that IDX images are known by: bytes of an IDX file are scaled by 1/255.
 */
public final class UserData {
  private UserData() {}

  /**
   * Reads an NPZ with the arrays {@code x} and {@code y}.
   *
   * @param classes of the network that is measured, or 0 to take one more than the largest label
   * @throws DataException if an array is missing or not valid, lengths differ, an input is not
   *     finite or outside the box, or a label is not an integer of the range
   */
  public static DataSet npz(Path file, Box box, int classes) {
    HostTensor x;
    HostTensor y;
    try (Npz npz = Npz.open(file)) {
      x = npz.read("x");
      y = npz.read("y");
    }
    return of(file.toString(), x, y, box, classes, sources(file));
  }

  /** As {@link #npz}, from two files, each NPY or IDX by its name's ending, plain or gzipped. */
  public static DataSet pair(Path inputs, Path labels, Box box, int classes) {
    HostTensor x = isNpy(inputs) ? Npy.read(inputs) : scaled(Idx.read(inputs));
    HostTensor y = isNpy(labels) ? Npy.read(labels) : Idx.read(labels);
    return of(inputs.toString(), x, y, box, classes, sources(inputs, labels));
  }

  private static boolean isNpy(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".npy") || name.endsWith(".npy.gz");
  }

  private static HostTensor scaled(HostTensor x) {
    if (!(x.array() instanceof int[] bytes)) {
      return x;
    }
    float[] f = new float[bytes.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = bytes[i] / 255f;
    }
    return HostTensor.of(x.shape(), f);
  }

  private static List<Source> sources(Path... files) {
    return Arrays.stream(files).map(f -> new Source(f, Sha256.of(f))).toList();
  }

  /** Checks arrays that are already in memory; {@code name} is for messages. */
  static DataSet of(
      String name, HostTensor x, HostTensor y, Box box, int classes, List<Source> sources) {
    if (x.shape().rank() < 2) {
      throw new DataException(name + ": x must be [N, ...] with at least 2 axes, got " + x.shape());
    }
    int n = x.shape().dim(0);
    if (!y.shape().equals(Shape.of(n)) && !y.shape().equals(Shape.of(n, 1))) {
      throw new DataException(
          name + ": x is " + x.shape() + ", so y must be [" + n + "], got " + y.shape());
    }
    int[] labels = labels(name, y, classes);
    int count = classes > 0 ? classes : Math.max(2, Arrays.stream(labels).max().orElse(0) + 1);
    HostTensor inputs = x.dtype().isFloating() ? x : exactFloats(name, x, box);
    return DataSet.of(
        name, inputs, labels, count, box, Split.allTest(n), sources, "the user's own data");
  }

  private static int[] labels(String name, HostTensor y, int classes) {
    int[] labels = new int[y.shape().dim(0)];
    for (int i = 0; i < labels.length; i++) {
      double v = y.get(i);
      // Also false for NaN. A billion classes is no label but a mistake.
      if (!(v >= 0 && v < (classes > 0 ? classes : 1_000_000_000) && v == Math.rint(v))) {
        throw new DataException(
            name
                + ": y must hold integers "
                + (classes > 0 ? "in 0.." + (classes - 1) : "from 0 up")
                + ", y["
                + i
                + "] is "
                + (v == Math.rint(v) ? Long.toString((long) v) : v));
      }
      labels[i] = (int) v;
    }
    return labels;
  }

  private static HostTensor exactFloats(String name, HostTensor x, Box box) {
    int[] v = x.ints();
    float[] f = new float[v.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = v[i];
      if (!box.contains(v[i])) {
        throw new DataException(
            name
                + ": x holds the integer "
                + v[i]
                + ", outside the box "
                + box
                + ": divide x by 255 before saving it, or state its box");
      }
      if ((int) f[i] != v[i]) {
        throw new DataException(name + ": x holds " + v[i] + ", which is not exact in float");
      }
    }
    return HostTensor.of(x.shape(), f);
  }
}
