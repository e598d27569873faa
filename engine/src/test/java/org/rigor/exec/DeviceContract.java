// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** What every device does. To test another one: a subclass that opens it. */
public abstract class DeviceContract {
  /** A device of its own for one test, which closes it. */
  protected abstract Device open();

  protected static TensorType f64(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }

  protected static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }

  protected static HostTensor ramp(int... dims) {
    Shape s = Shape.of(dims);
    double[] a = new double[(int) s.size()];
    for (int i = 0; i < a.length; i++) {
      a[i] = Math.sin(1 + 0.7 * i);
    }
    return HostTensor.of(s, a);
  }

  /** One gradient step of sum(relu(x W)^2) on W, for M models. */
  protected static Program descent(int models) {
    Program.Builder b = Program.builder("descent");
    Value x = b.input("x", f64(models, 4, 3));
    Value w = b.input("w", f64(models, 3, 2));
    Value y = F.relu(F.matmul(x, w));
    Value loss = F.sum(F.mul(y, y), 1, 2);
    Value next = F.sub(w, F.mul(Diff.grad(loss, w), 0.01));
    return b.output("loss", loss).state("w", next).build();
  }

  private static Offset<Double> rounding() {
    return Offset.offset(1e-13);
  }

  @Test
  void gradientDescentMatchesLoopsInJava() {
    try (Device device = open();
        Executable e = device.compile(descent(3))) {
      HostTensor x = ramp(3, 4, 3);
      double[] w = ramp(3, 3, 2).doubles().clone();
      e.input("x").write(x);
      e.input("w").write(HostTensor.of(Shape.of(3, 3, 2), w.clone()));
      e.run();
      for (int m = 0; m < 3; m++) {
        double loss = 0;
        double[] grad = new double[6];
        for (int r = 0; r < 4; r++) {
          for (int c = 0; c < 2; c++) {
            double z = 0;
            for (int k = 0; k < 3; k++) {
              z += x.doubles()[m * 12 + r * 3 + k] * w[m * 6 + k * 2 + c];
            }
            double y = Math.max(z, 0);
            loss += y * y;
            for (int k = 0; k < 3; k++) {
              grad[k * 2 + c] += 2 * y * x.doubles()[m * 12 + r * 3 + k];
            }
          }
        }
        assertThat(e.output("loss").read().get(m)).isCloseTo(loss, rounding());
        for (int i = 0; i < 6; i++) {
          assertThat(e.output("w").read().get(m * 6 + i))
              .isCloseTo(w[m * 6 + i] - 0.01 * grad[i], rounding());
        }
      }
    }
  }

  /** Weights after {@code outer} x 2 steps through one sequence. */
  protected static HostTensor trained(Device opened, int models, int outer) {
    try (Device device = opened;
        Executable e = device.compile(descent(models));
        Sequence s =
            device.sequence(List.of(Sequence.repeat(outer, Sequence.run(e), Sequence.run(e))))) {
      e.input("x").write(ramp(models, 4, 3));
      e.input("w").write(ramp(models, 3, 2));
      s.run();
      return e.output("w").read();
    }
  }

  @Test
  void replayIsRunningOneByOne() {
    HostTensor replayed = trained(open(), 3, 4);
    try (Device device = open();
        Executable e = device.compile(descent(3))) {
      e.input("x").write(ramp(3, 4, 3));
      e.input("w").write(ramp(3, 3, 2));
      for (int i = 0; i < 8; i++) {
        e.run();
      }
      assertThat(e.output("w").read().bitEquals(replayed)).isTrue();
    }
  }

  @Test
  void firstRowsOfEachModelCrossAlone() {
    try (Device device = open();
        Scope scope = device.scope("s")) {
      for (int models : new int[] {1, 2}) {
        Buffer b = scope.buffer("b" + models, ramp(models, 4, 3));
        double[] expected = ramp(models, 4, 3).doubles().clone();
        HostTensor two = HostTensor.of(Shape.of(models, 2, 3), new double[models * 6]);
        Arrays.setAll(two.doubles(), i -> 100 + i);
        b.writeRows(two);
        for (int i = 0; i < models * 6; i++) {
          expected[i / 6 * 12 + i % 6] = 100 + i;
        }
        assertThat(b.read().doubles()).isEqualTo(expected);
        HostTensor three = b.downloadRows(3).get();
        assertThat(three.shape()).isEqualTo(Shape.of(models, 3, 3));
        for (int i = 0; i < models * 9; i++) {
          assertThat(three.get(i)).isEqualTo(expected[i / 9 * 12 + i % 9]);
        }
        assertThatThrownBy(() -> b.writeRows(ramp(models, 2, 2)))
            .hasMessageContaining("rows of buffer 's/b" + models + "' have type");
        assertThatThrownBy(() -> b.downloadRows(5)).hasMessageContaining("has not 5 rows a model");
      }
    }
  }

  @Test
  void copyingInBetweenRunsIsOrdered() {
    try (Device device = open();
        Executable e = device.compile(descent(3));
        Sequence s = device.sequence(List.of(Sequence.run(e)))) {
      HostTensor x = ramp(3, 4, 3);
      HostTensor w = ramp(3, 3, 2);
      e.input("x").write(x);
      e.input("w").write(w);
      s.run();
      HostTensor first = e.output("w").read();
      e.input("w").write(w);
      s.run();
      e.input("x").write(HostTensor.of(x.shape(), new double[36]));
      assertThat(e.output("w").read().bitEquals(first)).isTrue();
      assertThat(e.input("x").read().doubles()).containsOnly(0);
    }
  }

  /** The head takes one off each counter above zero, the body counts while one is above zero. */
  @Test
  void loopRunsWhileAnyModelIsBusy() {
    Program.Builder b = Program.builder("countdown");
    Value n = b.input("n", i32(3, 1));
    Value one = F.cast(F.gt(n, F.constant(n, 0)), DType.I32);
    Value left = F.sub(n, one);
    Program head = b.state("n", left).output("busy", left).build();
    Program.Builder c = Program.builder("count");
    Value busy = c.input("busy", i32(3, 1));
    Value steps = c.input("steps", i32(3, 1));
    Value more = F.cast(F.gt(busy, F.constant(busy, 0)), DType.I32);
    Program body = c.state("steps", F.add(steps, more)).state("runs", runs(c)).build();
    try (Device device = open();
        Executable e = device.compile(head);
        Executable f = device.compile(body, Map.of("busy", e.output("busy")));
        Sequence s =
            device.sequence(
                List.of(
                    new Sequence.WhileBusy(
                        e.output("busy"), List.of(Sequence.run(e)), List.of(Sequence.run(f)))))) {
      e.input("n").write(HostTensor.of(Shape.of(3, 1), 3, 0, 5));
      s.run();
      assertThat(e.input("n").read().ints()).containsOnly(0);
      assertThat(f.output("steps").read().ints()).containsExactly(2, 0, 4);
      bodyRan(f.output("runs").read().ints(), 4);
    }
  }

  private static Value runs(Program.Builder b) {
    Value runs = b.input("runs", i32(3, 1));
    return F.add(runs, F.constant(runs, 1));
  }

  /** Holds how often a body ran that was needed {@code most} times by the slowest model. */
  protected abstract void bodyRan(int[] times, int most);

  @Test
  void statesSwapAndOldValuesAreSaved() {
    Program.Builder b = Program.builder("swap");
    Value p = b.input("p", f64(1, 3));
    Value q = b.input("q", f64(1, 3));
    Program swap =
        b.state("p", q).state("q", p).output("before", F.reshape(p, Shape.of(1, 3, 1))).build();
    try (Device device = open();
        Executable e = device.compile(swap)) {
      e.input("p").write(HostTensor.of(Shape.of(1, 3), 1.0, 2, 3));
      e.input("q").write(HostTensor.of(Shape.of(1, 3), 4.0, 5, 6));
      e.run();
      assertThat(e.output("p").read().doubles()).containsExactly(4, 5, 6);
      assertThat(e.output("q").read().doubles()).containsExactly(1, 2, 3);
      assertThat(e.output("before").read().doubles()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void namesTheLineOfTheFirstNan() {
    Program.Builder b = Program.builder("root");
    Value x = b.input("x", f64(1, 2));
    Program p = b.output("y", F.mul(F.sqrt(x), 2)).build();
    try (Device device = open();
        Executable e = device.compile(p, Map.of(), CompileOptions.CHECK_NAN)) {
      e.input("x").write(HostTensor.of(Shape.of(1, 2), 1.0, -1));
      assertThatThrownBy(e::run)
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("element 1 of model 0")
          .hasMessageContaining("DeviceContract.java:");
    }
  }

  @Test
  void refusesWrongBindingsAndUseAfterClose() {
    try (Device device = open()) {
      Scope scope = device.scope("s");
      Buffer w = scope.buffer("w", f64(3, 3, 2));
      assertThatThrownBy(() -> device.compile(descent(3), Map.of("v", w)))
          .hasMessageContaining("nothing named 'v'");
      assertThatThrownBy(() -> device.compile(descent(4), Map.of("w", w)))
          .hasMessageContaining("buffer 's/w' has f64[3, 3, 2]");
      Executable e = device.compile(descent(3), Map.of("w", w));
      assertThatThrownBy(device::close).hasMessageContaining("executable descent");
      e.close();
      assertThatThrownBy(e::run).hasMessageContaining("closed");
      scope.close();
      assertThatThrownBy(w::read).hasMessageContaining("'s/w' is closed");
    }
  }
}
