// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.OnEveryDevice;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Rows put into a table: where the plan copies the table, and that results never depend on it. */
class PutTest {
  private static final int N = 7;
  private static final int B = 3;

  /** A program under construction, with rows to put at an index. */
  private static final class Traced {
    private final Program.Builder b;
    private final Value rows;
    private final Value index;

    Traced(String name, int models) {
      b = Program.builder(name);
      rows = b.input("rows", f32(models, B, 4));
      index = b.input("index", new TensorType(DType.I32, Shape.of(models, B)));
    }

    Value table(String name) {
      return b.input(name, f32(rows.shape().models(), N, 4));
    }

    Value put(Value table) {
      return F.put(table, rows, index);
    }
  }

  private static TensorType f32(int... dims) {
    return new TensorType(DType.F32, Shape.of(dims));
  }

  private static List<PlanStep> steps(Program p) {
    return Plan.of(p, CompileOptions.DEFAULT).steps();
  }

  private static Program inPlace() {
    Traced t = new Traced("in-place", 2);
    return t.b.state("table", t.put(t.table("table"))).build();
  }

  @Test
  void aStateChangesInPlace() {
    assertThat(steps(inPlace())).hasSize(1).hasOnlyElementsOfType(PlanStep.Launch.class);
    assertThat(Plan.of(inPlace(), CompileOptions.DEFAULT).arenaBytes()).isZero();
  }

  /** The new rows derive from the old table. */
  private static Program derived() {
    Traced t = new Traced("derived", 2);
    Value old = t.table("table");
    Value more = F.add(F.gather(old, t.index), t.rows);
    return t.b.state("table", F.put(old, more, t.index)).output("sum", F.sum(old, 1)).build();
  }

  @Test
  void rowsOfTheOldTableNeedNoCopyOfIt() {
    List<PlanStep> steps = steps(derived());
    assertThat(steps.get(steps.size() - 1)).isInstanceOf(PlanStep.Launch.class);
    long largest =
        steps.stream().mapToLong(s -> s.output().view().shape().size()).limit(2).max().orElse(0);
    assertThat(largest).as("elements of intermediates").isEqualTo(2 * B * 4);
  }

  /** The old table is an output too. */
  private static Program alsoRead() {
    Traced t = new Traced("also-read", 2);
    Value old = t.table("table");
    t.b.state("table", t.put(old)).output("old", old);
    return t.b.output("doubled", F.add(old, old)).build();
  }

  private static Program swapped() {
    Traced t = new Traced("swapped", 2);
    Value x = t.table("x");
    Value next = t.put(x);
    t.b.state("x", t.put(t.table("y"))).state("y", next);
    return t.b.output("sum", F.sum(next, 1, 2)).build();
  }

  private static Program crossed() {
    Traced t = new Traced("crossed", 2);
    Value x = t.table("x");
    Value y = t.table("y");
    t.b.state("x", F.put(x, F.slice(y, 1, 0, B), t.index));
    return t.b.state("y", F.put(y, F.slice(x, 1, 0, B), t.index)).build();
  }

  private static Program twice() {
    Traced t = new Traced("twice", 2);
    Value old = t.table("table");
    Value last = F.put(t.put(old), F.neg(F.gather(old, t.index)), t.index);
    return t.b.state("table", last).build();
  }

  /** The view has the type of the state, but other elements in its place. */
  private static Program turned() {
    Traced t = new Traced("turned", 2);
    Value old = t.b.input("square", f32(2, 4, 4));
    return t.b.state("square", t.put(F.transpose(old, List.of(0, 2, 1)))).build();
  }

  /** Rows of a table go to other places in it, in the second table all of them. */
  private static Program moved() {
    Traced t = new Traced("moved", 2);
    Value x = t.table("x");
    t.b.state("x", F.put(x, F.slice(x, 1, N - B, N), t.index));
    Value y = t.table("y");
    Value backwards = F.sub(F.fill(DType.I32, Shape.of(1, 1), N - 1), F.iota(2, 1, N));
    return t.b.state("y", F.put(y, y, backwards)).output("z", t.put(y)).build();
  }

  private static Program shared() {
    Traced t = new Traced("shared", 2);
    t.b.output("y", t.put(t.b.input("table", f32(1, N, 4))));
    Value turned = F.transpose(t.b.input("turned", f32(1, 4, N)), List.of(0, 2, 1));
    return t.b.output("z", t.put(turned)).build();
  }

