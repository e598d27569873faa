// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Range;

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

  /** What it means for the exit code if the results do not decide the claim. */
  enum Undecided {
    ACCEPTED,
    FAILURE
  }

  String id();

  String says();

  /** Returns the name of a quantity that the study gives. */
  String metric();

  Optional<Double> epsilon();

  String of();

  Relation relation();

  double value();

  Error error();

  Undecided undecided();

  @Doc("The difference between two methods lies in a region; paired by seed and sample.")
  record Difference(
      @Doc("Short name.") @Length(min = 1, max = 20) String id,
      @Doc("The claim in a sentence.") @Label @Length(min = 1, max = 500) String says,
      @Doc("Quantity compared: any number that the measurements give.") String metric,
      @Doc("Epsilon at which a curve is read, one of the measured ones.") @Range(min = 0)
          Optional<Double> epsilon,
      @Doc("Method whose value is taken.") String of,
      @Doc("Method whose value is subtracted.") String minus,
      @Doc("at-least, at-most, or within (absolute value at most 'value').") Relation relation,
      @Doc("Bound on the difference; accuracies are fractions, 0.3 is 30 points.") double value,
      @Doc("seeds: do other seeds agree; images: do other images agree.") @Default("seeds")
          Error error,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public Difference {
      check(relation, value);
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
      @Doc("at-least, at-most, or within (absolute value at most 'value').") Relation relation,
      @Doc("Bound on the value; accuracies are fractions, 0.3 is 30 points.") double value,
      @Doc("seeds: do other seeds agree; images: do other images agree.") @Default("seeds")
          Error error,
      @Doc("Whether an undecided claim fails the run.") @Default("accepted") Undecided undecided)
      implements ClaimSpec {
    public Level {
      check(relation, value);
    }
  }

  private static void check(Relation relation, double value) {
    if (relation == Relation.WITHIN && !(value > 0)) {
      throw new IllegalArgumentException("'within' needs a value > 0, got " + value);
    }
  }
}
