// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** A block that skips silent units is the same function: equal numbers, at every sparsity. */
class SkippingMatMulTest {
  @ParameterizedTest
  @CsvSource({"0, 1, 700, 9", "0.03, 2, 600, 33", "0.5, 5, 513, 16", "1, 3, 300, 40"})
  void equalsTheDenseProduct(double share, int rows, int k, int columns) {
    Shape left = Shape.of(2, rows, k);
    Shape right = Shape.of(2, k, columns);
    Random random = new Random(3);
    float[] a = new float[2 * rows * k];
    for (int i = 0; i < a.length; i++) {
      a[i] = random.nextDouble() < share ? (float) random.nextGaussian() : 0;
    }
    float[] v = new float[2 * k * columns];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) random.nextGaussian();
    }
    Program.Builder b = Program.builder("both");
    Value x = b.input("a", new TensorType(DType.F32, left));
    Value w = b.input("v", new TensorType(DType.F32, right));
    b.output("dense", F.matmul(x, w)).output("skipping", Value.of(new SkippingMatMul(), x, w));
    try (Device cpu = new CpuDevice(2, "scalar", "test");
        Executable e = cpu.compile(b.build())) {
      Map.of("a", HostTensor.of(left, a), "v", HostTensor.of(right, v))
          .forEach((name, t) -> e.input(name).write(t));
      e.run();
      float[] dense = e.output("dense").read().floats();
      float[] skipping = e.output("skipping").read().floats();
      for (int i = 0; i < dense.length; i++) {
        assertThat(skipping[i] == dense[i]).as("%d: %s, %s", i, skipping[i], dense[i]).isTrue();
      }
    }
  }
}
