// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.ArrayList;
import java.util.List;
import org.rigor.run.plugin.Plugins;

/** The command line that would do the same again, quoted for a shell. */
final class CommandText {
  private CommandText() {}

  /**
   * @param packs null if not said
   */
  static List<String> parts(
      StudyOptions study, DeviceOptions device, Integer packs, Shard shard, boolean force) {
    List<String> out = new ArrayList<>(List.of("./rigor", "run"));
    study.paths().forEach(p -> out.add(quote(p.toString())));
    study.overrides().forEach(o -> out.add(quote(o)));
    if (study.smoke()) {
      out.add("--smoke");
    }
    if (!study.out().toString().equals("runs")) {
      out.addAll(List.of("--out", quote(study.out().toString())));
    }
    if (!device.request().device().equals("auto")) {
      out.addAll(List.of("--device", quote(device.request().device())));
    }
    device
        .request()
        .dataFolder()
        .ifPresent(d -> out.addAll(List.of("--data-dir", quote(d.toString()))));
    if (packs != null) {
      out.addAll(List.of("--packs", packs.toString()));
    }
    if (!shard.whole()) {
      out.addAll(List.of("--shard", shard.toString()));
    }
    Plugins.jars().keySet().forEach(jar -> out.addAll(List.of("--plugin", quote(jar.toString()))));
    if (force) {
      out.add("--force");
    }
    return out;
  }

  static String quote(String text) {
    return text.matches("[A-Za-z0-9_@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
