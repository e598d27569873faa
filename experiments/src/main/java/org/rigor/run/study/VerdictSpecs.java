// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.attack.AttackLoss;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** Measurements that decide: an attack first, then proofs of what it leaves. */
public final class VerdictSpecs {
  private VerdictSpecs() {}

  @Doc(
      "Distance of each sample to a wrong answer, from both sides: the largest radius of a grid"
          + " that is verified, and the distance of a misclassified point that an attack or the"
          + " search found. The grid has the radii farthest * k / steps; open radii of a sample are"
          + " halved. arrays/ID-distance.npy has the lower side, the upper side, and what the"
          + " attack alone found; shares of samples over ten bins are histograms, for a figure of"
          + " type family.")
  public record Distance(
      @Doc("Norm of the distance.") @Default("linf") Norm norm,
      @Doc("Largest radius looked at; what is not broken there is infinite from above.")
          @Range(min = 0, max = 1e6, minOpen = true)
          double farthest,
      @Doc("Radii between 0 and the largest; the lower side is exact to farthest / steps.")
          @Default("32")
          @Range(min = 1, max = 999)
          int steps,
      @Doc("What proves, as of verify-curve.") @OneOf(CertificateNames.class) @Default("beta-crown")
          String method,
      @Doc("Most work of the search on one ball, as of verify-curve.")
          @Default("2000")
          @Range(min = 1, max = 1e12)
          long budget,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc("Steps of one start of the attack.") @Default("40") @Range(min = 1, max = 100_000)
          int attackSteps,
      @Doc("Independent starts of the attack.") @Default("2") @Range(min = 1, max = 10_000)
          int restarts,
      @Doc("Test samples used, from the first; 0 means all.") @Default("100") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    /** Sides of the distance, in the order of the array's columns. */
    public static final List<String> SIDES =
        List.of("verified-distance", "violated-distance", "attacked-distance");

    /** Name of the grid's width. */
    public static final String RESOLUTION = "distance-resolution";

    private static final int BINS = 10;
    private static final double RELATIVE_STEP = 0.1;

    /** Returns the verdicts over the grid that decide the distance. */
    public VerifyCurve curve() {
      List<Double> radii =
          IntStream.rangeClosed(0, steps).mapToObj(k -> farthest * k / steps).toList();
      return new VerifyCurve(
          norm,
          radii,
          method,
          budget,
          attack,
          Optional.empty(),
          Optional.empty(),
          attackSteps,
          RELATIVE_STEP,
          restarts,
          samples,
          false);
    }

    /** Returns the upper ends of the histograms' bins; what lies beyond is in the last. */
    public List<Double> bins() {
      return IntStream.rangeClosed(1, BINS).mapToObj(k -> farthest * k / BINS).toList();
    }

    /** Returns the name of a histogram's bin. */
    public static String bin(String side, double end) {
      return Quantities.at(side + "-histogram", end);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      for (String side : SIDES) {
        out.add(Quantity.size(side, "", Better.HIGHER, "median over samples"));
      }
      out.add(Quantity.size(RESOLUTION, "", Better.NEITHER, "width of the grid of radii"));
      for (String side : SIDES) {
        for (double end : bins()) {
          String says = "share of samples in the bin that ends there";
          out.add(Quantity.share(bin(side, end), Better.NEITHER, says));
        }
      }
      return out;
    }
  }

  @Doc(
      "Verdicts over epsilon: the ball around each sample is verified, violated or unknown. An"
          + " attack comes first, then proofs of the balls that it has not broken. Where the budget"
          + " is ten times that work, open balls are attacked once more, 40 steps toward each of"
          + " the 9 likeliest wrong classes. Of a sample the smallest undecided ball is then"
          + " searched, and larger ones as long as each is verified;"
          + " points that the search comes upon violate, too. Verified accuracy is certified"
          + " accuracy, what is not violated is attacked accuracy, and nothing but what is unknown"
          + " lies between them.")
  public record VerifyCurve(
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radii, ascending.") @Length(min = 1, max = 1000) @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc(
              "What proves; beta-crown searches by branch and bound, the others bound each ball"
                  + " once.")
          @OneOf(CertificateNames.class)
          @Default("beta-crown")
          String method,
      @Doc(
              "Most work of the search on one ball, in rows times steps of ascent, which no machine"
                  + " changes. A cell of a ball takes 3; balls whose end is not in sight stop"
                  + " sooner.")
          @Default("2000")
          @Range(min = 1, max = 1e12)
          long budget,
      @Doc(AttackNames.DOC) @OneOf(AttackNames.class) Optional<String> attack,
      @Doc(
              "What the attack raises: cross-entropy, also if left out; a targeted loss has starts"
                  + " for each of the likeliest wrong classes.")
          Optional<AttackLoss> loss,
      @Doc("Wrong classes that a targeted loss goes to, the likeliest first; 9 if left out.")
          @Range(min = 1, max = 10_000)
          Optional<Integer> targets,
      @Doc("Steps of one start of the attack.") @Default("40") @Range(min = 1, max = 100_000)
          int steps,
      @Doc("Length of a step as a share of epsilon.")
          @Default("0.1")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Doc("Independent starts of the attack.") @Default("5") @Range(min = 1, max = 10_000)
          int restarts,
      @Doc("Test samples used, from the first; 0 means all.") @Default("0") @Range(min = 0)
          int samples,
      @Doc("Whether the misclassified points found are stored, as arrays/ID-witness.npy.")
          @Label
          @Default("true")
          boolean witnesses)
      implements MeasurementSpec {
    /** Share of samples whose ball is neither verified nor violated, by epsilon. */
    public static final String UNKNOWN = "unknown-share";

    /** Work of the search. */
    public static final String WORK = "search-iterations";

    public VerifyCurve {
      MeasurementSpec.ascending(epsilons);
    }

    /** Returns the attack that comes first. */
    public MeasurementSpec.PgdCurve first() {
      return new MeasurementSpec.PgdCurve(
          norm, attack, loss, targets, epsilons, steps, relativeStep, restarts, samples, witnesses);
    }

    @Override
    public Optional<Norm> ball() {
      return Optional.of(norm);
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(Quantity.curve(Quantities.ATTACKED_ACCURACY, "share that is not violated"));
      out.add(Quantity.curve(Quantities.CERTIFIED_ACCURACY, "share that is verified"));
      for (double e : epsilons) {
        out.add(
            Quantity.share(
                Quantities.at(UNKNOWN, e), Better.LOWER, "neither verified nor violated"));
      }
      out.add(Quantity.size(WORK, "", Better.NEITHER, "rows times steps of ascent in the search"));
      out.add(
          Quantity.size(
              "ambiguous-attacks", "samples", Better.NEITHER, "successes not confirmed in double"));
      return out;
    }
  }
}
