// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.exec.Buffer;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Gemm;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.Gemms;
import org.rigor.linalg.ScalarGemm;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Packed operands follow every write of their buffer, and unchanged ones are packed once. */
class PackedOperandsTest {
  private static final int K = 3;
  private static final int N = 2;

  private final Copying gemm = new Copying();
  private final CpuDevice device = new CpuDevice(2, new Gemms.Choice(gemm, "test"), "test");
  private final Scope scope = device.scope("s");

  @AfterEach
  void close() {
    scope.close();
    device.close();
  }

  /** Packs by copying, so that a stale copy gives a wrong product. */
  private static final class Copying implements Gemm {
    private int packs;
    private int packedRuns;

    @Override
    public String name() {
      return "copying";
    }

    @Override
    public boolean fixedRounding() {
      return true;
    }

    @Override
    public synchronized double[] pack(GemmShape s, double[] b, int bOff, double[] reuse) {
      packs++;
      double[] copy = Arrays.copyOfRange(b, bOff, bOff + s.k() * s.n());
      if (reuse != null) {
        System.arraycopy(copy, 0, reuse, 0, copy.length);
      }
      return reuse == null ? copy : reuse;
    }

    @Override
    public void runPacked(
        GemmShape s, double[] a, int aOff, double[] packed, double[] c, int cOff, int i, int end) {
      synchronized (this) {
        packedRuns++;
      }
      ScalarGemm.INSTANCE.run(s, a, aOff, packed, 0, c, cOff, i, end);
    }

    @Override
    public void run(
        GemmShape s, float[] a, int ao, float[] b, int bo, float[] c, int co, int i, int end) {
      ScalarGemm.INSTANCE.run(s, a, ao, b, bo, c, co, i, end);
    }

    @Override
    public void run(
        GemmShape s, double[] a, int ao, double[] b, int bo, double[] c, int co, int i, int end) {
      ScalarGemm.INSTANCE.run(s, a, ao, b, bo, c, co, i, end);
    }
  }

  private static TensorType f64(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }

  private static HostTensor filled(double value, int... dims) {
    double[] all = new double[(int) Shape.of(dims).size()];
    Arrays.fill(all, value);
    return HostTensor.of(Shape.of(dims), all);
  }

  /** y = x W with W bound, x all ones: every element of y is K times that of W. */
  private Executable product(Buffer w, int models, int rows) {
    Program.Builder b = Program.builder("product");
    Value y = F.matmul(b.input("x", f64(models, rows, K)), b.input("w", w.type()));
    Executable e = device.compile(b.output("y", y).build(), Map.of("w", w));
    e.input("x").write(filled(1, models, rows, K));
    return e;
  }

