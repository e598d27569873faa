// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {
  @Test
  void eachTaskIsDoneOnceWhenTheCallReturns() {
    try (Workers workers = new Workers(4)) {
      for (int tasks = 1; tasks <= 64; tasks++) {
        AtomicIntegerArray done = new AtomicIntegerArray(tasks);
        workers.parallel(tasks, done::incrementAndGet);
        for (int i = 0; i < tasks; i++) {
          assertThat(done.get(i)).as("task %d of %d", i, tasks).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void whatATaskThrowsReachesTheCallerAndTheNextCallIsWhole() {
    try (Workers workers = new Workers(3)) {
      assertThatThrownBy(
              () ->
                  workers.parallel(
                      20,
                      i -> {
                        if (i == 7) {
                          throw new ArithmeticException("of task 7");
                        }
                      }))
          .isInstanceOf(ArithmeticException.class)
          .hasMessage("of task 7");
      AtomicIntegerArray done = new AtomicIntegerArray(20);
      workers.parallel(20, done::incrementAndGet);
      for (int i = 0; i < 20; i++) {
        assertThat(done.get(i)).isEqualTo(1);
      }
    }
  }
}
