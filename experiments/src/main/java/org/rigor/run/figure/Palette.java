// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.List;

/** Colours that colour-blind readers can tell apart (Okabe and Ito 2008), dark enough on white. */
final class Palette {
  private static final List<String> COLOURS =
      List.of("#0072B2", "#D55E00", "#009E73", "#AA3377", "#8A6D00", "#555555");

  private Palette() {}

  /** Whether an earlier number has the same colour. */
  static boolean again(int i) {
    return i >= COLOURS.size();
  }

  static String colour(int i) {
    return COLOURS.get(i % COLOURS.size());
  }
}
