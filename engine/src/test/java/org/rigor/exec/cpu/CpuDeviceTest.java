// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceContract;
import org.rigor.tensor.HostTensor;

class CpuDeviceTest extends DeviceContract {
  @Override
  protected Device open() {
    return open(2);
  }

  private static Device open(int threads) {
    return new CpuDevice(threads, "scalar", "test");
  }

  /** No round without work: each costs as much as one with. */
  @Override
  protected void bodyRan(int[] times, int most) {
    assertThat(Arrays.stream(times).max().orElseThrow()).isEqualTo(most);
  }

  @Test
  void resultsDoNotDependOnThreadsOrNeighbours() {
    HostTensor together = trained(open(1), 5, 3);
    assertThat(trained(open(2), 5, 3).bitEquals(together)).isTrue();
    assertThat(trained(open(4), 5, 3).bitEquals(together)).isTrue();
    assertThat(trained(open(7), 5, 3).bitEquals(together)).isTrue();
  }
}
