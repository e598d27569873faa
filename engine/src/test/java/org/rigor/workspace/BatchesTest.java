// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Dense;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class BatchesTest {
  private static Program dense(int batch) {
    Dense layer = new Dense(500);
    Program.Builder b = Program.builder("dense");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(2, batch, 1000)));
    Value w = b.input("w", new TensorType(DType.F64, Shape.of(2, 1000, 500)));
    Value bias = b.input("b", new TensorType(DType.F64, Shape.of(2, 1, 500)));
    return b.output("y", layer.apply(Map.of("weight", w, "bias", bias), x)).build();
  }

  @Test
  void onlyWhatGrowsWithTheSamplesCounts() {
    // 2 x 1000 elements a sample; the weights' 2 x 1000 x 500 are there once.
    assertThat(Batches.fit(BatchesTest::dense, 1 << 20)).isEqualTo((1 << 22) / 2000);
    assertThat(Batches.fit(BatchesTest::dense, 7)).isEqualTo(7);
  }
}
