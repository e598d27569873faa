// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Lowering;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * What a device computes for every sample of every op, and for its cotangents, against the naive
 * evaluator: the same bits for maps, reductions and the ops' own kernels; matrix products within
 * the tolerance table where the device does not fix their rounding.
 */
class OpDeviceTest {
  /** A program with the inputs it is run on. */
  private record Case(String label, Program program, Map<String, HostTensor> inputs) {}

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (OpSample s : OpSamples.all()) {
      for (int m : new int[] {1, 3}) {
        for (Program p : OpContractTest.programs(s, m)) {
          String label = p.name().replace('_', ' ');
          cases.add(new Case(label, p, OpContractTest.inputs(s, p, s.draw(m, DType.F32, 8))));
          if (m == 1 && !s.edgeOperands().isEmpty()) {
            cases.add(
                new Case(
                    label + " at edges", p, OpContractTest.inputs(s, p, s.drawEdges(DType.F32))));
          }
        }
      }
    }
    return cases;
  }

  @TestFactory
  Stream<DynamicContainer> cpu() {
    return tests("cpu");
  }

  @TestFactory
  Stream<DynamicContainer> cuda() {
    return tests(System.getProperty("rigor.test.cuda", "emulated"));
  }

  private static Stream<DynamicContainer> tests(String kind) {
    Device device;
    try {
      device = Device.open(kind);
    } catch (DeviceException e) {
      assumeTrue(false, "no device '" + kind + "' here: " + e.firstLine());
      return Stream.empty();
    }
    List<Case> cases = cases();
    List<Program> programs = cases.stream().map(Case::program).distinct().toList();
    device.prepare(programs.stream().map(Simplify::run).toList(), CompileOptions.DEFAULT);
    device.prepare(programs, CompileOptions.UNFUSED);
    Stream<DynamicTest> runs =
        cases.stream().map(c -> DynamicTest.dynamicTest(c.label(), () -> check(device, c)));
    return Stream.of(
        DynamicContainer.dynamicContainer(kind, runs),
        DynamicContainer.dynamicContainer(
            kind + " afterwards",
            Stream.of(DynamicTest.dynamicTest("closes with nothing open", device::close))));
  }

  private static void check(Device device, Case c) {
    List<HostTensor> expected = NaiveEvaluator.run(c.program(), c.inputs());
    List<HostTensor> fused = run(device, c, Simplify.run(c.program()), CompileOptions.DEFAULT);
    List<HostTensor> unfused = run(device, c, c.program(), CompileOptions.UNFUSED);
    boolean product =
        c.program().nodes().stream()
            .anyMatch(v -> !v.isInput() && v.op().lower(v) instanceof Lowering.Gemm);
    boolean fixed = device.info().kind().equals("cpu");
    for (int i = 0; i < expected.size(); i++) {
      if (product && !fixed) {
        Ulps.assertWithin(c.label(), fused.get(i), expected.get(i), 64);
      } else {
        OpContractTest.assertSame(c.label(), fused.get(i), expected.get(i));
        OpContractTest.assertSame(c.label() + ", not fused", unfused.get(i), expected.get(i));
      }
    }
  }

  /** The outputs after the first run, which later runs, direct and in a sequence, must repeat. */
  private static List<HostTensor> run(
      Device device, Case c, Program program, CompileOptions options) {
    try (Executable e = device.compile(program, Map.of(), options)) {
      c.inputs().forEach((name, t) -> e.input(name).write(t));
      e.run();
      List<HostTensor> first = outputs(e);
      e.run();
      assertBitEqual(c.label() + ", second run", outputs(e), first);
      try (Sequence s = device.sequence(List.of(Sequence.repeat(2, Sequence.run(e))))) {
        s.run();
        s.run();
      }
      assertBitEqual(c.label() + ", replayed", outputs(e), first);
      return first;
    }
  }

  private static List<HostTensor> outputs(Executable e) {
    return e.program().outputs().keySet().stream().map(n -> e.output(n).read()).toList();
  }

  /** Java does not say which NaN an operation gives, and the JIT changes it between runs. */
  private static void assertBitEqual(String what, List<HostTensor> a, List<HostTensor> b) {
    for (int i = 0; i < a.size(); i++) {
      OpContractTest.assertSame(what, a.get(i), b.get(i));
    }
  }
}
