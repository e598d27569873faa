// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;
import org.rigor.threat.Norm;

/**
 * Annealing self-distillation rectification (Wu et al. 2024, arXiv 2305.12118, equations 3-5). The
 * teacher is the moving average of the weights, in evaluation mode, on the clean sample: p =
 * softmax(f(x) / tau). The target is lambda_i p + (1 - lambda_i) onehot(y) with {@link #rectify}'s
 * lambda_i; both the attack and the loss use it. Temperature and interpolation are annealed along
 * half a cosine over each model's own steps.
 *
 * <p>With {@code base} TRADES the loss is CE(f(x), target) + beta KL(f(x) || f(x')), where x'
 * maximises the divergence, starting from x + 0.001 U[0, 1).
 */
public record Adr(Norm norm, Attack attack, Base base) implements Method {
  /** The method whose labels are rectified. */
  public enum Base {
    PGD,
    TRADES
  }

  /**
   * Creates the method with PGD.
   *
   * @param steps at least 1
   */
  public Adr(Norm norm, int steps, Base base) {
    this(norm, Perturbation.pgd(steps, true), base);
  }

  /** Returns usual values: the paper's for CIFAR-10. */
  @Override
  public Map<String, Double> numbers() {
    return Map.of(
        "temperature-high", 2.5,
        "temperature-low", 2.0,
        "lambda-low", 0.7,
        "lambda-high", 0.95,
        "beta", 6.0);
  }

  @Override
  public Map<String, Table> tables() {
    return Map.of("temperature", Adr::temperature, "lambda", Adr::lambda);
  }

  /** Returns the temperature at a step, annealed from high to low. */
  public static double temperature(Map<String, Double> numbers, int step, int total) {
    double low = numbers.get("temperature-low");
    return low + (numbers.get("temperature-high") - low) * cosine(step, total);
  }

  /** Returns lambda at a step, annealed from low to high. */
  public static double lambda(Map<String, Double> numbers, int step, int total) {
    double high = numbers.get("lambda-high");
    return high + (numbers.get("lambda-low") - high) * cosine(step, total);
  }

  private static double cosine(int step, int total) {
    return (1 + StrictMath.cos(StrictMath.PI * step / total)) / 2;
  }

  @Override
  public boolean taught() {
    return true;
  }

  /** Returns false: the published targets rectify the unsmoothed label. */
  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Optional<Value> target(Objective o, Value logits) {
    Value p = F.softmax(F.div(logits, o.table("temperature")), -1);
    return Optional.of(rectify(p, o.labels(), o.table("lambda")));
  }

  /**
   * Returns lambda_i p + (1 - lambda_i) y with lambda_i = clip(lambda - (max p - p_y), 0, 1), so
   * the label stays the most probable class.
   *
   * @param p the teacher's distribution, [M, B, K]
   * @param y one-hot labels
   * @param lambda [M, 1 or B, 1]
   */
  public static Value rectify(Value p, Value y, Value lambda) {
    Value own = interpolation(p, y, lambda);
    return F.add(F.mul(own, p), F.mul(F.sub(F.constant(own, 1), own), y));
  }

  /** Returns each sample's lambda_i, [M, B, 1]. */
  public static Value interpolation(Value p, Value y, Value lambda) {
    Value lead = F.sub(F.max(p, -1), F.sum(F.mul(p, y), -1));
    return F.clamp(F.sub(lambda, lead), 0, 1);
  }

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        base == Base.PGD
            ? new Perturbation(norm, attack, Perturbation.Start.ATTACK, Perturbation.Goal.TARGET)
            : new Perturbation(
                norm, attack, Perturbation.Start.UNIT, Perturbation.Goal.DIVERGENCE));
  }

  @Override
  public Value loss(Objective o) {
    return base == Base.PGD
        ? Loss.crossEntropy(o.logits(o.perturbed()), o.target())
        : Trades.loss(o, o.target());
  }
}
