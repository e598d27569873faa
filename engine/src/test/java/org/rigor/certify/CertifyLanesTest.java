// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.RecordingDevice;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Threads share the rows of one network, and nothing but time depends on how many they are. */
class CertifyLanesTest {
  private static final int N = 9;

  /** Returns the margins of random convolutions, residual blocks and pooling. */
  private static List<Double> run(Device device, int seed, Certificate certificate) {
    Random r = new Random(seed);
    Margins m = new Margins(RandomNetworks.next(r), 1, N);
    RandomNetworks.fill(m, r);
    HostTensor x = HostTensor.of(m.network.input().insert(0, N), m.x);
    HostTensor y = HostTensor.of(Shape.of(N), m.y);
    Norm norm = seed % 2 == 0 ? Norm.L2 : Norm.LINF;
    try (Models networks = Models.of(device, m.network, m.params);
        Certifier certifier = new Certifier(networks, List.of(certificate), Box.UNIT, norm)) {
      CertifiedCurve curve = certifier.run(x, y, List.of(0.02, 0.1, 0.5));
      return Stream.of(curve.margins()[0])
          .flatMap(Stream::of)
          .filter(Objects::nonNull)
          .flatMap(own -> Arrays.stream(own.classes()).boxed())
          .toList();
    }
  }

  private static RecordingDevice device(int threads) {
    return new RecordingDevice(new CpuDevice(threads, "scalar", "test"));
  }

  private static List<Program> programs(RecordingDevice device, String name) {
    return device.compiled().stream()
        .map(RecordingDevice.Compiled::program)
        .filter(p -> p.name().equals(name))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void threadsChangeNoResult(int threads) {
    for (int seed = 1; seed <= 2; seed++) {
      for (Certificate c : List.of(new AlphaCrown(2), new BetaCrown(2, 4))) {
        try (RecordingDevice one = device(1);
            RecordingDevice several = device(threads)) {
          assertThat(run(several, seed, c)).isEqualTo(run(one, seed, c));
        }
      }
    }
  }

  @Test
  void eachThreadAscendsAndJudgesRowsOfItsOwn() {
    try (RecordingDevice device = device(4)) {
      run(device, 1, new AlphaCrown(1));
      for (String name : List.of("row-begin", "row-gradient", "row-step", "row-judge")) {
        assertThat(programs(device, name)).as(name).isNotEmpty();
        for (Program p : programs(device, name)) {
          assertThat(p.outputs().keySet()).as(name).allMatch(o -> o.startsWith("lane/slot/"));
          assertThat(p.outputs().values()).allMatch(v -> v.shape().models() == 4);
        }
      }
    }
  }
}
