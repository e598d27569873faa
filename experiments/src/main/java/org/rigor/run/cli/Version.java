// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import org.rigor.run.store.Provenance;
import picocli.CommandLine.IVersionProvider;

/** The version of the jar. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "rigor " + Provenance.version() + " on Java " + System.getProperty("java.version")
    };
  }
}
