// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.run.engine.RigorProvider;

/** Networks of three widths on the emulated GPU, one pack at a time and three. */
class EmulatedPacksTest {
  private static final String STUDY =
      """
      name: widths
      data: {type: digits, test-share: 0.95}
      model: {type: mlp, hidden: [5]}
      training:
        epochs: 6
        batch-size: 30
        optimiser: {type: sgd, learning-rate: 0.3, momentum: 0.9}
        methods:
          - {type: pgd, epsilon: 0.1, steps: 2, relative-step: 0.5}
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.05, 0.15], steps: 3, restarts: 1, samples: 8}
        - {type: lipschitz, samples: 8}
      sweep: {seeds: 2, grid: {model.hidden: [[5], [6], [7]]}}
      """;

  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  /** What a run measured and trained, by file; the seconds it took, and their sum, left out. */
  private Map<String, String> stored(String packs) throws Exception {
    Path out = folder.resolve(packs);
    Path study = Shell.study(folder, STUDY);
    Shell.Result r =
        Shell.run("run", study, "--out", out, "--device", "emulated", "--packs", packs);
    assertThat(r.exit()).as(r.err()).isZero();
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(out.resolve("widths"))) {
      for (Path f :
          files.filter(f -> f.toString().matches(".*/(trials|models|arrays)/.*")).toList()) {
        String text = Files.readString(f, StandardCharsets.ISO_8859_1);
        all.put(f.getFileName().toString(), text.replaceAll("\"(seconds|checksum)\":[^,}]*", ""));
      }
    }
    return all;
  }

  @Test
  void threePacksAtATimeGiveTheBitsOfOne() throws Exception {
    Map<String, String> one = stored("1");
    assertThat(one).hasSize(6 + 6 + 2 * 6 + 2);
    Map<String, String> three = stored("3");
    assertThat(three.keySet()).isEqualTo(one.keySet());
    one.forEach((file, bytes) -> assertThat(three.get(file).equals(bytes)).as(file).isTrue());
  }

  @Test
  void onTheCpuPacksTakeTurns() throws Exception {
    Path study = Shell.study(folder, STUDY);
    Shell.Result r = Shell.run("run", study, "--out", folder, "--device", "cpu", "--packs", 2);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("--packs: on the device 'cpu' packs run one at a time, got 2");
  }
}
