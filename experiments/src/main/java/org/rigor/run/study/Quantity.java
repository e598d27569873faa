// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.statistics.Domain;

/**
 * A number that a study gives for each trained network, declared by whatever measures it. Claims
 * and figures name it; tables show it.
 *
 * @param name kebab-case; the name of a scalar or curve in results
 * @param unit for tables and axes: {@code %} for shares in [0, 1], empty for a plain number
 * @param better the direction a user wants
 * @param overEpsilon whether it is a curve over epsilon, so that claims must name an epsilon
 * @param perSample whether it is a mean over test samples whose individual values are stored
 * @param domain the values it can take
 * @param says what it is, in a few words
 */
public record Quantity(
    String name,
    String unit,
    Better better,
    boolean overEpsilon,
    boolean perSample,
    Domain domain,
    String says) {

  /** The direction a user wants. */
  public enum Better {
    HIGHER,
    LOWER,
    NEITHER
  }

  /** Returns a share in [0, 1], shown in percent. */
  public static Quantity share(String name, Better better, String says) {
    return new Quantity(name, "%", better, false, false, Domain.SHARE, says);
  }

  /** Returns a number with a unit and no limits; {@link #in} restricts it. */
  public static Quantity number(String name, String unit, Better better, String says) {
    return new Quantity(name, unit, better, false, false, Domain.ANY, says);
  }

  /** Returns a non-negative number with a unit: a norm, a loss, a count, a time. */
  public static Quantity size(String name, String unit, Better better, String says) {
    return number(name, unit, better, says).in(Domain.NON_NEGATIVE);
  }

  /** Returns a share of test samples over epsilon. */
  public static Quantity curve(String name, String says) {
    return new Quantity(name, "%", Better.HIGHER, true, true, Domain.SHARE, says);
  }

  /** Returns the same quantity with values in a domain. */
  public Quantity in(Domain values) {
    return new Quantity(name, unit, better, overEpsilon, perSample, values, says);
  }

  /** Returns whether it is a share, shown in percent. */
  public boolean share() {
    return unit.equals("%");
  }

  /** Returns the same quantity under another name, as a plain scalar. */
  Quantity as(String other, String saysMore) {
    return new Quantity(other, unit, better, false, false, domain, saysMore);
  }

  /** Returns the curve at one epsilon. */
  Quantity at(String fullName) {
    return new Quantity(fullName, unit, better, false, perSample, domain, says);
  }
}
