// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.theory.Law;
import org.rigor.run.yaml.KeySpec;

/** The plugins there are. */
public final class Plugins {
  private Plugins() {}

  /**
   * Returns the laws of all plugins on the class path.
   *
   * @throws RunException with exit code 2 if a type lacks its plugin's namespace
   */
  public static List<Class<? extends Law>> laws() {
    List<Class<? extends Law>> out = new ArrayList<>();
    for (Plugin p : ServiceLoader.load(Plugin.class)) {
      for (Class<? extends Law> law : p.laws()) {
        String type = KeySpec.typeName(law);
        if (!type.startsWith(p.namespace() + ":")) {
          throw new RunException(
              ExitCode.USAGE,
              "the plugin %s calls a law '%s'; its types begin with '%s:'"
                  .formatted(p.getClass().getName(), type, p.namespace()));
        }
        out.add(law);
      }
    }
    return out;
  }
}
