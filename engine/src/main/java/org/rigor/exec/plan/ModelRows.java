// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.List;
import org.rigor.exec.Buffer;

/** Which models a copy between buffers takes, see {@link Buffer#write(Buffer, List)}. */
public final class ModelRows {
  /** Copies {@code count} models in a row. */
  @FunctionalInterface
  public interface Copy {
    void run(int to, int from, int count);
  }

  private ModelRows() {}

  /**
   * Copies in as few pieces as possible.
   *
   * @throws IllegalArgumentException if the buffers do not fit
   */
  public static void each(Buffer to, Buffer from, List<Integer> models, Copy copy) {
    int stored = from.type().shape().models();
    boolean alike =
        to.type().dtype() == from.type().dtype()
            && to.type().shape().with(0, stored).equals(from.type().shape());
    if (!alike || models.size() != to.type().shape().models()) {
      throw new IllegalArgumentException(
          "buffer '%s' has type %s, got %d models of '%s', which has type %s"
              .formatted(to.name(), to.type(), models.size(), from.name(), from.type()));
    }
    for (int m : models) {
      if (m < 0 || m >= stored) {
        throw new IllegalArgumentException(
            "buffer '%s' has %d models, got index %d".formatted(from.name(), stored, m));
      }
    }
    for (int i = 0; i < models.size(); ) {
      int count = 1;
      while (i + count < models.size() && models.get(i + count) == models.get(i) + count) {
        count++;
      }
      copy.run(i, models.get(i), count);
      i += count;
    }
  }
}
