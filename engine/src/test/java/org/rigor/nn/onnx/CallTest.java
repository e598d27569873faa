// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.tensor.DType;

/** An operator that forgets an attribute or an operand must not get away with it. */
class CallTest {
  private static final Operand AXES = Ints.of(ElementKind.I64, new int[] {1}, new long[] {0});

  private static Call call(Operand... operands) {
    OnnxNode node =
        new OnnxNode(
            3,
            "Op",
            "",
            "n",
            List.of("a", "b").subList(0, operands.length),
            List.of("y"),
            Map.of("alpha", of(1f), "mode", of(1L)));
    return new Call(node, Arrays.asList(operands), 13, DType.F32, 1, Map.of(), List.of());
  }

  @Test
  void anAttributeLeftUnreadIsRefused() {
    Call c = call(AXES);
    c.operand(0);
    c.integer("mode", 0);
    assertThatThrownBy(c::requireRead)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("alpha")
        .hasMessageNotContaining("mode");
  }

  @Test
  void anOperandLeftUnreadIsRefused() {
    Call c = call(AXES, AXES);
    c.real("alpha", 0);
    c.irrelevant("mode");
    c.ints(0);
    assertThatThrownBy(c::requireRead)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'b'");
  }

  @Test
  void whatIsReadOrLeftOutIsNot() {
    Call c = call(AXES, null);
    c.real("alpha", 0);
    c.integer("mode", 0);
    c.longs(0);
    assertThatCode(c::requireRead).doesNotThrowAnyException();
  }
}
