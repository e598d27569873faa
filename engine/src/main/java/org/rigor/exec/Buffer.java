// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.List;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Device memory of one tensor at a fixed address. Every call throws once its owner is closed. */
public interface Buffer {
  /** Returns the name given by its owner, used in messages. */
  String name();

  TensorType type();

  /**
   * Copies a host tensor in; ordered with the runs of the device.
   *
   * @throws IllegalArgumentException if the type differs
   */
  void write(HostTensor tensor);

  /**
   * Copies the first rows of each model in; the others stay. Ordered with the runs of the device.
   *
   * @param rows this buffer's type but for axis 1, which may be shorter
   * @throws IllegalArgumentException if the types differ in more
   */
  void writeRows(HostTensor rows);

  /**
   * Copies whole models of another buffer of the same device, without the host: model i becomes
   * that buffer's model {@code models.get(i)}. Ordered with the runs of the device.
   *
   * @throws IllegalArgumentException if the types differ in more than the number of models, an
   *     index is not one of that buffer's models, or the other buffer is of another device
   */
  void write(Buffer from, List<Integer> models);

  /**
   * Returns the same memory as a tensor of another shape, without a copy: rows of one model as rows
   * of several, for devices that run {@linkplain Device#modelsAtOnce several at once}. It is closed
   * with this buffer.
   *
   * @throws IllegalArgumentException if the shape has another size
   * @throws UnsupportedOperationException if the device runs one model at a time
   */
  default Buffer as(Shape shape) {
    throw new UnsupportedOperationException("buffer '" + name() + "' keeps its shape");
  }

  /** Fills it with zeros; ordered with the runs of the device. */
  default void clear() {
    write(HostTensor.zeros(type()));
  }

  /** Returns a copy of the contents after everything submitted so far. */
  HostTensor read();

  /**
   * Queues a copy of the contents after everything submitted so far, so that the device can work on
   * while it is under way. Several that are queued before the first is asked for take one wait.
   */
  Download download();

  /**
   * Queues a copy as {@link #download} does, of the first rows of each model alone.
   *
   * @param rows at most the extent of axis 1
   */
  Download downloadRows(int rows);

  /**
   * Returns this buffer's type with another number of rows.
   *
   * @throws IllegalArgumentException if it has no axis of rows, or not as many
   */
  default TensorType rows(int rows) {
    Shape all = type().shape();
    if (all.rank() < 2 || rows < 0 || rows > all.dim(1)) {
      throw new IllegalArgumentException(
          "buffer '%s' has type %s, which has not %d rows a model".formatted(name(), type(), rows));
    }
    return new TensorType(type().dtype(), all.with(1, rows));
  }
}
