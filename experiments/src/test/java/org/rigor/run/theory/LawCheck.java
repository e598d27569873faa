// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rigor.exec.Device;
import org.rigor.run.yaml.Binder;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Overrides;
import org.rigor.run.yaml.TreeReader;

/** Measures a law on the CPU and holds every row to its prediction. */
public final class LawCheck {
  private LawCheck() {}

  /** What a law needs apart from its record being on the list. */
  public record One(Law law) {}

  /** Returns the law with these options, for example {@code size=4}, and defaults for the rest. */
  public static Law law(Class<? extends Law> type, String... options) {
    try {
      Path file = Files.createTempFile("law", ".yaml");
      Files.writeString(file, "law: {type: '" + KeySpec.typeName(type) + "'}\n");
      List<String> assignments = List.of(options).stream().map(o -> "law." + o).toList();
      var tree = Overrides.apply(TreeReader.read(file).tree(), assignments);
      Files.delete(file);
      return Binder.bind(tree, One.class).law();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns what the law finds, whatever it is, with seed 0. */
  public static RecordingLab measure(Law law) {
    try (Device cpu = Device.open("cpu")) {
      RecordingLab lab = new RecordingLab(cpu, 0);
      law.measure(lab);
      return lab;
    }
  }

  /** Fails unless the law has rows and every row agrees and discriminates. */
  public static RecordingLab green(Law law) {
    RecordingLab lab = measure(law);
    assertThat(lab.findings()).as("%s has no rows", law.id()).isNotEmpty();
    for (Finding f : lab.findings()) {
      assertThat(f.agrees())
          .as(
              "%s, %s: predicted %s, measured %s, allowed %s (%s)",
              law.id(),
              f.row(),
              f.predicted(),
              f.measured(),
              f.tolerance().allowed(),
              f.tolerance().why())
          .isTrue();
      assertThat(f.discriminates())
          .as(
              "%s, %s: a prediction 5 %% off %s would pass, allowed %s (%s)",
              law.id(), f.row(), f.predicted(), f.tolerance().allowed(), f.tolerance().why())
          .isTrue();
    }
    return lab;
  }
}
