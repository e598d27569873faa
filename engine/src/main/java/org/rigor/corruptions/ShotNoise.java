// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;

/**
 * Poisson(c x) / c, clipped: light as photons. Up to a mean of 12 the distribution function is
 * inverted, exactly up to the resolution of the uniform number; above, a normal number goes through
 * the Cornish-Fisher expansion (1938) of the Poisson quantile to its third order and is rounded,
 * which moves the distribution function by less than 0.001.
 */
public record ShotNoise() implements Corruption {
  private static final double SWITCH = 12;

  /** Largest count: a Poisson number of mean 12 exceeds it with probability 1e-9. */
  private static final int MOST = 38;

  @Override
  public String name() {
    return "shot-noise";
  }

  @Override
  public String differs() {
    return "Poisson numbers of a mean above 12 are rounded Cornish-Fisher quantiles";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double c = Corruption.constant(severity, 500, 250, 100, 75, 50);
    Value mean = F.mul(x, c);
    String site = "corruption/" + name();
    Value u = draws.unit(site, x.dtype(), GaussianNoise.image(x));
    Value z = draws.normal(site + "/many", x.dtype(), GaussianNoise.image(x));
    Value few = F.le(mean, F.constant(mean, SWITCH));
    Value photons = F.select(few, inverted(mean, u), expanded(mean, z));
    return Pixels.clip(F.mul(photons, 1 / c));
  }

  /** Counts the k with {@code u >= P(N <= k)}. */
  static Value inverted(Value mean, Value u) {
    Value low = F.minimum(mean, F.constant(mean, SWITCH));
    Value mass = F.exp(F.neg(low));
    Value below = mass;
    Value count = F.constant(mean, 0);
    for (int k = 1; k <= MOST; k++) {
      Value more = F.ge(u, below);
      count = F.add(count, F.cast(more, mean.dtype()));
      mass = F.mul(F.mul(mass, low), 1.0 / k);
      below = F.add(below, mass);
    }
    return count;
  }

  static Value expanded(Value mean, Value z) {
    Value high = F.maximum(mean, F.constant(mean, SWITCH));
    Value root = F.sqrt(high);
    Value square = F.square(z);
    Value second = F.mul(F.add(square, -1), 1.0 / 6);
    // With Sheppard's correction for rounding: 1/12 less variance.
    Value third = F.div(F.mul(F.mul(z, F.add(square, 2)), -1.0 / 72), root);
    Value quantile = F.add(F.add(high, F.mul(root, z)), F.add(second, third));
    return F.maximum(Pixels.floor(F.add(quantile, 0.5)), F.constant(mean, 0));
  }
}
