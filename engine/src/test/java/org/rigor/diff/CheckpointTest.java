// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.exec.plan.Plan;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class CheckpointTest {
  private static final int BATCH = 40;
  private static final int WIDTH = 8;
  private static final int DEPTH = 24;

  /** Gradients of a deep tanh network, its layers in pieces of some; 0 keeps everything. */
  private static Program gradients(int piece) {
    Program.Builder b = Program.builder("deep");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(2, BATCH, WIDTH)));
    List<Value> weights = new ArrayList<>();
    Value y = x;
    Value start = x;
    List<Value> own = new ArrayList<>(List.of(x));
    for (int i = 0; i < DEPTH; i++) {
      Value w = b.input("w" + i, new TensorType(DType.F32, Shape.of(2, WIDTH, WIDTH)));
      weights.add(w);
      own.add(w);
      y = F.tanh(F.matmul(y, w));
      if (piece > 0 && (i + 1) % piece == 0) {
        y = Checkpoint.of(y, own);
        own = new ArrayList<>(List.of(y));
      }
    }
    assertThat(start).isSameAs(x);
    Value loss = F.sum(F.mul(y, y), 1, 2);
    b.output("loss", loss);
    List<Value> wrt = new ArrayList<>(weights);
    wrt.add(x);
    List<Value> grads = Diff.grad(loss, wrt);
    for (int i = 0; i < grads.size(); i++) {
      b.output("g" + i, grads.get(i));
    }
    return Simplify.run(b.build());
  }

  private static Map<String, HostTensor> run(Program p) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(p)) {
      p.inputs()
          .forEach(
              (name, v) -> {
                float[] a = new float[(int) v.shape().size()];
                for (int i = 0; i < a.length; i++) {
                  a[i] = (float) Math.sin(name.hashCode() + 1.7 * i);
                }
                e.input(name).write(HostTensor.of(v.shape(), a));
              });
      e.run();
      p.outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
    }
    return out;
  }

  private static long arena(Program p) {
    return Plan.of(p, CompileOptions.DEFAULT).arenaBytes();
  }

  @Test
  void keepsEveryBitOfTheGradients() {
    Map<String, HostTensor> kept = run(gradients(0));
    Map<String, HostTensor> again = run(gradients(4));
    assertThat(again.keySet()).isEqualTo(kept.keySet());
    kept.forEach((name, v) -> assertThat(again.get(name).bitEquals(v)).as(name).isTrue());
  }

  /**
   * All activations of a linear network live when its backward pass begins; after that every
   * cotangent takes the place of the activation that its weight's gradient has just freed.
   */
  @Test
  void gradientsAreComputedAsSoonAsTheyFreeAnActivation() {
    Program.Builder b = Program.builder("linear");
    Value y = b.input("x", new TensorType(DType.F32, Shape.of(2, BATCH, WIDTH)));
    List<Value> weights = new ArrayList<>();
    for (int i = 0; i < DEPTH; i++) {
      weights.add(b.input("w" + i, new TensorType(DType.F32, Shape.of(2, WIDTH, WIDTH))));
      y = F.matmul(y, weights.get(i));
    }
    List<Value> grads = Diff.grad(F.sum(F.mul(y, y), 1, 2), weights);
    for (int i = 0; i < DEPTH; i++) {
      b.output("g" + i, grads.get(i));
    }
    long activation = 4L * 2 * BATCH * WIDTH;
    assertThat(arena(Simplify.run(b.build()))).isLessThanOrEqualTo((DEPTH + 3) * activation);
  }

  /** 24 layers keep 24 activations; in pieces of 5, about 5 ends and 5 inner ones. */
  @Test
  void needsTheMemoryOfThePieces() {
    long kept = arena(gradients(0));
    long pieces = arena(gradients(5));
    assertThat((double) pieces / kept).isLessThan(0.6);
  }

  @Test
  void tangentsPassThrough() {
    Program.Builder b = Program.builder("jvp");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 3)));
    Value y = Checkpoint.of(F.mul(F.tanh(x), x), List.of(x));
    Value t = b.input("t", x.type());
    b.output("jvp", Diff.jvp(List.of(y), List.of(x), List.of(t)).get(0));
    b.output("plain", Diff.jvp(List.of(F.mul(F.tanh(x), x)), List.of(x), List.of(t)).get(0));
    Map<String, HostTensor> out = new LinkedHashMap<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(b.build())) {
      e.input("x").write(HostTensor.of(Shape.of(1, 3), 0.5, -1.0, 2.0));
      e.input("t").write(HostTensor.of(Shape.of(1, 3), 1.0, 2.0, -1.0));
      e.run();
      out.put("jvp", e.output("jvp").read());
      out.put("plain", e.output("plain").read());
    }
    assertThat(out.get("jvp").bitEquals(out.get("plain"))).isTrue();
  }

  @Test
  void refusesAnInputTwice() {
    Program.Builder b = Program.builder("twice");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, 3)));
    assertThatThrownBy(() -> Checkpoint.of(F.tanh(x), List.of(x, x)))
        .hasMessageContaining("listed twice");
  }

  @Test
  void refusesAPieceOfWhichAnInputIsNotListed() {
    Program.Builder b = Program.builder("unlisted");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, 3)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 3)));
    assertThatThrownBy(() -> Checkpoint.of(F.mul(x, w), List.of(x)))
        .hasMessageContaining("not among its inputs");
  }
}
