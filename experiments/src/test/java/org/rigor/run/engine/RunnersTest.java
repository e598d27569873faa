// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.run.provider.EngineProvider;

/** Runners of one engine, which runs one study after another. */
class RunnersTest {
  @Test
  void studiesAfterEachOtherShareTheDevicesBesideTheFirst() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    try (RigorEngine engine =
        new RigorEngine(new EngineProvider.Request("emulated", Optional.empty()))) {
      engine.runners(2);
      engine.runners(3);
      engine.runners(3);
      assertThatThrownBy(engine.device()::close)
          .hasMessageEndingWith("still open: [stream 'packs 2', stream 'packs 3']");
    }
  }
}
