// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.Map;
import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Range;
import org.rigor.run.yaml.Tree;

/** A statement that the study's results support, contradict or leave open. */
@Doc("A statement the results support, contradict or leave open.")
public sealed interface ClaimSpec {
  /** Which side of the bound is claimed. */
  enum Relation {
    AT_LEAST,
    AT_MOST,
    WITHIN
  }

  /** Which error the claim is about. */
  enum Error {
    SEEDS,
    IMAGES
  }

  /** The effect on the exit code when the results do not decide the claim. */
  enum Undecided {
    ACCEPTED,
    FAILURE
  }

  /** Whether a quantity rises or falls along a key. */
  enum Direction {
    RISES,
    FALLS
  }

  /** The measure of how strongly a quantity rises or falls. */
  enum Measure {
    SPEARMAN,
    SLOPE
  }

  String id();

  String says();

  /** Returns the name of a quantity that the study gives. */
  String metric();

  Optional<Double> epsilon();

  /** Returns whether the claim is about a share or a difference of shares. */
  default boolean ofShares(Quantities quantities) {
    return quantities.find(metric()).map(Quantity::share).orElse(false);
  }

  String of();

  /** Returns the values of grid keys at which the claim is made; at every point if empty. */
  Map<String, Tree> at();

  Error error();

  Undecided undecided();

  /** Checks the names that only this kind of claim gives. */
  void check(Named named);

  /**
   * Returns what is claimed, in words.
   *
   * @param share whether the claim is about a share, see {@link #ofShares}
   */
  String claimed(Written written, boolean share);

  /** Writes values as a report does. */
  @FunctionalInterface
  interface Written {
    String of(double value, boolean share);
  }

  @Doc(
      "The difference of two values lies in a region, paired by seed and sample: of two methods, of"
          + " two grid points, or of two metrics of the same trial.")
  record Difference(
      @Doc("Short name.") @Length(min = 1, max = 20) String id,
      @Doc("The claim in a sentence.") @Label @Length(min = 1, max = 500) String says,
      @Doc("Quantity compared: any number that the measurements give.") String metric,
      @Doc("Epsilon at which a curve is read, one of the measured ones.") @Range(min = 0)
          Optional<Double> epsilon,
      @Doc("Method whose value is taken.") String of,
      @Doc("Method whose value is subtracted; the same one if left out.") Optional<String> minus,
      @Doc("Values of grid keys; the claim is made at every point that has them.") @Default("{}")
          Map<String, Tree> at,
      @Doc("Values of the same keys at the point whose value is subtracted.") @Default("{}")
          Map<String, Tree> minusAt,
      @Doc("Quantity that is subtracted, a theory's value for example; the same one if left out.")
          Optional<String> minusMetric,
      @Doc("Epsilon at which that one is read, if it is a curve; 'epsilon' if left out.")
          @Range(min = 0)
          Optional<Double> minusEpsilon,
      @Doc("Divide the difference by the absolute value of what is subtracted.") @Default("false")
          boolean relative,
      @Doc("at-least, at-most, or within (absolute value at most 'value').") Relation relation,
      @Doc("Bound on the difference; accuracies are fractions, 0.3 is 30 points.") double value,
      @Doc("seeds: do other seeds agree; images: do other images agree.") @Default("seeds")
          Error error,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public Difference {
      metric = Quantities.canonical(metric);
      minusMetric = minusMetric.map(Quantities::canonical);
      requireWidth(relation, value);
      if (minus.isEmpty() && minusAt.isEmpty() && minusMetric.isEmpty()) {
        throw new IllegalArgumentException(
            "missing key 'minus': what is subtracted; or give 'minus-at' or 'minus-metric'");
      }
      if (!minusAt.isEmpty() && !minusAt.keySet().equals(at.keySet())) {
        throw new IllegalArgumentException(
            "'minus-at' must have the keys of 'at', %s, got %s"
                .formatted(at.keySet(), minusAt.keySet()));
      }
      if (error == Error.IMAGES && relative) {
        throw new IllegalArgumentException("'error: images' has no relative form");
      }
    }

    @Override
    public boolean ofShares(Quantities quantities) {
      return !relative && ClaimSpec.super.ofShares(quantities);
    }

    @Override
    public void check(Named named) {
      minus.ifPresent(m -> named.method("minus", m));
      named.at("minus-at", minusAt);
      if (minusMetric.isPresent()) {
        String other = minusMetric.get();
        Optional<Double> at =
            minusEpsilon.isEmpty() && named.isCurve(other) ? epsilon : minusEpsilon;
        named.metric("minus-metric", other, at, "minus-epsilon", error);
      } else if (minusEpsilon.isPresent()) {
        // The same metric: whether it is a mean over images is told at its own key.
        named.metric("minus-epsilon", metric, minusEpsilon, "minus-epsilon", Error.SEEDS);
      }
    }

    @Override
    public String claimed(Written written, boolean share) {
      return words(relation) + written.of(value, share);
    }
  }

  @Doc("The value of one method lies in a region.")
  record Level(
      @Doc("Short name.") @Length(min = 1, max = 20) String id,
      @Doc("The claim in a sentence.") @Label @Length(min = 1, max = 500) String says,
      @Doc("Quantity: any number that the measurements give.") String metric,
      @Doc("Epsilon at which a curve is read, one of the measured ones.") @Range(min = 0)
          Optional<Double> epsilon,
      @Doc("Method.") String of,
      @Doc("Values of grid keys; the claim is made at every point that has them.") @Default("{}")
          Map<String, Tree> at,
      @Doc("at-least, at-most, or within (absolute value at most 'value').") Relation relation,
      @Doc("Bound on the value; accuracies are fractions, 0.3 is 30 points.") double value,
      @Doc("seeds: do other seeds agree; images: do other images agree.") @Default("seeds")
          Error error,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public Level {
      metric = Quantities.canonical(metric);
      requireWidth(relation, value);
    }

    @Override
    public void check(Named named) {}

    @Override
    public String claimed(Written written, boolean share) {
      return words(relation) + written.of(value, share);
    }
  }

