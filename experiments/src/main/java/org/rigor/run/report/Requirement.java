// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.trial.Curve;
import org.rigor.run.yaml.Numbers;

/**
 * A share of samples that a network must keep at a radius, {@code certified:8/255=0.6}: proved, or
 * {@code attacked}, not broken by the attacks.
 *
 * @param text as it was given
 * @param side CERTIFIED or ATTACKED
 * @param epsilon radius, in units of the input
 * @param share of all samples, 0 to 1
 */
public record Requirement(String text, Curve.Side side, double epsilon, double share) {
  /** How a requirement stands. */
  public enum Standing {
    HOLDS,
    MISSED,
    UNDECIDED
  }

  /**
   * Reads a requirement.
   *
   * @throws RunException with exit code 2 if it is none
   */
  public static Requirement parse(String text) {
    int colon = text.indexOf(':');
    int equals = text.indexOf('=');
    if (colon > 0 && equals > colon) {
      Curve.Side side =
          switch (text.substring(0, colon)) {
            case "certified" -> Curve.Side.CERTIFIED;
            case "attacked" -> Curve.Side.ATTACKED;
            default -> null;
          };
      try {
        double epsilon = Numbers.parse(text.substring(colon + 1, equals));
        double share = Numbers.parse(text.substring(equals + 1));
        if (side != null && epsilon >= 0 && share >= 0 && share <= 1) {
          return new Requirement(text, side, epsilon, share);
        }
      } catch (NumberFormatException e) {
        throw wrong(text, ": " + e.getMessage());
      }
    }
    throw wrong(text, "");
  }

  private static RunException wrong(String text, String why) {
    return new RunException(
        ExitCode.USAGE,
        "--require: expected certified:EPSILON=SHARE or attacked:EPSILON=SHARE, a share in 0 to 1,"
            + " such as certified:8/255=0.6, got '%s'%s".formatted(text, why));
  }

  /**
   * Returns how it stands. What is certified counts against the certified share; a certified share
   * is out of reach only where the attacks leave less.
   */
  Standing of(ArmSummary arm) {
    double certified = at(arm, Curve.Side.CERTIFIED);
    double attacked = at(arm, Curve.Side.ATTACKED);
    if (side == Curve.Side.ATTACKED) {
      return attacked >= share ? Standing.HOLDS : Standing.MISSED;
    }
    if (certified >= share) {
      return Standing.HOLDS;
    }
    return attacked < share ? Standing.MISSED : Standing.UNDECIDED;
  }

  private double at(ArmSummary arm, Curve.Side of) {
    Curve curve = arm.curves(of).get(0);
    return arm.accuracy(curve, curve.indexOf(epsilon)).value();
  }
}
