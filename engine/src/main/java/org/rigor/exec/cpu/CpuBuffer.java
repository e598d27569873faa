// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.rigor.exec.Buffer;
import org.rigor.exec.Download;
import org.rigor.exec.plan.ModelRows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** A tensor in a Java array. */
final class CpuBuffer implements Buffer {
  private final String name;
  private final HostTensor tensor;
  private final CpuBuffer owner;
  private final AtomicLongArray versions;
  private final PackedOperands packed = new PackedOperands();
  private boolean closed;

  CpuBuffer(String name, TensorType type) {
    this(name, HostTensor.zeros(type), null);
  }

  /**
   * @param owner the buffer whose memory this is in another shape, or null if it has its own
   */
  private CpuBuffer(String name, HostTensor tensor, CpuBuffer owner) {
    this.name = name;
    this.tensor = tensor;
    this.owner = owner;
    this.versions = new AtomicLongArray(tensor.type().shape().models());
  }

  @Override
  public Buffer as(Shape shape) {
    check();
    return new CpuBuffer(name, tensor.reshape(shape), this);
  }

  /** Returns whether this is another buffer's memory in another shape. */
  boolean isView() {
    return owner != null;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public TensorType type() {
    return tensor.type();
  }

  @Override
  public void write(HostTensor from) {
    check();
    if (!from.type().equals(type())) {
      throw new IllegalArgumentException(
          "buffer '" + name + "' has type " + type() + ", got " + from.type());
    }
    System.arraycopy(from.array(), 0, tensor.array(), 0, Math.toIntExact(type().shape().size()));
    written();
  }

  @Override
  public void writeRows(HostTensor from) {
    check();
    TensorType expected = rows(from.shape().rank() < 2 ? -1 : from.shape().dim(1));
    if (!from.type().equals(expected)) {
      throw new IllegalArgumentException(
          "rows of buffer '" + name + "' have type " + expected + ", got " + from.type());
    }
    eachModel(expected, (to, at, n) -> from.copy(at, n, tensor, to));
    written();
  }

  /** Copies the first rows of a model, given where they begin here and there, and their number. */
  private interface Copy {
    void run(int here, int there, int elements);
  }

  private void eachModel(TensorType rows, Copy copy) {
    int models = type().shape().models();
    int all = Math.toIntExact(type().shape().size() / models);
    int some = Math.toIntExact(rows.shape().size() / models);
    for (int m = 0; m < models; m++) {
      copy.run(m * all, m * some, some);
    }
  }

  @Override
  public void write(Buffer from, List<Integer> models) {
    check();
    if (!(from instanceof CpuBuffer other)) {
      throw new IllegalArgumentException("buffer '" + from.name() + "' is of another device");
    }
    Object source = other.array();
    int each = Math.toIntExact(type().shape().size() / type().shape().models());
    ModelRows.each(
        this,
        from,
        models,
        (to, first, count) ->
            System.arraycopy(source, first * each, tensor.array(), to * each, count * each));
    written();
  }

  @Override
  public HostTensor read() {
    check();
    HostTensor copy = HostTensor.zeros(type());
    System.arraycopy(tensor.array(), 0, copy.array(), 0, Math.toIntExact(type().shape().size()));
    return copy;
  }

  @Override
  public Download download() {
    return new Arrived(read());
  }

  @Override
  public Download downloadRows(int rows) {
    check();
    HostTensor copy = HostTensor.zeros(rows(rows));
    eachModel(copy.type(), (from, at, n) -> tensor.copy(from, n, copy, at));
    return new Arrived(copy);
  }

  private record Arrived(HostTensor get) implements Download {
    @Override
    public boolean ready() {
      return true;
    }
  }

  Object array() {
    check();
    return tensor.array();
  }

  /** Returns the packed forms of its numbers that products keep. */
  PackedOperands packed() {
    return packed;
  }

  /** Returns a count that every write of a model raises. */
  long version(int model) {
    return versions.get(model);
  }

  /** Says that all models have been written. */
  void written() {
    for (int m = 0; m < versions.length(); m++) {
      written(m);
    }
  }

  /** Says that a model has been written. */
  void written(int model) {
    versions.incrementAndGet(model);
    if (owner != null) {
      owner.written();
    }
  }

  void close() {
    closed = true;
    packed.release();
  }

  private void check() {
    if (owner != null) {
      owner.check();
    }
    if (closed) {
      throw new IllegalStateException("buffer '" + name + "' is closed");
    }
  }
}