  private static void check(Executable e, double... perModel) {
    e.run();
    double[] y = (double[]) e.output("y").read().array();
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isEqualTo(K * perModel[i / (y.length / perModel.length)]);
    }
  }

  /** 10 rows are one call to the provider, 200,000 are cut among two threads. */
  @ParameterizedTest
  @ValueSource(ints = {10, 200_000})
  void unchangedWeightsArePackedOnceFromTheirSecondUse(int rows) {
    Buffer w = scope.buffer("w", f64(1, K, N));
    w.write(filled(2, 1, K, N));
    try (Executable first = product(w, 1, rows);
        Executable second = product(w, 1, rows)) {
      check(first, 2);
      assertThat(gemm.packs).isZero();
      check(first, 2);
      assertThat(gemm.packs).isEqualTo(1);
      check(first, 2);
      check(second, 2);
      assertThat(gemm.packs).isEqualTo(1);
      assertThat(gemm.packedRuns).isEqualTo(rows == 10 ? 3 : 6);
    }
  }

  @Test
  void everyWayOfWritingIsSeenByTheNextProduct() {
    Buffer w = scope.buffer("w", f64(2, K, N));
    Buffer other = scope.buffer("other", f64(3, K, N));
    other.write(filled(5, 3, K, N));
    Program.Builder b = Program.builder("halve");
    Value half = F.mul(b.input("w", w.type()), 0.5);
    Program.Builder b2 = Program.builder("fill");
    Value nine = F.add(F.mul(b2.input("z", w.type()), 0), 9);
    try (Executable e = product(w, 2, 10);
        Executable halve = device.compile(b.state("w", half).build(), Map.of("w", w));
        Executable fill = device.compile(b2.output("w", nine).build(), Map.of("w", w))) {
      w.write(filled(2, 2, K, N));
      twice(e, 2, 2);
      w.write(filled(3, 2, K, N));
      twice(e, 3, 3);
      halve.run();
      twice(e, 1.5, 1.5);
      w.write(other, List.of(2, 0));
      twice(e, 5, 5);
      fill.run();
      twice(e, 9, 9);
      device.sequence(List.of(Sequence.run(halve))).run();
      twice(e, 4.5, 4.5);
      w.clear();
      twice(e, 0, 0);
      assertThat(gemm.packs).isEqualTo(2 * 7);
    }
  }

  private static void twice(Executable e, double... perModel) {
    check(e, perModel);
    check(e, perModel); // packs
    check(e, perModel);
  }

  /** A step that changes its own weights never packs them. */
  @Test
  void weightsInTrainingAreNotPacked() {
    Buffer w = scope.buffer("w", f64(1, K, N));
    w.write(filled(1, 1, K, N));
    Program.Builder b = Program.builder("train");
    Value old = b.input("w", w.type());
    Value y = F.matmul(b.input("x", f64(1, 4, K)), old);
    Program p = b.output("y", y).state("w", F.add(old, 1)).build();
    try (Executable e = device.compile(p, Map.of("w", w))) {
      e.input("x").write(filled(1, 1, 4, K));
      for (int i = 1; i < 6; i++) {
        check(e, i);
      }
    }
    assertThat(gemm.packs).isZero();
  }

  /** In a loop of steps and updates each round packs once. */
  @Test
  void anUpdateBetweenProductsIsSeenInsideASequence() {
    Buffer w = scope.buffer("w", f64(3, K, N));
    w.write(filled(1, 3, K, N));
    Program.Builder b = Program.builder("update");
    Program update = b.state("w", F.add(b.input("w", w.type()), 1)).build();
    Buffer sum = scope.buffer("sum", f64(3, 4, N));
    Program.Builder c = Program.builder("add");
    Value y = F.matmul(c.input("x", f64(3, 4, K)), c.input("w", w.type()));
    Program add = c.state("sum", F.add(c.input("sum", sum.type()), y)).build();
    try (Executable step = device.compile(add, Map.of("w", w, "sum", sum));
        Executable next = device.compile(update, Map.of("w", w))) {
      step.input("x").write(filled(1, 3, 4, K));
      List<Sequence.Step> round =
          List.of(new Sequence.Repeat(4, List.of(Sequence.run(step))), Sequence.run(next));
      device.sequence(List.of(new Sequence.Repeat(3, round))).run();
      // 4 steps each with weights 1, 2 and 3.
      assertThat(sum.read().bitEquals(filled(K * 4 * (1 + 2 + 3), 3, 4, N))).isTrue();
      assertThat(gemm.packs).isEqualTo(3 * 3);
    }
  }

  /** Matrices computed from constants alone are packed too. */
  @Test
  void constantsArePackedOnce() {
    Program.Builder b = Program.builder("constant");
    Value w = F.add(F.fill(DType.F64, Shape.of(1, K, N), 2), 1);
    Value y = F.matmul(b.input("x", f64(1, 4, K)), w);
    try (Executable e = device.compile(b.output("y", y).build(), Map.of())) {
      e.input("x").write(filled(1, 1, 4, K));
      twice(e, 3);
      twice(e, 3);
    }
    assertThat(gemm.packs).isEqualTo(1);
  }
}
