// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rigor.io.DataException;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A labelled data set in memory. The index of a sample is its identity: random numbers, witnesses
 * and results are keyed by it, so samples are never reordered.
 *
 * @param inputs F32 or F64, [N, features...]; images are [N, H, W, C]
 * @param labels [N], each in 0 .. classes-1
 * @param box the interval of all input values
 * @param sha256 the checksum of the content, see {@link DataChecksum}
 * @param sources the files it came from; empty for embedded and generated data
 * @param licence one line on origin and licence
 * @param notes what the reader decided without being told, one line each, to show to the user
 */
public record DataSet(
    String name,
    HostTensor inputs,
    int[] labels,
    int classes,
    Box box,
    Split split,
    String sha256,
    List<Source> sources,
    String licence,
    List<String> notes) {

  /** Hint in messages on how to state another box. */
  static final String OTHER_BOX =
      "; state another box: 'low' and 'high' or 'box: none' in a study, --box for a command";

  /** A source file and the checksum of its bytes. */
  public record Source(Path file, String sha256) {}

  /**
   * Checks the values and creates a data set.
   *
   * @throws DataException if lengths differ, an input is not finite or outside the box, a label is
   *     out of range, or a split index is out of range or used twice
   */
  public static DataSet of(
      String name,
      HostTensor inputs,
      int[] labels,
      int classes,
      Box box,
      Split split,
      List<Source> sources,
      String licence) {
    check(name, inputs, labels, classes, box, split);
    String sha256 = DataChecksum.of(inputs, labels, classes, split);
    return new DataSet(
        name,
        inputs,
        labels,
        classes,
        box,
        split,
        sha256,
        List.copyOf(sources),
        licence,
        List.of());
  }

  /** Returns the same data set with these notes. */
  public DataSet noted(List<String> lines) {
    return new DataSet(
        name, inputs, labels, classes, box, split, sha256, sources, licence, List.copyOf(lines));
  }

  /** Returns the number of samples in both parts. */
  public int size() {
    return labels.length;
  }

  /** Returns the extents of one sample, without the leading N. */
  public Shape sampleShape() {
    return inputs.shape().remove(0);
  }

  /** Returns the inputs of some samples in the order given: [indices, features...]. */
  public HostTensor inputs(int[] indices) {
    int row = Math.toIntExact(inputs.shape().size() / size());
    HostTensor out =
        HostTensor.zeros(new TensorType(inputs.dtype(), inputs.shape().with(0, indices.length)));
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(inputs.array(), indices[i] * row, out.array(), i * row, row);
    }
    return out;
  }

  /** Returns the labels of some samples in the order given. */
  public int[] labels(int[] indices) {
    return Arrays.stream(indices).map(i -> labels[i]).toArray();
  }

  /**
   * Returns the same samples but keeps only the first of each part of the split; a negative count
   * or one beyond the part keeps all of it. Indices keep their meaning; the checksum changes.
   */
  public DataSet first(int train, int test) {
    Split s = new Split(head(split.train(), train), head(split.test(), test));
    return with(s);
  }

  /** Returns the same samples under another split. */
  public DataSet with(Split other) {
    return of(name, inputs, labels, classes, box, other, sources, licence).noted(notes);
  }

  /** Returns the same samples as some of a larger number of classes; the checksum stays. */
  public DataSet ofClasses(int all) {
    if (all < classes) {
      throw new IllegalArgumentException(
          "%s: has %d classes, got %d".formatted(name, classes, all));
    }
    return new DataSet(name, inputs, labels, all, box, split, sha256, sources, licence, notes);
  }

  private static int[] head(int[] part, int n) {
    return n < 0 || n >= part.length ? part : Arrays.copyOf(part, n);
  }

  private static void check(
      String name, HostTensor inputs, int[] labels, int classes, Box box, Split split) {
    Shape shape = inputs.shape();
    if (inputs.dtype() != DType.F32 && inputs.dtype() != DType.F64) {
      throw new DataException(name + ": inputs must be floating point, got " + inputs.dtype());
    }
    if (shape.rank() < 2) {
      throw new DataException(name + ": inputs must be [N, features...], got " + shape);
    }
    if (labels.length != shape.dim(0)) {
      throw new DataException(
          name + ": " + shape.dim(0) + " inputs need as many labels, got " + labels.length);
    }
    if (classes < 2) {
      throw new DataException(name + ": at least 2 classes are needed, got " + classes);
    }
    checkValues(name, inputs, box);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new DataException(
            name
                + ": labels must lie in 0.."
                + (classes - 1)
                + ", label "
                + i
                + " is "
                + labels[i]);
      }
    }
    boolean[] used = new boolean[labels.length];
    for (int[] part : new int[][] {split.train(), split.test()}) {
      for (int i : part) {
        if (i < 0 || i >= used.length || used[i]) {
          throw new DataException(
              name + ": the split names sample " + i + " twice or outside 0.." + (used.length - 1));
        }
        used[i] = true;
      }
    }
  }

  private static void checkValues(String name, HostTensor inputs, Box box) {
    int n = Math.toIntExact(inputs.shape().size());
    int row = n / inputs.shape().dim(0);
    for (int i = 0; i < n; i++) {
      double v = inputs.get(i);
      if (!Double.isFinite(v) || !box.contains(v)) {
        String where = "value " + i % row + " of sample " + i / row;
        throw new DataException(
            Double.isFinite(v)
                ? name
                    + ": inputs must lie in the box "
                    + box
                    + ", "
                    + where
                    + " is "
                    + v
                    + OTHER_BOX
                : name + ": inputs must be finite, " + where + " is " + v);
      }
    }
  }
}
