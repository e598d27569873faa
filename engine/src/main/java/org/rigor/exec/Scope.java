// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/** Owner of buffers that several executables share. */
public interface Scope extends AutoCloseable {
  /** Allocates a zero-filled buffer. */
  Buffer buffer(String name, TensorType type);

  /** Allocates a buffer holding a copy of {@code tensor}. */
  default Buffer buffer(String name, HostTensor tensor) {
    Buffer b = buffer(name, tensor.type());
    b.write(tensor);
    return b;
  }

  @Override
  void close();
}
