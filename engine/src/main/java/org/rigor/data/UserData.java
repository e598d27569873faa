// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rigor.data.DataSet.Source;
import org.rigor.io.Csv;
import org.rigor.io.DataException;
import org.rigor.io.Idx;
import org.rigor.io.Npy;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A user's own data: inputs {@code x} [N, ...] and labels {@code y} [N] or [N, 1], as one NPZ, a
 * pair of NPY files or a pair of IDX files; a CSV table; or a folder of images. All samples are
 * test samples. Values are used unchanged, except that bytes of IDX files and of images are scaled
 * by 1/255.
 */
public final class UserData {
  private UserData() {}

  /**
   * Reads one file or folder: NPZ, a CSV whose label column is found by {@link #csv}, or an {@link
   * ImageFolder}.
   *
   * @param classes as for {@link #npz}
   * @throws DataException also if it is none of these
   */
  public static DataSet read(Path path, Box box, int classes) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    if (Files.isDirectory(path)) {
      if (box.isBounded() && !box.equals(Box.UNIT)) {
        throw new DataException(
            path
                + ": the values of images lie in "
                + Box.UNIT
                + ", a box of "
                + box
                + " was asked");
      }
      DataSet images = ImageFolder.read(path);
      if (classes > 0 && images.classes() != classes) {
        throw new DataException(
            "%s: has %d classes, the network %d".formatted(path, images.classes(), classes));
      }
      return images;
    }
    if (name.endsWith(".csv") || name.endsWith(".csv.gz") || name.endsWith(".tsv")) {
      return csv(path, "", box, classes);
    }
    return npz(path, box, classes);
  }

  /**
   * Reads inputs for uses that need no labels: an NPZ may contain only x, and labels may be of any
   * class.
   *
   * @throws DataException as {@link #read}
   */
  public static DataSet inputs(Path path, Box box) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".csv") || name.endsWith(".csv.gz") || name.endsWith(".tsv")) {
      return csv(path, "", box, 0, false);
    }
    if (Files.isDirectory(path)) {
      return read(path, box, 0);
    }
    try (Npz npz = Npz.open(path)) {
      if (npz.names().contains("y")) {
        return read(path, box, 0);
      }
      HostTensor x = npz.read("x");
      HostTensor none = HostTensor.of(Shape.of(x.shape().dim(0)), new int[x.shape().dim(0)]);
      return of(path.toString(), x, none, box, 0, sources(path)).noted(List.of());
    }
  }

  /**
   * Reads a table with one sample per row: one label column, all others inputs [N, columns].
   *
   * @param label the label column's name, see {@link LabelColumn#of}
   * @throws DataException also if there is no such column (listing the existing ones), if the
   *     labels of data without a network ({@code classes} 0) are all one class, or if an input is
   *     out of float range
   */
  public static DataSet csv(Path file, String label, Box box, int classes) {
    return csv(file, label, box, classes, classes == 0);
  }

  private static DataSet csv(
      Path file, String label, Box box, int classes, boolean severalClasses) {
    Csv table = Csv.read(file);
    LabelColumn labelled = LabelColumn.of(file.toString(), table, label);
    int column = labelled.index();
    int width = table.columns().size() - 1;
    if (width < 1) {
      throw new DataException(file + ": has no column of inputs beside the labels");
    }
    float[] x = new float[Math.multiplyExact(table.rows(), width)];
    double[] y = new double[table.rows()];
    for (int r = 0; r < table.rows(); r++) {
      y[r] = table.at(r, column);
      for (int c = 0; c < width; c++) {
        int from = c < column ? c : c + 1;
        x[r * width + c] = (float) table.at(r, from);
        if (Float.isInfinite(x[r * width + c])) {
          throw new DataException(
              "%s: row %d has %s in the column %s, beyond a float"
                  .formatted(file, r + 1, table.at(r, from), table.columns().get(from)));
        }
      }
    }
    HostTensor inputs = HostTensor.of(Shape.of(table.rows(), width), x);
    HostTensor labels = HostTensor.of(Shape.of(table.rows()), y);
    DataSet all;
    try {
      all = of(file.toString(), inputs, labels, box, classes, sources(file));
      if (severalClasses) {
        requireClasses(all);
      }
    } catch (DataException e) {
      // Labels and box depend on the chosen column.
      throw new DataException(e.getMessage() + "; " + labelled.note(table), e);
    }
    List<String> notes = new ArrayList<>(List.of(labelled.note(table)));
    notes.addAll(all.notes());
    return all.noted(notes);
  }

  /**
   * Reads an NPZ with the arrays {@code x} and {@code y}.
   *
   * @param classes of the network that is measured, or 0 to take one more than the largest label
   * @throws DataException if an array is missing or not valid, lengths differ, an input is not
   *     finite or outside the box, or a label is not an integer in range
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

  /** Reads as {@link #npz} does, from two files: NPY or IDX by file ending, plain or gzipped. */
  public static DataSet pair(Path inputs, Path labels, Box box, int classes) {
    HostTensor x = isNpy(inputs) ? Npy.read(inputs) : scaled(Idx.read(inputs));
    HostTensor y = isNpy(labels) ? Npy.read(labels) : Idx.read(labels);
    return of(inputs.toString(), x, y, box, classes, sources(inputs, labels));
  }

  /**
   * Requires labels of at least two classes.
   *
   * @throws DataException if all labels are one class: nothing can be learned from them
   */
  public static void requireClasses(DataSet data) {
    if (ClassCounts.present(data.labels()) < 2) {
      throw new DataException(
          "%s: a classifier needs samples of 2 classes at least, all %,d labels are %d"
              .formatted(data.name(), data.size(), data.labels()[0]));
    }
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

  /**
   * Returns the SHA-256 of a file's bytes; for a folder, of a line {@code SHA-256 CLASS/name} for
   * each image.
   */
  public static String sha256(Path path) {
    if (!Files.isDirectory(path)) {
      return Sha256.of(path);
    }
    MessageDigest digest = Sha256.digest();
    for (Path file : ImageFolder.files(path)) {
      String line = Sha256.of(file) + " " + path.relativize(file).toString().replace('\\', '/');
      digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return Sha256.hex(digest);
  }

  private static List<Source> sources(Path... files) {
    return Arrays.stream(files).map(f -> new Source(f, Sha256.of(f))).toList();
  }

  /** Checks in-memory arrays; {@code name} is for messages. */
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
            name, inputs, labels, count, box, Split.allTest(n), sources, "the user's own data")
        .noted(ClassCounts.notes(labels, count, Integer::toString));
  }

  private static int[] labels(String name, HostTensor y, int classes) {
    int[] labels = new int[y.shape().dim(0)];
    for (int i = 0; i < labels.length; i++) {
      double v = y.get(i);
      // Also false for NaN. A label of a billion or more is a mistake.
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
                + ": divide x by 255 before saving it"
                + DataSet.OTHER_BOX);
      }
      if ((int) f[i] != v[i]) {
        throw new DataException(name + ": x holds " + v[i] + ", which is not exact in float");
      }
    }
    return HostTensor.of(x.shape(), f);
  }
}
