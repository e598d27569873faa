// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.plan.Plan;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Plans against naive evaluation: fusion, views, the arena and in-place states of random programs,
 * and the cases that once went wrong in somebody's planner.
 */
class PlannerTest {
  private static Device device;

  @BeforeAll
  static void open() {
    device = Device.open("cpu");
  }

  @AfterAll
  static void close() {
    device.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void randomPrograms(int models) {
    for (int seed = 0; seed < 150; seed++) {
      Program p = new RandomProgram(seed, models).build();
      check("seed " + seed + "\n" + p.print(), p, CompileOptions.DEFAULT);
      check("seed " + seed + ", not fused\n" + p.print(), p, CompileOptions.UNFUSED);
      Program s = Simplify.run(p);
      check("seed " + seed + ", simplified\n" + s.print(), s, CompileOptions.DEFAULT);
    }
  }

  /** Three runs: states feed the next one. */
  private static void check(String what, Program p, CompileOptions options) {
    Map<String, HostTensor> in = new HashMap<>();
    int n = 0;
    for (Map.Entry<String, Value> e : p.inputs().entrySet()) {
      in.put(e.getKey(), Derivatives.draw(e.getValue().type(), ++n));
    }
    try (Executable e = device.compile(p, Map.of(), options)) {
      in.forEach((name, t) -> e.input(name).write(t));
      for (int run = 0; run < 3; run++) {
        e.run();
        List<HostTensor> expected = NaiveEvaluator.run(p, in);
        int i = 0;
        for (String name : p.outputs().keySet()) {
          OpContractTest.assertSame(
              what + "run " + run + ", output " + name, e.output(name).read(), expected.get(i));
          if (p.state().containsKey(name)) {
            in.put(p.state().get(name), expected.get(i));
          }
          i++;
        }
      }
      for (String name : p.inputs().keySet()) {
        OpContractTest.assertSame(what + "input " + name, e.input(name).read(), in.get(name));
      }
    }
  }

  /** Draws nodes over a growing pool of [M or 1, 3, 5], [M, 5, 3], [M, 1, 5] ... values. */
  private static final class RandomProgram {
    private final Random random;
    private final int models;
    private final Program.Builder builder;
    private final List<Value> pool = new ArrayList<>();
    private final Map<String, Value> states = new LinkedHashMap<>();

    RandomProgram(int seed, int models) {
      this.random = new Random(seed);
      this.models = models;
      this.builder = Program.builder("random" + seed);
    }

    Program build() {
      for (int i = 0; i < 3; i++) {
        states.put("s" + i, input("s" + i, models));
      }
      input("x", models);
      input("shared", 1);
      int nodes = 4 + random.nextInt(20);
      for (int i = 0; i < nodes; i++) {
        pool.add(node());
      }
      states.forEach(
          (name, old) ->
              builder.state(name, random.nextInt(4) == 0 ? put(old) : ofType(old.type())));
      int outputs = random.nextInt(4);
      for (int i = 0; i < outputs; i++) {
        builder.output("y" + i, any());
      }
      return builder.build();
    }

    private Value input(String name, int m) {
      Value v = builder.input(name, new TensorType(DType.F32, Shape.of(m, 3, 5)));
      pool.add(v);
      return v;
    }

    private Value any() {
      return pool.get(random.nextInt(pool.size()));
    }

    private Value ofType(TensorType type) {
      List<Value> fit = pool.stream().filter(v -> v.type().equals(type)).toList();
      return fit.get(random.nextInt(fit.size()));
    }

    /** A value of 15 elements a model as [.., 3, 5]. */
    private Value square() {
      List<Value> fit =
          pool.stream().filter(v -> v.shape().size() / v.shape().models() == 15).toList();
      Value v = fit.get(random.nextInt(fit.size()));
      return F.reshape(v, Shape.of(v.shape().models(), 3, 5));
    }

    private Value node() {
      Value a = square();
      Value b = square();
      return switch (random.nextInt(15)) {
        case 0 -> F.add(a, b);
        case 1 -> F.mul(a, F.add(b, 0.5));
        case 2 -> F.relu(F.sub(a, b));
        case 3 -> F.transpose(a, List.of(0, 2, 1));
        case 4 -> F.broadcast(F.sum(a, 1), a.shape());
        case 5 -> F.add(F.max(a, 2), b);
        case 6 -> F.reshape(F.transpose(a, List.of(0, 2, 1)), a.shape());
        case 7 -> F.mul(F.matmul(F.matmul(a, b, false, true), b), 0.25);
        case 8 -> F.pad(F.slice(a, 2, 1, 4), 2, 2, 0, 0.5);
        case 9 -> F.concat(1, F.slice(a, 1, 1, 3), F.slice(b, 1, 0, 1));
        case 10 -> F.select(F.gt(a, b), a, F.neg(b));
        case 11 -> F.slice(a, 2, random.nextInt(3), 2, 2);
        case 12 -> F.sum(F.square(a), 1, 2);
        case 13 -> F.gather(a, rows(b));
        default -> put(a);
      };
    }

    /** Puts two rows at neighbouring places, of which the second may be outside. */
    private Value put(Value table) {
      Value first = F.slice(rows(square()), 1, 0, 1);
      return F.put(table, F.slice(square(), 1, 1, 3), F.add(first, F.iota(2, 1, 2)));
    }

    private Value rows(Value b) {
      Value at = F.argMax(b, 2); // [.., 3, 1]
      return F.reshape(at, Shape.of(at.shape().models(), 3));
    }
  }

  private static TensorType vector() {
    return new TensorType(DType.F32, Shape.of(2, 4));
  }

  @Test
  void statesSwap() {
    Program.Builder b = Program.builder("swap");
    Value x = b.input("x", vector());
    Value y = b.input("y", vector());
    check("swap", b.state("x", y).state("y", x).build(), CompileOptions.DEFAULT);
  }

  @Test
  void aStateIsReadAfterItsNextValueWasComputed() {
    Program.Builder b = Program.builder("late");
    Value x = b.input("x", vector());
    Value next = F.mul(x, 0.5);
    Value sum = F.sum(x, 1);
    check(
        "late",
        b.state("x", next).output("sum", sum).output("both", F.add(next, sum)).build(),
        CompileOptions.DEFAULT);
  }

  @Test
  void twoStatesReadEachOther() {
    Program.Builder b = Program.builder("momentum");
    Value x = b.input("x", vector());
    Value v = b.input("v", vector());
    Value v2 = F.add(F.mul(v, 0.9), x);
    check("momentum", b.state("v", v2).state("x", F.sub(x, v2)).build(), CompileOptions.DEFAULT);
    Program.Builder c = Program.builder("crossed");
    Value p = c.input("p", vector());
    Value q = c.input("q", vector());
    check(
        "crossed",
        c.state("p", F.add(p, q)).state("q", F.sub(q, p)).build(),
        CompileOptions.DEFAULT);
  }

  @Test
  void aStateIsOverwrittenThroughAViewOfItself() {
    Program.Builder b = Program.builder("transposed");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(2, 3, 3)));
    Value t = F.transpose(x, List.of(0, 2, 1));
    check(
        "transposed", b.state("x", F.add(x, t)).output("view", t).build(), CompileOptions.DEFAULT);
  }

  @Test
  void aStateIsOverwrittenByWhatMixesItsElements() {
    Program.Builder b = Program.builder("mixed");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(2, 3, 3)));
    Value y = b.input("y", x.type());
    Value turned = F.sub(F.fill(DType.I32, Shape.of(1, 1), 2), F.iota(2, 1, 3));
    check(
        "mixed",
        b.state("x", F.matmul(x, x)).state("y", F.gather(y, turned)).build(),
        CompileOptions.DEFAULT);
  }

  @Test
  void oneValueHasSeveralOutputsAndAnInputIsOne() {
    Program.Builder b = Program.builder("shared");
    Value x = b.input("x", vector());
    Value y = F.exp(x);
    check(
        "shared",
        b.output("a", y).output("b", y).output("c", x).output("d", F.detach(y)).build(),
        CompileOptions.DEFAULT);
  }

  @Test
  void aStateThatStaysIsNotTouched() {
    Program.Builder b = Program.builder("frozen");
    Value x = b.input("x", vector());
    check("frozen", b.state("x", x).output("y", F.neg(x)).build(), CompileOptions.DEFAULT);
  }

  @Test
  void whatOneKernelReadsTwiceIsComputedInIt() {
    Program.Builder b = Program.builder("twice");
    Value x = b.input("x", vector());
    Value y = F.mul(F.exp(x), x);
    Program p = b.state("x", F.select(F.eq(y, y), y, x)).build();
    assertThat(Plan.of(p, CompileOptions.DEFAULT).steps()).hasSize(1);
    check("twice", p, CompileOptions.DEFAULT);
  }

  @Test
  void whatIsReadElsewhereTooHasAKernelOfItsOwn() {
    Program.Builder b = Program.builder("elsewhere");
    Value x = b.input("x", vector());
    Value y = F.mul(F.exp(x), x);
    Value z = F.select(F.eq(y, y), y, x);
    Program p = b.output("z", z).output("sum", F.sum(y, 1)).build();
    assertThat(Plan.of(p, CompileOptions.UNFUSED).single().size()).isGreaterThan(4);
    assertThat(Plan.of(p, CompileOptions.DEFAULT).single()).hasSize(3);
    check("elsewhere", p, CompileOptions.DEFAULT);
  }

  @Test
  void theArenaIsNoLargerThanWhatLivesTogether() {
    Program.Builder b = Program.builder("chain");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, 1024, 2)));
    Value y = x;
    for (int i = 0; i < 20; i++) {
      y = F.sub(F.transpose(y, List.of(0, 2, 1)), F.max(F.transpose(y, List.of(0, 2, 1)), 2));
      y = F.reshape(y, x.shape());
    }
    try (Executable e = device.compile(b.output("y", y).build(), Map.of())) {
      assertThat(e.arenaBytes()).isLessThanOrEqualTo(4 * x.type().bytes());
    }
  }

  /** Rows of an identity, block by block: each is large, and made anew where it is needed. */
  @Test
  void largeConstantsShareMemory() {
    int n = 1024;
    Program.Builder b = Program.builder("blocks");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, n, 2)));
    List<Value> blocks = new ArrayList<>();
    for (int from = 0; from < 8 * n; from += n) {
      Value row = F.add(F.iota(3, 1, n), from);
      Value one = F.cast(F.eq(row, F.iota(3, 2, n)), DType.F64);
      blocks.add(F.matmul(one, x, false, false));
    }
    b.output("y", F.concat(1, blocks));
    Plan plan = Plan.of(b.build(), CompileOptions.DEFAULT);
    assertThat(plan.arenaBytes()).isLessThan(2L * n * n * DType.F64.bytes());
  }
}
