// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;

/** Buffers that programs share, by the names of their inputs. */
final class Bound {
  private final Scope scope;
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();

  Bound(Scope scope) {
    this.scope = scope;
  }

  Buffer get(String name) {
    return buffers.get(name);
  }

  /** In the order in which they came. */
  Map<String, Buffer> all() {
    return buffers;
  }

  void put(String name, HostTensor value) {
    buffers.put(name, scope.buffer(name, value));
  }

  /** A buffer that someone else owns. */
  void share(String name, Buffer other) {
    buffers.put(name, other);
  }

  /** Compiles a program over these buffers; outputs that are none yet become some. */
  Executable compile(Device device, Program p) {
    Map<String, Buffer> bound = new LinkedHashMap<>();
    for (String name : p.inputs().keySet()) {
      Buffer b = buffers.get(name);
      if (b == null) {
        throw new IllegalStateException(p.name() + ": nothing was put into '" + name + "'");
      }
      bound.put(name, b);
    }
    p.outputs()
        .forEach(
            (name, v) -> {
              if (!p.state().containsKey(name)) {
                bound.put(name, buffers.computeIfAbsent(name, n -> scope.buffer(n, v.type())));
              }
            });
    return device.compile(p, bound);
  }
}