  /** What varies is put into a constant table, and what is constant into another. */
  private static Program constant() {
    Traced t = new Traced("constant", 1);
    Value numbers = F.cast(F.broadcast(F.iota(3, 1, N), Shape.of(1, N, 4)), DType.F32);
    Value places = F.add(F.iota(2, 1, B), F.fill(DType.I32, Shape.of(1, 1), N - 2));
    Value fixed = F.put(numbers, F.fill(DType.F32, t.rows.shape(), -1), places);
    t.b.output("y", F.add(t.put(numbers), F.sum(fixed, 1)));
    return t.b.output("z", t.put(fixed)).build();
  }

  @Test
  void constantRowsInAConstantTableArePutOnce() {
    assertThat(steps(constant()).stream().filter(PlanStep.Launch.class::isInstance)).hasSize(2);
  }

  private static List<Program> programs() {
    return List.of(
        inPlace(),
        derived(),
        alsoRead(),
        swapped(),
        crossed(),
        twice(),
        turned(),
        moved(),
        shared(),
        constant());
  }

  @Test
  void resultsOnOneThread() {
    try (Device d = new CpuDevice(1, "scalar", "test")) {
      check(d);
    }
  }

  @Test
  void resultsOnThreads() {
    try (Device d = new CpuDevice(3, "auto", "test")) {
      check(d);
    }
  }

  @Test
  void resultsOnCuda() {
    try (Device d = OnEveryDevice.open(System.getProperty("rigor.test.cuda", "emulated"))) {
      d.prepare(programs(), CompileOptions.DEFAULT);
      d.prepare(programs(), CompileOptions.UNFUSED);
      check(d);
    }
  }

  private static void check(Device d) {
    for (Program p : programs()) {
      for (CompileOptions o : List.of(CompileOptions.DEFAULT, CompileOptions.UNFUSED)) {
        check(d, p, o);
      }
    }
  }

  /** Three runs with other rows at other places; states feed the next one. */
  private static void check(Device device, Program p, CompileOptions options) {
    Map<String, HostTensor> in = new HashMap<>();
    p.inputs().forEach((name, v) -> in.put(name, Derivatives.draw(v.type(), name.hashCode())));
    in.put("index", places(p.inputs().get("index").type(), 0));
    try (Executable e = device.compile(p, Map.of(), options)) {
      in.forEach((name, x) -> e.input(name).write(x));
      for (int run = 0; run < 3; run++) {
        in.put("rows", Derivatives.draw(p.inputs().get("rows").type(), run));
        in.put("index", places(p.inputs().get("index").type(), run));
        Stream.of("rows", "index").forEach(name -> e.input(name).write(in.get(name)));
        e.run();
        List<HostTensor> expected = NaiveEvaluator.run(p, in);
        int i = 0;
        for (String name : p.outputs().keySet()) {
          String what = "%s, run %d, %s".formatted(p.name(), run, name);
          OpContractTest.assertSame(what, e.output(name).read(), expected.get(i));
          if (p.state().containsKey(name)) {
            in.put(p.state().get(name), expected.get(i));
          }
          i++;
        }
      }
      for (String name : p.inputs().keySet()) {
        OpContractTest.assertSame(p.name() + ": " + name, e.input(name).read(), in.get(name));
      }
    }
  }

  /** Distinct places for the rows of each model; in the last run the first is outside. */
  private static HostTensor places(TensorType type, int run) {
    HostTensor t = HostTensor.zeros(type);
    for (int i = 0; i < t.shape().size(); i++) {
      t.ints()[i] = (i / B + i % B * 2 + run) % N - (run == 2 && i % B == 0 ? N : 0);
    }
    return t;
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    Traced t = new Traced("refused", 2);
    Value old = t.table("table");
    assertThatThrownBy(() -> F.put(old, F.slice(t.rows, 2, 0, 3), t.index))
        .hasMessageContaining("a row of [2, 7, 4] cannot be replaced by one of [2, 3, 3]");
    assertThatThrownBy(() -> F.put(old, F.slice(t.rows, 1, 0, 2), t.index))
        .hasMessageContaining("one index for each of the 2 rows, got [2, 3]");
    assertThatThrownBy(() -> F.put(old, F.cast(t.rows, DType.F64), t.index))
        .hasMessageContaining("T [M, N, ...], T [M, B, ...] and i32 [M, B], got");
  }
}
