// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Workspace;

/** A single run of a traced program, for the arithmetic of laws that is not a loop. */
public final class Calculation {
  private Calculation() {}

  /**
   * Compiles and runs a program and reads its outputs.
   *
   * @param inputs all inputs of the program, by name
   * @return all outputs of the program, by name
   */
  public static Map<String, HostTensor> run(
      Device device, Program program, Map<String, HostTensor> inputs) {
    try (Executable e = Workspace.alone(device, program)) {
      inputs.forEach((name, value) -> e.input(name).write(value));
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      program.outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }
}
