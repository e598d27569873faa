// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.rigor.diff.Diff;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.mlp.MlpKernelsTest;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;

/** Every op proves its rules on its samples, against the naive evaluator. */
class OpContractTest {
  private static final int STACK = 2;

  /** Finds the ops by looking at all compiled classes, so that none can be forgotten. */
  static Set<Class<?>> ops() throws URISyntaxException, IOException {
    Path root = Path.of(Add.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Set<Class<?>> ops = new HashSet<>();
    try (Stream<Path> files = Files.walk(root.resolve("org/rigor"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = root.relativize(file).toString().replace(File.separatorChar, '.');
        if (name.endsWith(".class")) {
          Class<?> c = unlinked(name.substring(0, name.length() - ".class".length()));
          if (Op.class.isAssignableFrom(c) && !c.isInterface()) {
            ops.add(c);
          }
        }
      }
    }
    return ops;
  }

  private static Class<?> unlinked(String name) {
    try {
      return Class.forName(name, false, OpContractTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyOpHasSamples() throws URISyntaxException, IOException {
    Set<Class<?>> sampled = new HashSet<>(MlpKernelsTest.OPS);
    OpSamples.all().forEach(s -> sampled.add(s.opClass()));
    assertThat(ops()).hasSizeGreaterThan(40).allMatch(Class::isRecord);
    assertThat(sampled).containsExactlyInAnyOrderElementsOf(ops());
  }

  @TestFactory
  Stream<DynamicTest> derivatives() {
    return tests(s -> s.hasReal(), OpContractTest::derivatives);
  }

  /** Of the op itself, then of its tangent and its cotangents as functions of everything. */
  private static void derivatives(OpSample s, int models) {
    OpSample.Traced t = s.trace(models, DType.F64);
    List<HostTensor> x = s.draw(models, DType.F64, 1);
    if (!t.y().dtype().isFloating()) {
      assertThat(t.y().op().jvp(t.y(), new ArrayList<>(t.inputs()))).isNull();
      assertThat(t.y().op().vjp(t.y(), F.fill(DType.F64, t.y().shape(), 1))).containsOnlyNulls();
      return;
    }
    Derivatives first = new Derivatives(s.label(), t.inputs(), x, List.of(t.y()));
    first.check();
    if (t.y().op() instanceof Detach) {
      return;
    }
    first.ofTangent().check();
    first.ofCotangents().check();
  }

  @TestFactory
  Stream<DynamicTest> stackingIsReplication() {
    return tests(s -> true, OpContractTest::stacking);
  }

  private static void stacking(OpSample s, int models) {
    OpSample.Traced t = s.trace(models, DType.F32);
    int n = t.inputs().size();
    List<HostTensor> shared = s.draw(models, DType.F32, 2);
    for (int mask = 1; mask < 1 << n; mask++) {
      Map<Value, Value> stacked = new IdentityHashMap<>();
      Map<Value, HostTensor> env = new IdentityHashMap<>();
      List<List<HostTensor>> single = List.of(new ArrayList<>(shared), new ArrayList<>(shared));
      Program.Builder b = Program.builder("stack");
      for (int i = 0; i < n; i++) {
        Value v = t.inputs().get(i);
        env.put(v, shared.get(i));
        if ((mask >> i & 1) == 1) {
          for (int k = 0; k < STACK; k++) {
            single.get(k).set(i, s.draw(models, DType.F32, 3 + k).get(i));
          }
          HostTensor joined = join(single.get(0).get(i), single.get(1).get(i));
          Value w = b.input("s" + i, joined.type());
          stacked.put(v, w);
          env.put(w, joined);
        }
      }
      Value y;
      try {
        y = Diff.stack(List.of(t.y()), stacked, STACK).get(0);
      } catch (IllegalArgumentException e) {
        boolean keyed = t.y().op() instanceof RandomBits || t.y().op() instanceof Permutation;
        if (keyed && e.getMessage().contains("is not supported")) {
          continue;
        }
        throw e;
      }
      List<HostTensor> each = new ArrayList<>();
      for (List<HostTensor> in : single) {
        each.add(NaiveEvaluator.eval(t.y(), bind(t.inputs(), in)));
      }
      assertSame(
          s.label() + ", stacked operands " + Integer.toBinaryString(mask),
          NaiveEvaluator.eval(y, env),
          join(each.get(0), each.get(1)));
    }
  }

  /** Two tensors [M, rest] as [M, 2, rest]. */
  private static HostTensor join(HostTensor a, HostTensor b) {
    HostTensor out = HostTensor.zeros(new TensorType(a.dtype(), a.shape().insert(1, STACK)));
    int row = Math.toIntExact(a.shape().size() / a.shape().models());
    for (int m = 0; m < a.shape().models(); m++) {
      System.arraycopy(a.array(), m * row, out.array(), 2 * m * row, row);
      System.arraycopy(b.array(), m * row, out.array(), (2 * m + 1) * row, row);
    }
    return out;
  }

  @TestFactory
  Stream<DynamicTest> modelsTogetherEqualEachAlone() {
    return OpSamples.all().stream()
        .filter(s -> !joinsModels(s))
        .map(s -> DynamicTest.dynamicTest(s.label(), () -> alone(s)));
  }

  private static void alone(OpSample s) {
    OpSample.Traced together = s.trace(3, DType.F32);
    OpSample.Traced single = s.trace(1, DType.F32);
    List<HostTensor> x = s.draw(3, DType.F32, 4);
    HostTensor all = NaiveEvaluator.eval(together.y(), bind(together.inputs(), x));
    for (int m = 0; m < all.shape().models(); m++) {
      int model = m;
      List<HostTensor> row = x.stream().map(v -> row(v, model)).toList();
      HostTensor one = NaiveEvaluator.eval(single.y(), bind(single.inputs(), row));
      assertSame(s.label() + ", model " + m, row(all, m), one);
    }
  }

  static boolean joinsModels(OpSample s) {
    OpSample.Traced t = s.trace(3, DType.F32);
    return t.y().op().lower(t.y()) instanceof Lowering.Reduce r && r.axes().contains(0);
  }

  /** One model's part; the whole of a shared tensor. */
  static HostTensor row(HostTensor x, int model) {
    int m = x.shape().models() == 1 ? 0 : model;
    int n = Math.toIntExact(x.shape().size() / x.shape().models());
    HostTensor out = HostTensor.zeros(new TensorType(x.dtype(), x.shape().with(0, 1)));
    System.arraycopy(x.array(), m * n, out.array(), 0, n);
    return out;
  }

  /** Samples lie along axis 1: another first sample leaves the others' results as they are. */
  @TestFactory
  Stream<DynamicTest> samplesStayApartWhereTheOpSaysSo() {
    return tests(s -> s.hasReal(), OpContractTest::samplesApart);
  }

  private static void samplesApart(OpSample s, int models) {
    OpSample.Traced t = s.trace(models, DType.F64);
    for (int i = 0; i < t.inputs().size(); i++) {
      Value x = t.inputs().get(i);
      int n = t.y().shape().rank() < 2 ? 1 : t.y().shape().dim(1);
      boolean along = n > 1 && x.shape().rank() > 1 && x.shape().dim(1) == n;
      if (!along || !x.dtype().isFloating() || !t.y().op().keepsSamplesApart(t.y(), x::equals)) {
        continue;
      }
      List<HostTensor> before = s.draw(models, DType.F64, 8);
      List<HostTensor> after = new ArrayList<>(s.draw(models, DType.F64, 8));
      HostTensor other = s.draw(models, DType.F64, 9).get(i);
      int size = Math.toIntExact(x.shape().size() / x.shape().models() / n);
      for (int m = 0; m < x.shape().models(); m++) {
        System.arraycopy(other.array(), m * n * size, after.get(i).array(), m * n * size, size);
      }
      HostTensor y = NaiveEvaluator.eval(t.y(), bind(t.inputs(), before));
      HostTensor z = NaiveEvaluator.eval(t.y(), bind(t.inputs(), after));
      long rows = y.shape().size() / y.shape().models() / n;
      for (int k = 0; k < y.shape().size(); k++) {
        if (k / rows % n > 0) {
          assertThat(NaiveEvaluator.bits(z, k))
              .as("%s, operand %d, element %d", s.label(), i, k)
              .isEqualTo(NaiveEvaluator.bits(y, k));
        }
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> linearity() {
    return tests(s -> s.hasReal(), OpContractTest::linear);
  }

  /** f(a x + b z) = a f(x) + b f(z), and the tangent of a linear op is the op itself. */
  private static void linear(OpSample s, int models) {
    OpSample.Traced t = s.trace(models, DType.F64);
    for (int i = 0; i < t.inputs().size(); i++) {
      if (!t.y().op().linearIn(i) || t.inputs().get(i).dtype() != DType.F64) {
        continue;
      }
      List<HostTensor> x = s.draw(models, DType.F64, 6);
      List<HostTensor> z = new ArrayList<>(x);
      z.set(i, s.draw(models, DType.F64, 7).get(i));
      List<HostTensor> mixed = new ArrayList<>(x);
      mixed.set(i, Derivatives.combine(-1.75, x.get(i), 0.5, z.get(i)));
      HostTensor fx = NaiveEvaluator.eval(t.y(), bind(t.inputs(), x)).toDouble();
      HostTensor fz = NaiveEvaluator.eval(t.y(), bind(t.inputs(), z)).toDouble();
      HostTensor f = NaiveEvaluator.eval(t.y(), bind(t.inputs(), mixed)).toDouble();
      double tolerance = t.y().dtype() == DType.F64 ? 1e-12 : 1e-5;
      Derivatives.assertClose(
          s.label() + " in operand " + i, f, Derivatives.combine(-1.75, fx, 0.5, fz), tolerance);
      List<Value> tangents = new ArrayList<>();
      for (int k = 0; k < t.inputs().size(); k++) {
        tangents.add(k == i ? t.inputs().get(i) : null);
      }
      HostTensor jvp =
          NaiveEvaluator.eval(t.y().op().jvp(t.y(), tangents), bind(t.inputs(), x)).toDouble();
      Derivatives.assertClose(s.label() + " tangent in operand " + i, jvp, fx, tolerance);
    }
  }

  @TestFactory
  Stream<DynamicTest> simplifyKeepsBits() {
    return OpSamples.all().stream().map(s -> DynamicTest.dynamicTest(s.label(), () -> simplify(s)));
  }

  private static void simplify(OpSample s) {
    for (Program p : programs(s, 1)) {
      Map<String, HostTensor> in = inputs(s, p, s.drawEdges(DType.F32));
      List<HostTensor> before = NaiveEvaluator.run(p, in);
      List<HostTensor> after = NaiveEvaluator.run(Simplify.run(p), in);
      for (int i = 0; i < before.size(); i++) {
        assertSame(p.name(), after.get(i), before.get(i));
      }
    }
  }

  /** The op's program and, of a differentiable op, the program of its cotangents. */
  static List<Program> programs(OpSample s, int models) {
    OpSample.Traced t = s.trace(models, DType.F32);
    List<Program> out = new ArrayList<>(List.of(t.program()));
    List<Value> wrt = t.inputs().stream().filter(v -> v.dtype().isFloating()).toList();
    if (t.y().dtype() == DType.F32 && !wrt.isEmpty()) {
      Program.Builder b = Program.builder(t.program().name() + "_vjp");
      List<Value> in = new ArrayList<>();
      t.inputs().forEach(v -> in.add(b.input(v.origin(), v.type())));
      Value y = Value.of(t.y().op(), in);
      Value ct = b.input("ct", y.type());
      List<Value> floats = in.stream().filter(v -> v.dtype().isFloating()).toList();
      List<Value> cts = Diff.vjp(y, ct, floats);
      for (int i = 0; i < cts.size(); i++) {
        b.output("d" + i, cts.get(i));
      }
      out.add(b.build());
    }
    return out;
  }

  /** The sample's operands by name, and a cotangent where the program wants one. */
  static Map<String, HostTensor> inputs(OpSample s, Program p, List<HostTensor> x) {
    Map<String, HostTensor> in = new HashMap<>();
    for (int i = 0; i < x.size(); i++) {
      in.put("x" + i, x.get(i));
    }
    Value ct = p.inputs().get("ct");
    if (ct != null) {
      in.put("ct", Derivatives.draw(ct.type(), 11));
    }
    return in;
  }

  // Shared helpers.

  private interface Check {
    void run(OpSample s, int models);
  }

  private static Stream<DynamicTest> tests(Predicate<OpSample> filter, Check check) {
    return OpSamples.all().stream()
        .filter(filter)
        .flatMap(
            s ->
                IntStream.of(1, 3)
                    .mapToObj(
                        m ->
                            DynamicTest.dynamicTest(
                                s.label() + ", M = " + m, () -> check.run(s, m))));
  }

  static Map<Value, HostTensor> bind(List<Value> inputs, List<HostTensor> x) {
    Map<Value, HostTensor> env = new IdentityHashMap<>();
    for (int i = 0; i < x.size(); i++) {
      env.put(inputs.get(i), x.get(i));
    }
    return env;
  }

  /** Equal bits, but any NaN equals any other. */
  static void assertSame(String what, HostTensor actual, HostTensor expected) {
    assertThat(actual.type()).as(what).isEqualTo(expected.type());
    for (int i = 0; i < expected.shape().size(); i++) {
      long a = NaiveEvaluator.bits(actual, i);
      long e = NaiveEvaluator.bits(expected, i);
      boolean nan = Double.isNaN(actual.get(i)) && Double.isNaN(expected.get(i));
      if (a != e && !nan) {
        fail(
            "%s: element %s is %s (bits %x), expected %s (bits %x)",
            what,
            Arrays.toString(NaiveEvaluator.index(expected.shape(), i)),
            actual.get(i),
            a,
            expected.get(i),
            e);
      }
    }
  }
}
