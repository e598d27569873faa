// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.cuda.loading.Emulator;

/** Work g in small sizes on the emulator, by both clocks. */
class KernelWorkTest {
  @TempDir Path folder;

  private List<JsonObject> times(boolean events) throws Exception {
    Path file = folder.resolve(events + ".jsonl");
    PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true);
    Records records = new Records(file, "rigor-emulated", nowhere);
    KernelWork.run(new Session(folder, "emulated", true, 0.001, records), events);
    return Files.readAllLines(file).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  @Test
  void eachTimeSaysWhichClockTookIt() throws Exception {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    for (boolean events : new boolean[] {true, false}) {
      List<JsonObject> all = times(events);
      assertThat(all).hasSize(11);
      for (JsonObject o : all) {
        assertThat(o.get("ms").getAsDouble()).as("%s", o).isPositive();
      }
      Map<String, String> clocks =
          all.stream()
              .collect(
                  Collectors.toMap(
                      o -> o.get("name").getAsString(), o -> o.get("clock").getAsString()));
      assertThat(clocks.remove("launch")).isEqualTo("wall");
      assertThat(clocks.values()).containsOnly(events ? "device events" : "wall");
    }
  }
}
