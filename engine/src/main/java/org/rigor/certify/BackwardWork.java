// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Work of bounding every hidden unit of a network backwards, as CROWN does, counted before anything
 * is traced for it.
 *
 * @param units hidden units that are bounded backwards, each from both sides
 * @param coefficients of all these bounds, at all values that they pass, for one sample
 */
public record BackwardWork(long units, double coefficients) {
  /** Coefficients of a sample from which on it takes more than a quarter of an hour. */
  private static final double MOST = 5e10;

  /** Coefficients that two cores take in a second, about. */
  private static final double RATE = 2e8;

  /**
   * Counts the work of a network.
   *
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   */
  public static BackwardWork of(Network network, Norm norm) {
    Program.Builder b = Program.builder("backward-work");
    Map<String, Value> p = network.declare(b, "param/", 1, DType.F64);
    Shape shape = network.input().insert(0, 1).insert(0, 1);
    Value x = b.input("x", new TensorType(DType.F64, shape));
    Value epsilon = b.input("epsilon", new TensorType(DType.F64, SearchWork.ones(shape)));
    Region region = Region.of(x, epsilon, norm, Box.NONE);
    Value y = Reform.of(network.apply(p, x), x);
    double[] sums = new double[2];
    LinearBounds bounds = new LinearBounds(region);
    Ibp.propagate(
        bounds,
        y,
        true,
        (own, source) -> {
          long behind =
              Program.topological(List.of(source)).stream()
                  .filter(own::dependsOnInput)
                  .mapToLong(v -> v.shape().size())
                  .sum();
          sums[0] += source.shape().size();
          sums[1] += 2.0 * source.shape().size() * behind;
        });
    return new BackwardWork((long) sums[0], sums[1]);
  }

  /**
   * Requires that the work can be done.
   *
   * @param method that needs it
   * @throws TooDearException with the numbers
   */
  void require(String method) {
    if (coefficients > MOST) {
      throw new TooDearException(
          String.format(
              Locale.ROOT,
              "%s bounds %,d hidden units backwards, %.2g coefficients for one sample and radius,"
                  + " about %,.0f minutes on two cores, where at most %.0g are taken on",
              method,
              units,
              coefficients,
              coefficients / RATE / 60,
              MOST));
    }
  }
}
