// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.opentest4j.TestAbortedException;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Lowering;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;

/**
 * Programs on the scalar CPU path, the vector one, and CUDA (the emulator, or with {@code
 * -Drigor.test.cuda=cuda} the machine's GPU): the same bits, but for CUDA's matrix products, which
 * may be off by 256 ulp of the largest element behind a whole network.
 */
public final class OnEveryDevice {
  /** A program in F32 with its inputs. */
  public record Case(String label, Program program, Map<String, HostTensor> inputs) {}

  private static final double ULPS = 256;

  private OnEveryDevice() {}

  public static void check(List<Case> cases) {
    List<Map<String, HostTensor>> expected;
    try (Device scalar = new CpuDevice(1, "scalar", "test")) {
      expected = cases.stream().map(c -> run(scalar, c)).toList();
    }
    try (Device vector = new CpuDevice(2, "auto", "test")) {
      compare("cpu", vector, cases, expected, 0);
    }
    String kind = System.getProperty("rigor.test.cuda", "emulated");
    try (Device cuda = open(kind)) {
      cuda.prepare(cases.stream().map(Case::program).toList(), CompileOptions.DEFAULT);
      compare(kind, cuda, cases, expected, ULPS);
    }
  }

  /** The device of this kind, without which the test is skipped, or fails where CI demands it. */
  public static Device open(String kind) {
    try {
      return Device.open(kind);
    } catch (DeviceException e) {
      assertThat("true".equals(System.getenv("CI"))).as(e.firstLine()).isFalse();
      throw new TestAbortedException("no device '" + kind + "' here: " + e.firstLine());
    }
  }

  private static void compare(
      String device,
      Device there,
      List<Case> cases,
      List<Map<String, HostTensor>> expected,
      double ofProducts) {
    for (int i = 0; i < cases.size(); i++) {
      Case c = cases.get(i);
      boolean product =
          c.program().nodes().stream()
              .anyMatch(v -> !v.isInput() && v.op().lower(v) instanceof Lowering.Gemm);
      Map<String, HostTensor> got = run(there, c);
      for (String name : got.keySet()) {
        String what = c.label() + " on " + device + ", " + name;
        assertClose(what, got.get(name), expected.get(i).get(name), product ? ofProducts : 0);
      }
    }
  }

  private static Map<String, HostTensor> run(Device device, Case c) {
    try (Executable e = device.compile(c.program())) {
      c.program().inputs().keySet().forEach(name -> e.input(name).write(c.inputs().get(name)));
      e.run();
      Map<String, HostTensor> out = new LinkedHashMap<>();
      c.program().outputs().keySet().forEach(name -> out.put(name, e.output(name).read()));
      return out;
    }
  }

  private static void assertClose(String what, HostTensor a, HostTensor b, double ulps) {
    float top = 0;
    for (float v : b.floats()) {
      top = Math.max(top, Math.abs(v));
    }
    for (int i = 0; i < b.shape().size(); i++) {
      assertThat(Math.abs(a.get(i) - b.get(i)))
          .as("%s, element %d: %s, not %s", what, i, a.get(i), b.get(i))
          .isLessThanOrEqualTo(ulps * Math.ulp(top));
    }
  }
}
