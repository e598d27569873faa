// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.Scope;
import org.rigor.tensor.TensorType;

/** Buffers that live together. */
final class CudaScope implements Scope {
  private final CudaDevice device;
  private final String name;
  private final List<CudaBuffer> buffers = new ArrayList<>();
  private boolean closed;

  CudaScope(CudaDevice device, String name) {
    this.device = device;
    this.name = name;
  }

  @Override
  public Buffer buffer(String bufferName, TensorType type) {
    if (closed) {
      throw new IllegalStateException(this + " is closed");
    }
    CudaBuffer b = new CudaBuffer(device, name + "/" + bufferName, type);
    buffers.add(b);
    return b;
  }

  @Override
  public void close() {
    closed = true;
    buffers.forEach(CudaBuffer::close);
    device.released(this);
  }

  @Override
  public String toString() {
    return "scope " + name;
  }
}
