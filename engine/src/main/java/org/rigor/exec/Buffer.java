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
  default Download download() {
    HostTensor contents = read();
    return new Download() {
      @Override
      public boolean ready() {
        return true;
      }

      @Override
      public HostTensor get() {
        return contents;
      }
    };
  }
}
