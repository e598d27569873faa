// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** Errors come while tracing, and name the line outside the engine that traced. */
class TraceErrorTest {
  @Test
  void saysWhatWasWrongAndWhere() {
    Value a = F.fill(DType.F32, Shape.of(1, 3), 0);
    Value b = F.fill(DType.F32, Shape.of(1, 4), 0);
    assertThatThrownBy(() -> add(a, b))
        .hasMessageContaining("Add")
        .hasMessageContaining("axis 1")
        .hasMessageContaining("3 and 4")
        .hasMessageContaining("TraceErrorTest.java");
  }

  private static Value add(Value a, Value b) {
    return F.add(a, b);
  }
}
