// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Program;

/** The programs of all samples of all ops, and of their cotangents, for tests of other packages. */
public final class OpPrograms {
  private OpPrograms() {}

  public static List<Program> of(int models) {
    List<Program> programs = new ArrayList<>();
    OpSamples.all().forEach(s -> programs.addAll(OpContractTest.programs(s, models)));
    return programs;
  }
}
