// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

/**
 * One step of finding or loading CUDA, as printed by {@code rigor doctor} and when {@code --device
 * cuda} is refused.
 *
 * @param step what the step is about, e.g. {@code libnvrtc}
 * @param found what was found, or else what was searched for
 * @param ok whether the step succeeded
 * @param fix what to do about it; empty if nothing
 */
public record Check(String step, String found, boolean ok, String fix) {

  public static Check good(String step, String found) {
    return new Check(step, found, true, "");
  }

  public static Check bad(String step, String found, String fix) {
    return new Check(step, found, false, fix);
  }

  /** Returns the step as one line, or two if there is something to fix. */
  public String line() {
    String head = (ok ? "ok       " : "missing  ") + step + ": " + found;
    return fix.isEmpty() ? head : head + System.lineSeparator() + "         fix: " + fix;
  }
}
