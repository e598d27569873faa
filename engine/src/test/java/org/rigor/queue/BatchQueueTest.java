// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

class BatchQueueTest {
  private static final int ITEMS = 7;

  /** Returns x * w + own, [2, B, 3], and w, for fields of one model and of two. */
  private static Program program(int batch) {
    Program.Builder b = Program.builder("affine");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, batch, 3)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(2, batch)));
    Value column = F.reshape(F.cast(w, DType.F64), Shape.of(2, batch, 1));
    b.output("y", F.mul(x, column));
    b.output("w'", w);
    return b.build();
  }

  /** Batches that divide the items, that do not, and one that is larger than all. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 10})
  void batchesAreSeamless(int batch) {
    float[] x = new float[3 * ITEMS];
    double[] w = new double[ITEMS];
    for (int i = 0; i < x.length; i++) {
      x[i] = i;
      w[i / 3] = 1 + i / 3;
    }
    try (Device device = Device.open("cpu");
        Executable e = Workspace.alone(device, program(batch))) {
      BatchQueue queue = new BatchQueue(batch, e);
      queue.put("x", HostTensor.of(Shape.of(1, ITEMS, 3), x)); // widened
      queue.put("w", HostTensor.of(Shape.of(1, ITEMS), w)); // rounded, the same for both models
      Pool some = new Pool(ITEMS, new int[][] {{5, 0, 1, 6}, {2, 5, 6}});
      Map<String, HostTensor> found = queue.run(some, List.of("y", "w'"));
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < ITEMS; n++) {
          double scale = n == 3 || n == 4 ? 0 : n + 1; // nobody asked for items 3 and 4
          assertThat(found.get("w'").floats()[m * ITEMS + n]).isEqualTo((float) scale);
          for (int k = 0; k < 3; k++) {
            double y = found.get("y").doubles()[(m * ITEMS + n) * 3 + k];
            assertThat(y).as("model %d item %d", m, n).isEqualTo(scale * (3 * n + k));
          }
        }
      }
    }
  }
}
