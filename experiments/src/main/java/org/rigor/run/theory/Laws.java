// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import java.util.List;

/** The list of laws: every record that {@code type:} can name in a study of {@code type: theory}. */
public final class Laws {
  private Laws() {}

  /** In the order of the papers' folders. */
  public static final List<Class<? extends Law>> ALL = List.of();
}
