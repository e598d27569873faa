// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Scope;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Devices beside each other on one GPU, each used by a thread of its own. */
class BesideTest {
  private static final HostTensor SMALL = HostTensor.of(Shape.of(1, 2), 1.5, -2);

  /** Recording graphs, compiling and copying at the same time changes no bit. */
  @Test
  void trainingAtTheSameTimeGivesTheBitsOfTrainingAlone() throws Exception {
    try (Device device = TestedCuda.open()) {
      Map<String, HostTensor> alone = SmallStudy.train(device);
      try (Device second = device.beside("second");
          Device third = second.beside("third")) {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
          List<Future<Map<String, HostTensor>>> all = new ArrayList<>();
          for (int round = 0; round < 2; round++) {
            for (Device d : List.of(device, second, third)) {
              all.add(threads.submit(() -> SmallStudy.train(d)));
            }
          }
          for (Future<Map<String, HostTensor>> f : all) {
            Map<String, HostTensor> state = f.get();
            assertThat(state.keySet()).isEqualTo(alone.keySet());
            state.forEach((name, t) -> assertThat(t.bitEquals(alone.get(name))).as(name).isTrue());
          }
        } finally {
          threads.shutdown();
        }
      }
    }
  }

  @Test
  void buffersBelongToOneOfThem() {
    try (Device device = TestedCuda.open();
        Device beside = device.beside("other");
        Scope scope = beside.scope("s")) {
      Buffer b = scope.buffer("b", SMALL);
      assertThat(b.read().bitEquals(SMALL)).isTrue();
      assertThat(beside.info().kind()).isEqualTo(device.info().kind());
      assertThat(beside.info().details()).isEqualTo(device.info().details());
    }
  }

  @Test
  void theFirstClosesLast() {
    try (Device device = TestedCuda.open()) {
      Device beside = device.beside("other");
      assertThatThrownBy(device::close).hasMessageContaining("still open: [stream 'other']");
      beside.close();
    }
  }
}
