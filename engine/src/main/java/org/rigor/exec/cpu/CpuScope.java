// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.Scope;
import org.rigor.tensor.TensorType;

/** Buffers that live together. */
final class CpuScope implements Scope {
  private final CpuDevice device;
  private final String name;
  private final List<CpuBuffer> buffers = new ArrayList<>();
  private boolean closed;

  CpuScope(CpuDevice device, String name) {
    this.device = device;
    this.name = name;
  }

  @Override
  public Buffer buffer(String bufferName, TensorType type) {
    if (closed) {
      throw new IllegalStateException(this + " is closed");
    }
    CpuBuffer b = new CpuBuffer(name + "/" + bufferName, type);
    buffers.add(b);
    return b;
  }

  @Override
  public void close() {
    closed = true;
    buffers.forEach(CpuBuffer::close);
    device.released(this);
  }

  @Override
  public String toString() {
    return "scope " + name;
  }
}
