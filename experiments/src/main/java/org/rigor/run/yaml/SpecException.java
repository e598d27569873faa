// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.List;
import java.util.stream.Collectors;

/** All problems of one study, in the order of the text. */
public final class SpecException extends RuntimeException {
  private final transient List<Problem> problems;

  /**
   * @param problems at least one
   */
  public SpecException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
