// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;

/**
 * How far each op's F32 results are from the same op in double on the same operands. The table
 * op-tolerances.tsv states the limit for each op and device; sums and products are measured on
 * operands of one sign, where an ulp of the result is a fair unit.
 */
class OpToleranceTest {
  private static final int DRAWS = 12;
  private static final Set<String> ONE_SIGN =
      Set.of(
          "Sum",
          "MatMul",
          "ScatterAdd",
          "ScatterAlong",
          "CumSum",
          "Fold",
          "DirectConv",
          "DirectConvAdjoint");

  @Test
  void cpu() {
    check("cpu");
  }

  @Test
  void emulated() {
    check(System.getProperty("rigor.test.cuda", "emulated"));
  }

  private static void check(String kind) {
    Device device;
    try {
      device = Device.open(kind);
    } catch (DeviceException e) {
      assumeTrue(false, "no device '" + kind + "' here: " + e.firstLine());
      return;
    }
    Map<String, Double> worst = new TreeMap<>();
    try (device) {
      List<OpSample> samples = OpSamples.all().stream().filter(OpToleranceTest::isReal).toList();
      device.prepare(
          samples.stream().map(s -> s.trace(1, DType.F32).program()).toList(),
          CompileOptions.DEFAULT);
      samples.forEach(s -> worst.merge(s.opClass().getSimpleName(), measure(device, s), Math::max));
    }
    Map<String, Double> limits = table(kind);
    assertThat(new TreeSet<>(limits.keySet())).isEqualTo(new TreeSet<>(worst.keySet()));
    List<String> beyond = new ArrayList<>();
    worst.forEach(
        (op, ulp) -> {
          if (!(ulp <= limits.get(op))) {
            beyond.add(op + ": " + ulp + " ulp, at most " + limits.get(op));
          }
        });
    assertThat(beyond).as("beyond op-tolerances.tsv on " + kind).isEmpty();
  }

  private static boolean isReal(OpSample s) {
    return s.hasReal() && s.trace(1, DType.F32).y().dtype().isFloating();
  }

  private static double measure(Device device, OpSample s) {
    OpSample.Traced single = s.trace(1, DType.F32);
    Program exact = s.trace(1, DType.F64).program();
    double worst = 0;
    try (Executable e = device.compile(single.program())) {
      for (int seed = 0; seed < DRAWS; seed++) {
        Map<String, HostTensor> in = new HashMap<>();
        List<HostTensor> x = s.draw(1, DType.F64, 100 + seed);
        for (int i = 0; i < x.size(); i++) {
          boolean real = x.get(i).dtype() == DType.F64;
          if (real && ONE_SIGN.contains(s.opClass().getSimpleName())) {
            double[] d = x.get(i).doubles();
            Arrays.setAll(d, k -> Math.abs(d[k]));
          }
          in.put("x" + i, x.get(i));
          e.input("x" + i).write(real ? x.get(i).toFloat() : x.get(i));
        }
        e.run();
        HostTensor expected = NaiveEvaluator.run(exact, in).get(0);
        worst = Math.max(worst, Ulps.largest(e.output("y").read(), expected));
      }
    }
    return worst;
  }

  /** Limits of a device; a row for the device itself goes before one for all devices. */
  private static Map<String, Double> table(String kind) {
    Map<String, Double> all = new HashMap<>();
    Map<String, Double> own = new HashMap<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                OpToleranceTest.class.getResourceAsStream("/op-tolerances.tsv"),
                StandardCharsets.UTF_8))) {
      in.lines()
          .filter(l -> !l.startsWith("#") && !l.isBlank())
          .map(l -> l.split("\t"))
          .forEach(
              r -> {
                if (r[1].equals("*")) {
                  all.put(r[0], Double.parseDouble(r[2]));
                } else if (r[1].equals(kind)) {
                  own.put(r[0], Double.parseDouble(r[2]));
                }
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    all.putAll(own);
    return all;
  }
}
