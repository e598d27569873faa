// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.rigor.exec.codegen.LoopCompiler;
import org.rigor.exec.codegen.MapLoop;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprKernel;
import org.rigor.ir.ExprType;

class VectorLoopTest {
  @Test
  void aLoopWhoseVectorCodeCannotBeMadeIsCountedAndStaysScalar() throws Exception {
    Assumptions.assumeTrue(VectorLoop.BITS > 0, "no vector module");
    Expr x = Expr.arg(0, ExprType.F32);
    ExprKernel kernel = ExprKernel.of(List.of(Expr.add(x, x)));
    MapLoop scalar = LoopCompiler.scalar(kernel, 1);
    assertThat(VectorLoop.state()).doesNotContain("failed");
    VectorLoop loop =
        new VectorLoop(
            kernel,
            1,
            Set.of(),
            scalar,
            () -> {
              throw new IllegalStateException("no code");
            });
    assertThat(loop.get(VectorLoop.WARM_AFTER)).isSameAs(scalar);
    for (int i = 0; i < 600 && !VectorLoop.state().contains("failed"); i++) {
      Thread.sleep(10);
    }
    assertThat(VectorLoop.state()).contains("scalar for 1 loops whose vector code failed");
    assertThat(loop.get(1)).isSameAs(scalar);
  }
}
