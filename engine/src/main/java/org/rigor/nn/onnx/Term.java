// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A traced tensor of real numbers. Between image operators, images keep the engine's layout,
 * channels last.
 *
 * @param stored [M or 1, extents in the file...] of a constant; [M, N, extents in the file for one
 *     sample...] of what depends on the input, without the axis that counts samples alone; or [M,
 *     N, H, W, C] of [N, C, H, W] in the file
 * @param batch where the file holds samples; null for a constant
 * @param channelsLast true if stored as images
 * @param host the numbers, if the file states them; else null
 */
record Term(Value stored, Batch batch, boolean channelsLast, HostTensor host) implements Operand {
  /** Holds a value in the axis order of the file. */
  Term(Value value, Batch batch) {
    this(value, batch, false, null);
  }

  static Term constant(Value value) {
    return new Term(value, null);
  }

  /** Wraps images [M, N, H, W, C]. */
  static Term ofImages(Value images, Batch batch) {
    return new Term(images, batch, true, null);
  }

  /** Wraps [M, N, extents in the file for one sample...]. */
  static Term ofAll(Value all, Batch batch) {
    Shape s = all.shape();
    return new Term(batch.alone() ? F.reshape(all, s.remove(batch.axis() + 2)) : all, batch);
  }

  /** Returns other numbers in the same layout. */
  Term with(Value other) {
    return new Term(other, batch, channelsLast, null);
  }

  /** Returns whether it depends on the input. */
  boolean batched() {
    return batch != null;
  }

  /** Returns the tensor stored in the axis order of the file. */
  Value value() {
    return channelsLast ? F.transpose(stored, List.of(0, 1, 4, 2, 3)) : stored;
  }

  /** Returns the number of axes in the file. */
  int rank() {
    return stored.shape().rank() - (batched() && !batch.alone() ? 2 : 1);
  }

  @Override
  public int[] dims() {
    int[] s = stored.shape().dims();
    if (channelsLast) {
      return new int[] {batched() ? 1 : s[1], s[4], s[2], s[3]};
    }
    int[] d = new int[rank()];
    for (int i = 0; i < d.length; i++) {
      d[i] = batched() && batch.alone() && i == batch.axis() ? 1 : s[at(i)];
    }
    return d;
  }

  @Override
  public long[] wide() {
    long[] d = Arrays.stream(dims()).asLongStream().toArray();
    if (batched() && batch.free()) {
      d[batch.axis()] *= Batch.MANY;
    }
    return d;
  }

  /** Returns the position in the file of an axis, which may count from the end. */
  int axis(long axis) {
    long at = axis < 0 ? axis + rank() : axis;
    if (at < 0 || at >= rank()) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank " + rank());
    }
    return (int) at;
  }

  /** Returns the axis of {@link #value} that holds an axis of the file. */
  int at(int axis) {
    if (!batched()) {
      return axis + 1;
    }
    if (batch.alone() && axis == batch.axis()) {
      throw new IllegalStateException("axis " + axis + " is not stored");
    }
    return batch.alone() && axis > batch.axis() ? axis + 1 : axis + 2;
  }

  /**
   * Returns this tensor with given axes stored, for operators that must keep samples separate.
   *
   * @throws IllegalArgumentException if one is the batch axis of a file that takes several samples
   */
  Term along(int... axes) {
    for (int axis : axes) {
      if (batched() && axis == batch.axis()) {
        if (batch.free()) {
          throw new IllegalArgumentException(
              "axis " + axis + " is the batch; samples must stay apart");
        }
        return opened();
      }
    }
    return this;
  }

  /** Returns this tensor of a single sample with all axes stored. */
  private Term opened() {
    return new Term(across(rank(), -1), Batch.NOWHERE);
  }

  /** Returns this tensor with its first axis of extent 1 in place of samples, if it has one. */
  Term closed() {
    boolean open = batched() && batch.axis() < 0;
    Batch found = open ? Batch.ofOne(dims()) : batch;
    return open && found.axis() >= 0 ? ofAll(stored, found) : this;
  }

  /**
   * Returns this tensor with samples on the first axis.
   *
   * @throws IllegalArgumentException if the file has something else there
   */
  Term leading() {
    if (!batched() || batch.leads()) {
      return this;
    }
    if (batch.free() || dims()[0] != 1) {
      throw new IllegalArgumentException("the first axis must be the batch, got " + extents());
    }
    return ofAll(across(rank(), -1), Batch.first(false));
  }

  /**
   * Returns [M, N or 1, extents in the file for one sample...] with leading axes of extent 1 up to
   * {@code rank} axes, of which one of extent 1 is left out.
   *
   * @param gone position among the {@code rank} axes; -1 to leave none out
   */
  Value across(int rank, int gone) {
    int[] d = dims();
    Shape s = Shape.of(d);
    while (s.rank() < rank) {
      s = s.insert(0, 1);
    }
    s = gone < 0 ? s : s.remove(gone);
    Shape v = stored.shape();
    Value value = value();
    Shape to = s.insert(0, batched() ? v.dim(1) : 1).insert(0, v.models());
    return value.shape().equals(to) ? value : F.reshape(value, to);
  }

  /** Returns a constant [M, extents in the file...] with leading axes up to {@code rank}. */
  Value aligned(int rank) {
    Value value = value();
    Shape s = value.shape();
    while (s.rank() - 1 < rank) {
      s = s.insert(1, 1);
    }
    return F.reshape(value, s);
  }

  /** Returns the number of elements of one sample, or of the whole tensor if not batched. */
  long elements() {
    Shape s = stored.shape();
    return s.size() / s.models() / (batched() ? s.dim(1) : 1);
  }

  /** Returns the extents for messages. */
  String extents() {
    int[] d = dims();
    StringBuilder out = new StringBuilder("[");
    for (int i = 0; i < d.length; i++) {
      boolean samples = batched() && batch.free() && i == batch.axis();
      String extent = samples ? d[i] == 1 ? "N" : d[i] + " N" : Integer.toString(d[i]);
      out.append(i == 0 ? "" : ", ").append(extent);
    }
    return out.append("]").toString();
  }
}
