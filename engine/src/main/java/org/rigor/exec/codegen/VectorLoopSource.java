// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import java.util.List;
import java.util.Set;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprOp;
import org.rigor.ir.ExprType;

/**
 * A loop in the Vector API, with a scalar loop for the remainder. Lanes of the widest type fill a
 * vector; narrower types use vectors with the same number of lanes. Operands have stride 1, or 0
 * where {@code repeated} says so; outputs have stride 1.
 */
final class VectorLoopSource extends LoopSource {
  private final Set<Integer> repeated;
  private final VectorPrinter printer;
  private final VectorPrinter.Code code;

  /**
   * @param repeated indices of the arguments that are the same for a whole row
   * @param bits width of a vector of the widest type
   */
  VectorLoopSource(ExprKernel kernel, Set<Integer> repeated, int bits) {
    super(kernel);
    this.repeated = repeated;
    int widest =
        kernel.nodes().stream().mapToInt(e -> e.type().bits()).max().orElse(ExprType.F32.bits());
    this.printer = new VectorPrinter(bits / widest);
    this.code = printer.print(kernel);
  }

  @Override
  String header() {
    return "import jdk.incubator.vector.*;\n";
  }

  @Override
  String members() {
    boolean floors = kernel.nodes().stream().anyMatch(e -> e.op() == ExprOp.FLOOR);
    return printer.species() + (floors ? printer.floors() : "");
  }

  @Override
  String beforeRows() {
    return code.constants();
  }

  @Override
  String row(int arguments) {
    StringBuilder s = new StringBuilder();
    for (Slot o : inputs()) {
      if (repeated.contains(o.position())) {
        s.append("      ").append(printer.broadcast(o)).append(";\n");
      }
    }
    s.append("      int i = 0;\n");
    s.append("      for (; i <= n - %1$d; i += %1$d) {\n".formatted(printer.lanes()));
    for (Slot o : inputs()) {
      if (!repeated.contains(o.position())) {
        s.append("        ").append(printer.load(o)).append(";\n");
        s.append("        i%s += %d;\n".formatted(o.id(), printer.lanes()));
      }
    }
    s.append(code.statements());
    List<Slot> out = outputs(arguments);
    for (int i = 0; i < out.size(); i++) {
      s.append("        ").append(printer.store(out.get(i), code.results().get(i))).append(";\n");
      s.append("        i%s += %d;\n".formatted(out.get(i).id(), printer.lanes()));
    }
    s.append("      }\n");
    return s.append(scalarLoop("i", arguments)).toString();
  }
}
