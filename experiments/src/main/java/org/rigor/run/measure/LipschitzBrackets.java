// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.OptionalDouble;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;

/** Checks that hold by construction for the two sides of a Lipschitz constant. */
public final class LipschitzBrackets {
  private LipschitzBrackets() {}

  /**
   * @throws RunException with exit code 1 if a lower side lies above the upper one
   */
  public static void require(OptionalDouble lower, double upper) {
    if (lower.isPresent() && lower.getAsDouble() > upper) {
      throw new RunException(
          ExitCode.FAILED,
          "invariant broken: the lower Lipschitz value %s lies above the upper one, %s. One of the"
                  .formatted(lower.getAsDouble(), upper)
              + " two is wrong. Please report it with the network");
    }
  }
}
