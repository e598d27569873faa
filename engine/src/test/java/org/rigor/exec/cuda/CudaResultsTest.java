// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.attack.CurveResult;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.exec.cuda.code.SplitGemmCode;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The CUDA device against the CPU, bit for bit but for matrix products, on shapes that the samples
 * of the ops are too small for: several chunks, both layouts of reductions, vectors and their odd
 * ends.
 */
class CudaResultsTest {
  private static Device cpu;
  private static Device cuda;

  @BeforeAll
  static void open() {
    cuda = TestedCuda.open();
    cpu = Device.open("cpu");
  }

  @AfterAll
  static void close() {
    if (cuda != null) {
      cuda.close();
      cpu.close();
    }
  }

  private static TensorType type(DType t, int... dims) {
    return new TensorType(t, Shape.of(dims));
  }

  /** Numbers of very different size, with zeros of both signs; NaN where {@code edges}. */
  private static HostTensor draw(TensorType type, long seed, boolean edges) {
    HostTensor t = HostTensor.zeros(type);
    SplittableRandom r = new SplittableRandom(seed);
    for (int i = 0; i < type.shape().size(); i++) {
      double x = (r.nextDouble() - 0.5) * Math.scalb(1, r.nextInt(-12, 12));
      int kind = r.nextInt(40);
      x = kind == 0 ? 0.0 : kind == 1 ? -0.0 : x;
      x = edges && r.nextInt(3000) == 0 ? Double.NaN : x;
      if (t.array() instanceof float[] f) {
        f[i] = (float) x;
      } else if (t.array() instanceof double[] d) {
        d[i] = x;
      } else {
        t.ints()[i] = (int) Math.round(x);
      }
    }
    return t;
  }

  private static void assertSameBits(Program p, CompileOptions options, boolean edges) {
    List<HostTensor> expected = run(cpu, p, options, edges);
    List<HostTensor> actual = run(cuda, p, options, edges);
    List<String> names = List.copyOf(p.outputs().keySet());
    for (int o = 0; o < names.size(); o++) {
      for (int i = 0; i < expected.get(o).shape().size(); i++) {
        double e = expected.get(o).get(i);
        double a = actual.get(o).get(i);
        boolean nan = Double.isNaN(e) && Double.isNaN(a);
        assertThat(nan || Double.doubleToRawLongBits(e) == Double.doubleToRawLongBits(a))
            .as("%s, element %d: expected %s, got %s", names.get(o), i, e, a)
            .isTrue();
      }
    }
  }