  @Doc(
      "A quantity rises or falls along a numeric key of the grid, seed by seed. Rank correlations"
          + " must also be rarer than chance gives, by the exact test of Page.")
  record Trend(
      @Doc("Short name.") @Length(min = 1, max = 20) String id,
      @Doc("The claim in a sentence.") @Label @Length(min = 1, max = 500) String says,
      @Doc("Quantity: any number that the measurements give.") String metric,
      @Doc("Epsilon at which a curve is read, one of the measured ones.") @Range(min = 0)
          Optional<Double> epsilon,
      @Doc("Method.") String of,
      @Doc("Values of other grid keys; the claim is made at every point that has them.")
          @Default("{}")
          Map<String, Tree> at,
      @Doc("Key of the grid along which it goes; of lists the first number counts.") String along,
      @Doc("rises or falls.") Direction direction,
      @Doc("spearman: rank correlation of a seed's values with the key; slope: of a line.")
          @Default("spearman")
          Measure by,
      @Doc("Take the logarithm of the key, for a slope a tenfold step.") @Default("false")
          boolean log,
      @Doc("How much it rises or falls at least: the measure lies beyond it.")
          @Default("0")
          @Range(min = 0)
          double value,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public Trend {
      metric = Quantities.canonical(metric);
    }

    @Override
    public Error error() {
      return Error.SEEDS;
    }

    /** Returns false: the claim is about a correlation or a slope. */
    @Override
    public boolean ofShares(Quantities quantities) {
      return false;
    }

    @Override
    public void check(Named named) {
      named.along(along, at, 2);
    }

    @Override
    public String claimed(Written written, boolean share) {
      String side = direction == Direction.RISES ? " > " : " < -";
      return Names.kebab(by.name()) + side + written.of(value, false);
    }
  }

  @Doc(
      "A quantity is largest inside the range of a key: at some inner value it exceeds its values"
          + " at both ends. Paired one-sided t tests over seeds, Holm over the inner values.")
  record InteriorPeak(
      @Doc("Short name.") @Length(min = 1, max = 20) String id,
      @Doc("The claim in a sentence.") @Label @Length(min = 1, max = 500) String says,
      @Doc("Quantity: any number that the measurements give.") String metric,
      @Doc("Epsilon at which a curve is read, one of the measured ones.") @Range(min = 0)
          Optional<Double> epsilon,
      @Doc("Method.") String of,
      @Doc("Values of other grid keys; the claim is made at every point that has them.")
          @Default("{}")
          Map<String, Tree> at,
      @Doc("Key of the grid; of lists the first number counts.") String along,
      @Doc(
              "Quantity that is 1 where a network counts. Others are left out and counted; if they"
                  + " are more than a tenth, the claim is undecided.")
          Optional<String> flag,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public InteriorPeak {
      metric = Quantities.canonical(metric);
      flag = flag.map(Quantities::canonical);
    }

    @Override
    public Error error() {
      return Error.SEEDS;
    }

    @Override
    public void check(Named named) {
      named.along(along, at, 3);
      flag.ifPresent(f -> named.quantity("flag", f));
    }

    @Override
    public String claimed(Written written, boolean share) {
      return "above both ends";
    }
  }

  @Doc(
      "Among the networks of a method there are two that are close in one quantity and far apart in"
          + " another. The pair is chosen on half of the images and judged on the others.")
  record Coexistence(
      @Doc("Short name.") @Length(min = 1, max = 20) String id,
      @Doc("The claim in a sentence.") @Label @Length(min = 1, max = 500) String says,
      @Doc("Quantity in which they are close, a mean over images.") @Default("clean-accuracy")
          String close,
      @Doc("Epsilon at which that one is read, if it is a curve.") @Range(min = 0)
          Optional<Double> closeEpsilon,
      @Doc("How close, as a fraction: 0.01 is one point.") @Range(min = 0, max = 1, minOpen = true)
          double within,
      @Doc("Quantity in which they are far apart, a mean over images.") String metric,
      @Doc("Epsilon at which it is read, if it is a curve.") @Range(min = 0)
          Optional<Double> epsilon,
      @Doc("How far apart, as a fraction: 0.05 is five points.") @Range(min = 0, max = 1) double by,
      @Doc("Method; its networks at all grid points count.") String of,
      @Doc("Values of grid keys; only networks that have them count.") @Default("{}")
          Map<String, Tree> at,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public Coexistence {
      metric = Quantities.canonical(metric);
      close = Quantities.canonical(close);
    }

    @Override
    public Error error() {
      return Error.IMAGES;
    }

    @Override
    public void check(Named named) {
      named.metric("close", close, closeEpsilon, "close-epsilon", Error.IMAGES);
    }

    @Override
    public String claimed(Written written, boolean share) {
      return "%s apart, %s within %s"
          .formatted(written.of(by, true), close, written.of(within, true));
    }
  }

  private static String words(Relation relation) {
    return Names.kebab(relation.name()).replace('-', ' ') + " ";
  }

  private static void requireWidth(Relation relation, double value) {
    if (relation == Relation.WITHIN && !(value > 0)) {
      throw new IllegalArgumentException("'within' needs a value > 0, got " + value);
    }
  }
}
