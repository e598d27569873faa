// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Op;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Direct convolutions take the place of windows and product, bit for bit. */
class DirectConvolutionsTest {
  private static final int SHARED = 200 << 10;

  /** Two layers, and the gradient by the images, or by the kernels too. */
  private static Program network(boolean byKernels, int outputs) {
    Program.Builder b = Program.builder("net");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(3, 2, 9, 8, 3)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(3, 3, 3, 3, outputs)));
    Value v = b.input("v", new TensorType(DType.F32, Shape.of(3, 3, 3, outputs, 10)));
    Value h = F.relu(F.conv2d(x, w, Windows.of(3).padding(1)));
    Value y = F.conv2d(h, v, Windows.of(3).stride(2));
    Value loss = F.sum(F.square(y), 1, 2, 3, 4);
    b.output("y", y);
    b.output("dx", Diff.grad(loss, x));
    if (byKernels) {
      b.output("dv", Diff.grad(loss, v));
    }
    return b.build();
  }

  private static Map<String, HostTensor> run(Program p) {
    Random r = new Random(5);
    try (Device cpu = new CpuDevice(1, "scalar", "test");
        Executable e = cpu.compile(p)) {
      for (String name : List.of("x", "w", "v")) {
        TensorType t = e.input(name).type();
        float[] values = new float[Math.toIntExact(t.shape().size())];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) r.nextGaussian();
        }
        e.input(name).write(HostTensor.of(t.shape(), values));
      }
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      p.outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }

  private static long count(Program p, Class<? extends Op> op) {
    return p.nodes().stream().filter(v -> op.isInstance(v.op())).count();
  }

  @Test
  void sameBitsWithoutWindows() {
    Program p = network(false, 16);
    Program direct = DirectConvolutions.run(p, SHARED);
    assertThat(count(direct, DirectConv.class)).isEqualTo(2);
    assertThat(count(direct, DirectConvAdjoint.class)).isEqualTo(2);
    assertThat(count(direct, Unfold.class) + count(direct, Fold.class)).isZero();
    Map<String, HostTensor> expected = run(p);
    run(direct).forEach((name, t) -> assertThat(t.bitEquals(expected.get(name))).as(name).isTrue());
  }

  /** A product may hold the windows of all images as rows of one matrix. */
  @Test
  void sumsOfWindowsFromOneMatrix() {
    Program.Builder b = Program.builder("net");
    Value x = b.input("x", new TensorType(DType.F32, Shape.of(1, 1, 2 * 9, 5)));
    Value w = b.input("w", new TensorType(DType.F32, Shape.of(1, 3, 3, 4, 5)));
    Value v = b.input("v", new TensorType(DType.F32, Shape.of(1, 1)));
    Value taps = F.matmul(x, F.reshape(w, Shape.of(1, 1, 36, 5)), false, true);
    Value images =
        F.fold(F.reshape(taps, Shape.of(1, 2, 3, 3, 1, 3, 3, 4)), Windows.of(3), 1, 5, 5);
    Program p = b.output("y", images).output("v", F.neg(v)).build();
    Program direct = DirectConvolutions.run(p, SHARED);
    assertThat(count(direct, DirectConvAdjoint.class)).isEqualTo(1);
    assertThat(run(direct).get("y").bitEquals(run(p).get("y"))).isTrue();
  }

  @Test
  void windowsThatAreNeededStay() {
    Program direct = DirectConvolutions.run(network(true, 16), SHARED);
    assertThat(count(direct, Unfold.class)).isEqualTo(1);
    assertThat(count(direct, DirectConv.class)).isEqualTo(1); // the first layer's
  }

  @Test
  void largeKernelsAndDevicesWithoutSharedMemoryKeepTheProduct() {
    Program p = network(false, 16);
    assertThat(DirectConvolutions.run(p, 0)).isSameAs(p);
    Program wide = DirectConvolutions.run(network(false, 400), SHARED);
    assertThat(count(wide, DirectConv.class)).isZero();
    assertThat(count(wide, Unfold.class)).isEqualTo(2);
  }
}
