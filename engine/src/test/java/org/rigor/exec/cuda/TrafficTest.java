// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.exec.Traffic;
import org.rigor.exec.Traffic.Copies;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** The device counts what it was asked, by hand. */
class TrafficTest {
  private static final TensorType COUNT = new TensorType(DType.I32, Shape.of(3, 1));
  private static final Copies NO_COPIES = new Copies(0, 0);

  private static Traffic asked(Device device, Runnable work) {
    Traffic before = device.traffic().orElseThrow();
    work.run();
    return device.traffic().orElseThrow().since(before);
  }

  private static Program counts(String name, Function<Value, Value> f) {
    Program.Builder b = Program.builder(name);
    return b.state("n", f.apply(b.input("n", COUNT))).build();
  }

  @Test
  void copiesCountByDirection() {
    try (Device device = TestedCuda.open();
        Scope scope = device.scope("s")) {
      assertThat(asked(device, () -> scope.buffer("n", COUNT)))
          .isEqualTo(new Traffic(1, 0, 0, NO_COPIES, NO_COPIES, NO_COPIES, 0, 0));
      Buffer a = scope.buffer("a", COUNT);
      HostTensor three = HostTensor.of(COUNT.shape(), 3, 1, 4);
      assertThat(asked(device, () -> a.write(three)))
          .isEqualTo(new Traffic(0, 0, 0, new Copies(1, 12), NO_COPIES, NO_COPIES, 0, 0));
      Buffer b = scope.buffer("b", COUNT);
      assertThat(asked(device, () -> b.write(a, List.of(0, 0, 2))))
          .isEqualTo(new Traffic(0, 0, 0, NO_COPIES, NO_COPIES, new Copies(3, 12), 0, 0));
      assertThat(asked(device, a::read))
          .isEqualTo(new Traffic(0, 0, 0, NO_COPIES, new Copies(1, 12), NO_COPIES, 1, 1));
    }
  }

  @Test
  void recordingCountsOnlyWhenReplayed() {
    try (Device device = TestedCuda.open();
        Executable e = device.compile(counts("add", n -> F.add(n, 1)))) {
      Sequence[] five = new Sequence[1];
      assertThat(
              asked(
                  device,
                  () -> five[0] = device.sequence(List.of(Sequence.repeat(5, Sequence.run(e))))))
          .isEqualTo(Traffic.NONE);
      assertThat(asked(device, e::run)).isEqualTo(Traffic.LAUNCH);
      assertThat(asked(device, five[0]::run))
          .isEqualTo(new Traffic(0, 1, 5, NO_COPIES, NO_COPIES, NO_COPIES, 0, 0));
      assertThat(e.output("n").read().ints()).containsOnly(6);
      five[0].close();
    }
  }

  /** What is known to be done costs the host nothing, so it is no wait. */
  @Test
  void waitsCountOnce() {
    try (Device device = TestedCuda.open();
        Device beside = device.beside("other")) {
      Scope scope = device.scope("s");
      scope.buffer("a", COUNT).read();
      assertThat(asked(device, scope::close)).as("closing waits, too").isEqualTo(Traffic.NONE);
      try (Scope other = beside.scope("s")) {
        Traffic all = asked(device, () -> other.buffer("b", COUNT).read());
        assertThat(all.waits()).as("devices beside count together").isEqualTo(1);
      }
    }
  }

  /** A loop of 20 rounds: the host waits for each counter while the device has the next round. */
  @Test
  void loopsKeepTheDeviceBusy() {
    Program.Builder b = Program.builder("rounds");
    Value busy = b.input("n", COUNT);
    Program round = b.state("rounds", F.add(b.input("rounds", COUNT), busy)).build();
    try (Device device = TestedCuda.open();
        Executable down =
            device.compile(
                counts("down", n -> F.maximum(F.sub(n, F.constant(n, 1)), F.constant(n, 0))));
        Executable body = device.compile(round, Map.of("n", down.output("n")));
        Sequence loop =
            device.sequence(
                List.of(
                    new Sequence.WhileBusy(
                        down.output("n"),
                        List.of(Sequence.run(down)),
                        List.of(Sequence.run(body)))))) {
      down.input("n").write(HostTensor.of(COUNT.shape(), 20, 3, 1));
      Traffic t = asked(device, loop::run);
      assertThat(body.output("rounds").read().ints()).containsExactly(190, 3, 0);
      assertThat(t.waits()).isEqualTo(20);
      assertThat(t.drains()).isZero();
    }
  }

  @Test
  void theHostsOwnMemoryHasNoTraffic() {
    try (Device cpu = new CpuDevice(1, "scalar", "test")) {
      assertThat(cpu.traffic()).isEmpty();
    }
  }
}
