// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

/**
 * One step of finding or loading CUDA, as {@code rigor doctor} and the refusal of {@code --device
 * cuda} print it.
 *
 * @param step what the step is about, e.g. {@code libnvrtc}
 * @param found what was found, or what was looked for where nothing was
 * @param ok whether the step is good
 * @param fix what to do about it; empty where nothing needs doing
 */
public record Check(String step, String found, boolean ok, String fix) {

  public static Check good(String step, String found) {
    return new Check(step, found, true, "");
  }

  public static Check bad(String step, String found, String fix) {
    return new Check(step, found, false, fix);
  }

  /** Returns the step as one line, two where there is something to do. */
  public String line() {
    String head = (ok ? "ok       " : "missing  ") + step + ": " + found;
    return fix.isEmpty() ? head : head + System.lineSeparator() + "         fix: " + fix;
  }
}
