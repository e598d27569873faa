// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A product reduced row by row has the bits of the product followed by its reduction: a program
 * that also leaves the product computes both apart.
 */
class ReducedGemmTest {
  private static final int M = 3;
  private static final int S = 6;
  private static final int B = 4;
  private static final int K = 300;
  private static final int N = 70;

  private final CpuDevice device = new CpuDevice(2, "scalar", "test");

  @AfterEach
  void close() {
    device.close();
  }

  /** Traces the sum over N of a function of [models, S, B, N] and of sides [models, 1, B, N]. */
  private static Program program(int models, BinaryOperator<Value> body, boolean keeps) {
    Program.Builder b = Program.builder("p");
    Value a = b.input("a", f64(models, S, B, K));
    Value w = b.input("w", f64(models, 1, K, N));
    Value side = b.input("side", f64(models, 1, B, N));
    Value rows = F.matmul(F.reshape(a, Shape.of(models, S * B, K)), flat(w));
    Value product = F.reshape(rows, Shape.of(models, S, B, N));
    if (keeps) {
      b.output("product", product);
    }
    return b.output("sum", F.sum(body.apply(product, side), 3)).build();
  }

  private static Value flat(Value w) {
    return F.reshape(w, w.shape().remove(1));
  }

  private static TensorType f64(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }

  private double[] sums(Program p, boolean together) {
    try (Executable e = device.compile(p)) {
      assertThat(((CpuExecutable) e).kernels().stream().anyMatch(k -> k instanceof ReducedGemm))
          .isEqualTo(together);
      p.inputs()
          .forEach(
              (name, v) -> {
                Random random = new Random(name.hashCode());
                double[] x = random.doubles(v.shape().size(), -1, 1).toArray();
                for (int i = 0; name.equals("a") && i < x.length; i++) {
                  x[i] = i / K % 5 == 0 ? x[i] : 0;
                }
                e.input(name).write(HostTensor.of(v.shape(), x));
              });
      e.run();
      double[] first = e.output("sum").read().doubles();
      e.run();
      assertThat(e.output("sum").read().doubles()).isEqualTo(first);
      return first;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, M})
  void theBitsAreThoseOfBothApart(int models) {
    Map<String, BinaryOperator<Value>> bodies =
        Map.of(
            "alone", (p, side) -> p,
            "times", F::mul,
            "chosen", (p, side) -> F.mul(p, F.select(F.gt(p, side), side, F.square(p))));
    bodies.forEach(
        (name, body) ->
            assertThat(sums(program(models, body, false), true))
                .as(name)
                .isEqualTo(sums(program(models, body, true), false))
                .doesNotContain(Double.NaN));
  }

  @Test
  void sumsOverOtherAxesAreApart() {
    Program.Builder b = Program.builder("columns");
    Value a = b.input("a", f64(1, S, K));
    Value w = b.input("w", f64(1, K, N));
    Program p = b.output("sum", F.sum(F.matmul(a, w), 1)).build();
    double[] found = sums(p, false);
    Program.Builder t = Program.builder("halves");
    Value x = t.input("a", f64(1, S, K));
    Value y = F.reshape(F.matmul(x, t.input("w", f64(1, K, N))), Shape.of(1, S, 2, N / 2));
    double[] halves = sums(t.output("sum", F.sum(y, 3)).build(), false);
    assertThat(Arrays.stream(halves).sum()).isCloseTo(Arrays.stream(found).sum(), offset(1e-9));
  }

  /** The reduction may not take the memory of what the product still reads. */
  @Test
  void resultsLieApartFromTheLeftOperand() {
    UnaryOperator<Value> twice = x -> F.mul(x, 2);
    Program.Builder b = Program.builder("arena");
    Value a = twice.apply(b.input("a", f64(1, S * B, K)));
    Value sum = F.sum(F.matmul(a, b.input("w", f64(1, K, N))), 2);
    Program p = b.output("sum", F.exp(F.mul(sum, 1e-3))).build();
    Program.Builder c = Program.builder("kept");
    Value x = twice.apply(c.input("a", f64(1, S * B, K)));
    Value y = F.matmul(x, c.input("w", f64(1, K, N)));
    c.output("y", y);
    Program q = c.output("sum", F.exp(F.mul(F.sum(y, 2), 1e-3))).build();
    assertThat(sums(p, true)).isEqualTo(sums(q, false));
  }
}
