// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.plan.ModelRows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/** A tensor in a Java array. */
final class CpuBuffer implements Buffer {
  private final String name;
  private final HostTensor tensor;
  private boolean closed;

  CpuBuffer(String name, TensorType type) {
    this.name = name;
    this.tensor = HostTensor.zeros(type);
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
  }

  @Override
  public HostTensor read() {
    check();
    HostTensor copy = HostTensor.zeros(type());
    System.arraycopy(tensor.array(), 0, copy.array(), 0, Math.toIntExact(type().shape().size()));
    return copy;
  }

  Object array() {
    check();
    return tensor.array();
  }

  void close() {
    closed = true;
  }

  private void check() {
    if (closed) {
      throw new IllegalStateException("buffer '" + name + "' is closed");
    }
  }
}
