// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import org.rigor.run.ExitCode;
import org.rigor.run.RunException;

/** Thrown when a file of a run folder cannot be used; exit code 4. */
public final class DamagedException extends RunException {
  private static final long serialVersionUID = 1;

  private final transient Damage damage;

  DamagedException(String file, String why) {
    super(ExitCode.DATA, "damaged: " + file + ": " + why);
    this.damage = new Damage(file, why);
  }

  /** Returns the file and what is wrong with it. */
  public Damage damage() {
    return damage;
  }
}
