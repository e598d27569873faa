// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Buffer;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceContract;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Download;
import org.rigor.exec.Executable;
import org.rigor.exec.NonFiniteException;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** The CUDA device on the emulator. */
class CudaDeviceTest extends DeviceContract {
  @Override
  protected Device open() {
    return TestedCuda.open();
  }

  /** One round more: the host looks at the counters while the device works on. */
  @Override
  protected void bodyRan(int[] times, int most) {
    assertThat(times).containsOnly(most + 1);
  }

  @Test
  void namesWhatRanOutOfMemory() {
    try (Device device = open();
        Scope scope = device.scope("s")) {
      assertThatThrownBy(() -> scope.buffer("huge", f64(1 << 9, 1 << 29)))
          .isInstanceOfSatisfying(
              DeviceException.class, e -> assertThat(e.isOutOfMemory()).isTrue())
          .hasMessageContaining("out of device memory")
          .hasMessageContaining("'s/huge'");
      Buffer small = scope.buffer("small", ramp(1, 3));
      assertThat(small.read().bitEquals(ramp(1, 3))).isTrue();
    }
  }

  /** More than the ring of pinned chunks holds, with an odd end; writes in a row, then reads. */
  @Test
  void largeArraysComeBack() {
    HostTensor doubles = ramp(1, 2_300_001);
    int[] numbers = new int[5_000_003];
    Arrays.setAll(numbers, i -> 3 * i + 1);
    HostTensor ints = HostTensor.of(Shape.of(1, numbers.length), numbers);
    HostTensor floats = HostTensor.of(Shape.of(1, 2_300_001), doubles.toFloat().floats());
    try (Device device = open();
        Scope scope = device.scope("s")) {
      List<HostTensor> all = List.of(doubles, ints, floats);
      List<Buffer> buffers = new ArrayList<>();
      all.forEach(t -> buffers.add(scope.buffer("b" + buffers.size(), t)));
      for (int i = 0; i < all.size(); i++) {
        assertThat(buffers.get(i).read().bitEquals(all.get(i))).isTrue();
      }
      buffers.get(0).clear();
      assertThat(buffers.get(0).read().bitEquals(HostTensor.zeros(doubles.type()))).isTrue();
      assertThat(buffers.get(1).read().bitEquals(ints)).isTrue();
    }
  }

  /** Copies under way are taken in any order, and hold what was there when they were queued. */
  @Test
  void downloadsHoldTheContentsOfTheirTurn() {
    HostTensor small = ramp(1, 20_000);
    HostTensor large = ramp(1, 1_500_001);
    try (Device device = open();
        Scope scope = device.scope("s")) {
      for (HostTensor t : List.of(small, large)) {
        Buffer b = scope.buffer("b" + t.shape(), t);
        List<Download> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) { // more than the rings hold
          all.add(b.download());
          b.clear();
          b.write(t);
        }
        assertThat(all.get(0).ready()).as("its place was needed").isTrue();
        assertThat(all.get(5).ready()).isFalse();
        b.clear();
        for (int i : new int[] {5, 2, 3, 4, 1, 0}) {
          assertThat(all.get(i).get().bitEquals(t)).as("copy %d of %s", i, t.type()).isTrue();
        }
        assertThat(b.read().bitEquals(HostTensor.zeros(t.type()))).isTrue();
      }
    }
  }

  @Test
  void saysWhatDecidesResults() {
    try (Device device = open()) {
      assertThat(device.info().details())
          .containsKeys("compute_capability", "driver", "nvrtc", "cublas");
    }
  }

  @Test
  void refusesWhatBelongsToAnotherDevice() {
    try (Device device = open();
        Device cpu = new CpuDevice(1, "scalar", "test");
        Scope foreign = cpu.scope("cpu");
        Executable there = cpu.compile(descent(2))) {
      Buffer w = foreign.buffer("w", f64(2, 3, 2));
      assertThatThrownBy(() -> device.compile(descent(2), Map.of("w", w)))
          .hasMessageContaining("'cpu/w' belongs to another device");
      assertThatThrownBy(() -> device.sequence(List.of(Sequence.run(there))))
          .hasMessageContaining("executables of its own device only");
    }
  }

  @Test
  void closedBuffersOfARecordedSequenceAreNamed() {
    try (Device device = open()) {
      Scope scope = device.scope("s");
      Buffer w = scope.buffer("w", f64(2, 3, 2));
      try (Executable e = device.compile(descent(2), Map.of("w", w));
          Sequence s = device.sequence(List.of(Sequence.run(e)))) {
        s.run();
        scope.close();
        assertThatThrownBy(s::run).hasMessageContaining("'s/w' is closed");
      }
    }
  }

  /** Looking for NaN needs the host between steps, so nothing is recorded. */
  @Test
  void checksForNanInsideASequence() {
    try (Device device = open();
        Executable e = device.compile(descent(2), Map.of(), CompileOptions.CHECK_NAN);
        Sequence s = device.sequence(List.of(Sequence.repeat(3, Sequence.run(e))))) {
      e.input("w").write(ramp(2, 3, 2));
      s.run();
      double[] bad = ramp(2, 4, 3).doubles();
      bad[13] = Double.POSITIVE_INFINITY;
      e.input("x").write(HostTensor.of(Shape.of(2, 4, 3), bad));
      assertThatThrownBy(s::run)
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("of model 1");
    }
  }
}
