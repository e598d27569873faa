// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/** Programs that share buffers by name, and the loops over them. */
final class Workspace implements AutoCloseable {
  private final Device device;
  private final Scope scope;
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  Workspace(Device device, String name) {
    this.device = device;
    this.scope = device.scope(name);
  }

  /** Writes a buffer, which begins to exist if it did not. */
  void put(String name, HostTensor value) {
    buffer(name, value.type()).write(value);
  }

  void putAll(String prefix, Map<String, HostTensor> values) {
    values.forEach((name, v) -> put(prefix + name, v));
  }

  HostTensor read(String name) {
    return buffers.get(name).read();
  }

  private Buffer buffer(String name, TensorType type) {
    return buffers.computeIfAbsent(name, n -> scope.buffer(n, type));
  }

  /** Compiles a program; inputs and outputs that have no buffer yet get one of zeros. */
  Executable compile(Program traced) {
    Program p = Simplify.run(traced);
    Map<String, Buffer> bound = new LinkedHashMap<>();
    p.inputs().forEach((name, v) -> bound.put(name, buffer(name, v.type())));
    p.outputs()
        .forEach(
            (name, v) -> {
              if (!p.state().containsKey(name)) {
                bound.put(name, buffer(name, v.type()));
              }
            });
    Executable e = device.compile(p, bound);
    opened.add(0, e);
    return e;
  }

  /** Prepares a loop. */
  Sequence loop(int count, Sequence.Step... body) {
    Sequence s = device.sequence(List.of(new Sequence.Repeat(count, List.of(body))));
    opened.add(0, s);
    return s;
  }

  @Override
  public void close() {
    for (AutoCloseable c : opened) {
      if (c instanceof Sequence s) {
        s.close();
      } else {
        ((Executable) c).close();
      }
    }
    scope.close();
  }
}
