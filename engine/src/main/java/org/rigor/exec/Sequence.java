// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import java.util.List;

/**
 * A nested loop over executables that is prepared once and replayed: on CUDA one captured graph.
 */
public interface Sequence extends AutoCloseable {
  /** One element of a sequence. */
  sealed interface Step {}

  /** Runs an executable. */
  record Run(Executable executable) implements Step {}

  /** Repeats steps {@code count} times. */
  record Repeat(int count, List<Step> body) implements Step {
    public Repeat {
      if (count < 0) {
        throw new IllegalArgumentException("repeat count must be >= 0, got " + count);
      }
      body = List.copyOf(body);
    }
  }

  /**
   * Runs the head, then body and head again while any element of {@code busy} (I32 [M, 1]) is not
   * zero. Such a loop must be the whole sequence. A device may stop each model on its own, and may
   * run body and head once more when all elements are zero, so that it need not wait for them:
   * neither must change a model whose element is zero.
   */
  record WhileBusy(Buffer busy, List<Step> head, List<Step> body) implements Step {
    public WhileBusy {
      head = List.copyOf(head);
      body = List.copyOf(body);
    }
  }

  static Step run(Executable e) {
    return new Run(e);
  }

  static Step repeat(int count, Step... body) {
    return new Repeat(count, List.of(body));
  }

  /** Replays once. On CUDA it returns when submitted; reading a buffer waits. */
  void run();

  /**
   * Replays once; the caller knows how often a loop while busy runs its body. A host that would
   * wait for the counters does not look before the least number of times, nor after the largest;
   * where both are the same, never.
   *
   * @param least never more than {@code most}; running it more often than needed changes nothing
   * @param most times after which no counter is above zero
   */
  default void run(int least, int most) {
    run();
  }

  @Override
  void close();
}
