// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/** Draws from normal distributions of weights, [M, J, shape...]; draw j depends on key and j. */
final class Draws {
  private Draws() {}

  /** The rule by which a program makes its draws. */
  interface Rule {
    /**
     * Traces the draws.
     *
     * @param in inputs by name, as they were given
     * @param random gives [M, J, rest...]
     * @return by parameter, [M, J, shape...]
     */
    Map<String, Value> of(Map<String, Value> in, Randoms random);
  }

  /**
   * @param first number of the first draw: other ranges give independent draws
   */
  static Map<String, HostTensor> run(
      Device device,
      List<TrialKey> keys,
      int first,
      int count,
      Map<String, HostTensor> given,
      Rule rule) {
    Program.Builder b = Program.builder("draws");
    Map<String, Value> in = new LinkedHashMap<>();
    given.forEach((name, v) -> in.put(name, b.input(name, v.type())));
    Value key = b.input("key", State.i32(keys.size(), 2));
    Value ids = F.add(F.iota(2, 1, count), F.fill(DType.I32, Shape.of(1, 1), first));
    rule.of(in, Randoms.fixed(key, ids)).forEach((name, v) -> b.output("draw/" + name, v));
    Map<String, HostTensor> out = new LinkedHashMap<>();
    try (Workspace space = new Workspace(device, "draws")) {
      space.putAll("", given);
      space.put("key", TrialKey.tensor(keys));
      Executable e = space.link(b.build());
      e.run();
      e.program().outputs().keySet().forEach(name -> out.put(name.substring(5), space.read(name)));
    }
    return out;
  }

  /** Returns [M, shape...] as [M, 1, shape...]. */
  static Value lifted(Value v) {
    return F.reshape(v, v.shape().insert(1, 1));
  }
}