  private static List<HostTensor> run(
      Device device, Program p, CompileOptions options, boolean edges) {
    try (Executable e = device.compile(p, Map.of(), options)) {
      long seed = 1;
      for (Map.Entry<String, Value> in : p.inputs().entrySet()) {
        e.input(in.getKey()).write(draw(in.getValue().type(), seed++, edges));
      }
      e.run();
      List<HostTensor> out = new ArrayList<>();
      p.outputs().keySet().forEach(name -> out.add(e.output(name).read()));
      return out;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void reductionsHaveTheBitsOfTheCpu(int m) {
    Program.Builder b = Program.builder("reductions");
    Value rows = b.input("rows", type(DType.F32, m, 3, 9001));
    Value columns = b.input("columns", type(DType.F32, m, 4111, 7));
    Value longest = b.input("long", type(DType.F32, m, 1, 70_001));
    Value wide = b.input("wide", type(DType.F64, m, 5, 6, 41));
    Value whole = b.input("whole", type(DType.I32, m, 9, 35));
    for (Value x : List.of(rows, columns)) {
      for (int axis = 1; axis <= 2; axis++) {
        String name = x == rows ? "rows " + axis : "columns " + axis;
        b.output(name + " sum", F.sum(x, axis));
        b.output(name + " squares", F.sum(F.mul(x, x), axis));
        b.output(name + " max", F.max(x, axis));
        b.output(name + " min", F.min(x, axis));
        b.output(name + " argmax", F.argMax(x, axis));
      }
    }
    b.output("all", F.sum(columns, 1, 2));
    b.output("long sum", F.sum(longest, 2));
    b.output("long argmax", F.argMax(longest, 2));
    b.output("models", F.sum(rows, 0, 2));
    b.output("models outside", F.sum(rows, 0));
    b.output("middle", F.sum(wide, 2));
    b.output("ends", F.sum(wide, 1, 3));
    b.output("turned", F.sum(F.transpose(wide, List.of(0, 3, 1, 2)), 2));
    b.output("short", F.sum(whole, 1));
    b.output("short squares", F.sum(F.mul(wide, wide), 2, 3));
    b.output("short argmax", F.argMax(columns, 2));
    b.output("short max", F.max(F.neg(wide), 1));
    b.output("ints", F.sum(whole, 2));
    b.output("int max", F.max(whole, 1));
    b.output("int argmax", F.argMax(whole, 1, 2));
    assertSameBits(b.build(), CompileOptions.DEFAULT, false);
    assertSameBits(b.build(), CompileOptions.DEFAULT, true);
  }

  /** So many results that chunks of one are not spread over blocks. */
  @Test
  void longReductionsOfManyResultsHaveTheBitsOfTheCpu() {
    Program.Builder b = Program.builder("many");
    Value rows = b.input("rows", type(DType.F32, 1, 131, 4101));
    Value columns = b.input("columns", type(DType.F32, 1, 4101, 131));
    b.output("rows", F.sum(rows, 2));
    b.output("columns", F.sum(columns, 1));
    b.output("max", F.max(columns, 1));
    assertSameBits(b.build(), CompileOptions.DEFAULT, false);
  }

  /** Several results of one pass, of several types, in place and not, in vectors and not. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void onePassWithSeveralResultsHasTheBitsOfTheCpu(int m) {
    for (int columns : new int[] {7, 8}) {
      Program.Builder b = Program.builder("passes");
      Value w = b.input("w", type(DType.F32, m, 6, columns));
      Value v = b.input("v", type(DType.F32, m, 6, columns));
      Value g = b.input("g", type(DType.F32, m, 6, columns));
      Value d = b.input("d", type(DType.F64, m, 6, columns));
      Value row = b.input("row", type(DType.F32, 1, 1, columns));
      Value n = b.input("n", type(DType.I32, m, 1));
      Value k = b.input("k", type(DType.I32, m, 1, 1));
      Value next = F.add(F.mul(v, 0.9), F.add(g, row));
      Value on = F.gt(w, g);
      b.state("w", F.select(on, F.sub(w, F.mul(next, 0.1)), w));
      b.state("v", F.select(on, next, v));
      b.output("on", on);
      b.output("double", F.mul(F.cast(next, DType.F64), d));
      b.output("turned", F.exp(F.transpose(next, List.of(0, 2, 1))));
      b.output("sum", F.sum(next, 1, 2));
      b.state("n", F.add(n, F.constant(n, 1)));
      b.state("k", F.add(k, F.reshape(n, Shape.of(m, 1, 1))));
      assertSameBits(b.build(), CompileOptions.DEFAULT, true);
    }
  }

  /** Maps and short reductions that share a pass over rows, of several types and ranks. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void rowsHaveTheBitsOfTheCpu(int m) {
    for (int k : new int[] {2, 10, 16}) {
      Program.Builder b = Program.builder("rows");
      Value x = b.input("x", type(DType.F32, m, 70, k));
      Value bias = b.input("bias", type(DType.F32, m, 1, k));
      Value weight = b.input("weight", type(DType.F64, 1, 70, 1));
      Value labels = b.input("labels", type(DType.I32, m, 70, 1));
      Value state = b.input("state", type(DType.F32, m, 70, 1));
      Value logits = F.add(x, bias);
      Value p = F.exp(F.sub(logits, F.max(logits, 2)));
      Value sum = F.sum(p, 2);
      b.output("softmax", F.div(p, sum));
      b.output("best", F.argMax(logits, 2));
      b.output("least", F.min(F.mul(logits, logits), 2));
      b.output("doubles", F.sum(F.mul(F.cast(p, DType.F64), weight), 2));
      b.output("positive", F.gt(logits, F.constant(logits, 0)));
      b.output("near", F.max(F.add(labels, F.cast(logits, DType.I32)), 2));
      b.state("state", F.add(state, F.log(F.abs(sum))));
      b.output("whole", F.sum(F.mul(x, 3), 1, 2));
      assertSameBits(b.build(), CompileOptions.DEFAULT, false);
      assertSameBits(b.build(), CompileOptions.DEFAULT, true);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void turnedOperandsHaveTheBitsOfTheCpu(int m) {
    Program.Builder b = Program.builder("turned");
    Value x = b.input("x", type(DType.F32, m, 70, 41));
    Value y = b.input("y", type(DType.F32, m, 41, 70));
    Value shared = b.input("shared", type(DType.F64, 1, 33, 40));
    Value four = b.input("four", type(DType.F32, m, 17, 3, 18));
    Value wide = b.input("wide", type(DType.F64, m, 40, 33));
    Value row = b.input("row", type(DType.F32, m, 1, 70));
    Value turned = F.transpose(x, List.of(0, 2, 1));
    b.output("two", F.add(F.mul(turned, row), y));
    b.output("twice", F.mul(F.add(turned, 1), F.exp(turned)));
    b.output("copy", turned);
    b.output("doubles", F.sub(wide, F.transpose(shared, List.of(0, 2, 1))));
    b.output("ends", F.add(F.transpose(four, List.of(0, 3, 2, 1)), 1));
    assertSameBits(b.build(), CompileOptions.DEFAULT, true);
  }

  /** Results must not hang on the order in which threads and blocks run. */
  @ParameterizedTest
  @ValueSource(ints = {TestedCuda.FORWARD, TestedCuda.REVERSED, TestedCuda.RANDOM})
  void scheduleDoesNotMatter(int schedule) {
    Program.Builder b = Program.builder("schedules");
    Value x = b.input("x", type(DType.F32, 3, 70, 19));
    Value turned = F.transpose(x, List.of(0, 2, 1));
    for (int axis = 1; axis <= 2; axis++) {
      b.output("sum " + axis, F.sum(x, axis));
      b.output("argmax " + axis, F.argMax(turned, axis));
    }
    b.output("softmax", F.softmax(turned, 2));
    TestedCuda.schedule(schedule);
    try {
      assertSameBits(b.build(), CompileOptions.DEFAULT, true);
    } finally {
      TestedCuda.schedule(TestedCuda.FORWARD);
    }
  }

  /** Blocks on the chip share memory: a missing barrier shows in some order. */
  @ParameterizedTest
  @ValueSource(ints = {TestedCuda.REVERSED, TestedCuda.RANDOM})
  void trainingOnTheChipDoesNotHangOnTheSchedule(int schedule) {
    Map<String, HostTensor> forward = SmallStudy.train(cuda);
    TestedCuda.schedule(schedule);
    try {
      Map<String, HostTensor> other = SmallStudy.train(cuda);
      forward.forEach((name, t) -> assertThat(other.get(name).bitEquals(t)).as(name).isTrue());
    } finally {
      TestedCuda.schedule(TestedCuda.FORWARD);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void mapsHaveTheBitsOfTheCpu(int m) {
    Program.Builder b = Program.builder("maps");
    Value x = b.input("x", type(DType.F32, m, 6, 8, 12));
    Value odd = b.input("odd", type(DType.F32, m, 5, 7));
    Value bias = b.input("bias", type(DType.F32, 1, 1, 1, 12));
    Value scale = b.input("scale", type(DType.F32, m, 1, 8, 1));
    Value wide = b.input("wide", type(DType.F64, m, 5, 8));
    Value nine = b.input("nine", type(DType.F32, m, 6, 9));
    Value key = b.input("key", type(DType.I32, m, 2));
    Value ids = b.input("ids", type(DType.I32, m, 9));
    b.output("exp", F.exp(F.tanh(x)));
    b.output("affine", F.relu(F.add(F.mul(x, scale), bias)));
    b.output("turned", F.add(F.transpose(x, List.of(0, 3, 2, 1)), 1));
    b.output("half turned", F.mul(F.transpose(x, List.of(0, 2, 1, 3)), bias));
    b.output("part", F.log1p(F.abs(F.slice(x, 3, 4, 8))));
    b.output("part odd", F.sin(F.slice(x, 3, 1, 8)));
    b.output("rows out of line", F.add(F.slice(nine, 2, 0, 8), 1));
    b.output("softmax", F.softmax(odd, 2));
    b.output("erf", F.erf(F.pow(F.abs(wide), F.cos(wide))));
    b.output("cast", F.cast(F.mul(wide, 1e3), DType.I32));
    b.output("mask", F.select(F.gt(odd, F.constant(odd, 0)), odd, F.expm1(odd)));
    b.output("aligned rows", F.gather(x, ids));
    b.output("aligned doubles", F.gather(wide, ids));
    b.output("odd rows", F.gather(nine, ids));
    Randoms r = Randoms.fixed(key, ids);
    b.output("uniform", r.uniform("u", DType.F32, Shape.of(13), -1, 1));
    b.output("normal", r.normal("n", DType.F32, Shape.of(12)));
    assertSameBits(b.build(), CompileOptions.DEFAULT, false);
    assertSameBits(b.build(), CompileOptions.UNFUSED, false);
  }

  @Test
  void productsLieCloseToTheCpu() {
    Program.Builder b = Program.builder("products");
    Value x = b.input("x", type(DType.F64, 3, 4, 5, 6));
    Value w = b.input("w", type(DType.F64, 1, 4, 6, 7));
    Value one = b.input("one", type(DType.F64, 3, 1, 6, 7));
    Value across = b.input("across", type(DType.F64, 1, 6, 5, 7));
    List<Integer> swap = List.of(0, 2, 1, 3);
    b.output("batch of both", F.matmul(x, w));
    b.output("shared in a model", F.matmul(x, one));
    b.output("turned", F.matmul(w, x, true, true));
    b.output("view", F.matmul(F.transpose(x, swap), F.transpose(across, swap)));
    assertClose(b.build(), 1e-12);
  }

  /**
   * Sums over many rows for each of several models, which go in chunks; views among them do not.
   */
  @Test
  void longSumsOfSmallProductsLieCloseToTheCpu() {
    Program.Builder b = Program.builder("long products");
    Value x = b.input("x", type(DType.F64, 3, 5120, 9));
    Value y = b.input("y", type(DType.F64, 3, 5120, 4));
    Value shared = b.input("shared", type(DType.F64, 1, 5120, 4));
    b.output("chunks", F.matmul(x, y, true, false));
    b.output("kept", F.add(F.matmul(x, F.neg(y), true, false), F.matmul(x, y, true, false)));
    b.output("shared", F.matmul(x, shared, true, false));
    b.output("columns", F.matmul(F.slice(x, 2, 2, 7), y, true, false));
    assertThat(
            Plan.of(b.build(), CompileOptions.DEFAULT).steps().stream()
                .filter(s -> s instanceof PlanStep.Gemm g && SplitGemmCode.fits(g)))
        .hasSizeGreaterThanOrEqualTo(2);
    assertClose(b.build(), 1e-11);
  }

  private static void assertClose(Program p, double tolerance) {
    List<HostTensor> expected = run(cpu, p, CompileOptions.DEFAULT, false);
    List<HostTensor> actual = run(cuda, p, CompileOptions.DEFAULT, false);
    for (int o = 0; o < expected.size(); o++) {
      for (int i = 0; i < expected.get(o).shape().size(); i++) {
        double e = expected.get(o).get(i);
        assertThat(actual.get(o).get(i)).isCloseTo(e, within(tolerance * Math.max(1, Math.abs(e))));
      }
    }
  }

  @Test
  void aStudyInMiniatureComesOutTheSame() {
    Map<String, HostTensor> expected = SmallStudy.train(cpu);
    Map<String, HostTensor> actual = SmallStudy.train(cuda);
    expected.forEach(
        (name, e) -> {
          for (int i = 0; i < e.shape().size(); i++) {
            assertThat(actual.get(name).get(i)).as(name).isCloseTo(e.get(i), within(2e-3));
          }
        });
    Map<String, HostTensor> params = SmallStudy.parameters(expected);
    CurveResult onCpu = SmallStudy.attack(cpu, params);
    CurveResult onCuda = SmallStudy.attack(cuda, params);
    int differ = 0;
    for (int m = 0; m < SmallStudy.MODELS; m++) {
      for (int n = 0; n < onCpu.survived()[m].length; n++) {
        differ += onCpu.survived()[m][n] == onCuda.survived()[m][n] ? 0 : 1;
      }
    }
    assertThat(differ).as("samples that fall at another level").isLessThanOrEqualTo(2);
    double[][] norms = SmallStudy.jacobians(cuda, params);
    double[][] want = SmallStudy.jacobians(cpu, params);
    for (int m = 0; m < SmallStudy.MODELS; m++) {
      assertThat(norms[m]).containsExactly(want[m], within(1e-9));
    }
  }

  /** 2 x 1,200 runs of three nodes are more than one graph holds. */
  @Test
  void longLoopsReplayTheirBody() {
    Program.Builder b = Program.builder("count");
    Value n = b.input("n", type(DType.I32, 2, 1));
    Value sum = b.input("sum", type(DType.I32, 2, 1));
    Value next = F.add(n, F.constant(n, 1));
    Program p = b.state("n", next).state("sum", F.add(sum, F.sum(next, 1))).build();
    try (Executable e = cuda.compile(p);
        Sequence s =
            cuda.sequence(
                List.of(
                    Sequence.run(e),
                    Sequence.repeat(2, Sequence.repeat(1200, Sequence.run(e))),
                    Sequence.run(e)))) {
      s.run();
      assertThat(e.output("n").read().ints()).containsOnly(2402);
      assertThat(e.output("sum").read().ints()).containsOnly(2402 * 2403 / 2);
    }
  }
}
