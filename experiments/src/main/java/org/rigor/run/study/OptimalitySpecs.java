// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.attack.AttackLoss;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.OneOf;
import org.rigor.run.yaml.Range;
import org.rigor.threat.Norm;

/** Attacks against the true distances of samples. */
public final class OptimalitySpecs {
  private OptimalitySpecs() {}

  @Doc("An attack whose distances are compared with the true ones.")
  public record Tried(
      @Doc("Name in results; that of the attack if left out.") @Length(min = 1, max = 40)
          Optional<String> name,
      @Doc(
              "Attack, by the name that 'rigor distance --attack' takes. One that does not seek the"
                  + " nearest point itself is bisected over radii.")
          @OneOf(CurveAttackNames.class)
          String attack,
      @Doc(
              "What the attack raises: cross-entropy, also if left out; a targeted loss has starts"
                  + " for each of the likeliest wrong classes.")
          Optional<AttackLoss> loss,
      @Doc("Wrong classes that a targeted loss goes to, the likeliest first; 9 if left out.")
          @Range(min = 1, max = 10_000)
          Optional<Integer> targets,
      @Doc("Steps of one start.") @Default("40") @Range(min = 1, max = 100_000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @Default("0.1")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Doc("Independent starts of an attack that draws them.")
          @Default("1")
          @Range(min = 1, max = 10_000)
          int restarts) {
    public Tried {
      if (name.isPresent() && !name.get().matches("[a-z][a-z0-9-]*")) {
        throw new IllegalArgumentException(
            "'name' takes small letters, digits and '-', got '%s'".formatted(name.get()));
      }
    }

    /** Returns its name in results. */
    public String label() {
      return name.orElse(attack);
    }

    /** Returns it as the attack of a curve. */
    public MeasurementSpec.PgdCurve curve(Norm norm, List<Double> epsilons) {
      return new MeasurementSpec.PgdCurve(
          norm,
          Optional.of(attack),
          loss,
          targets,
          epsilons,
          steps,
          relativeStep,
          restarts,
          0,
          false);
    }
  }

  @Doc(
      "Attacks against the truth: the distance of each sample to a misclassified point is bracketed"
          + " by verdicts on balls just below what the attacks found, to a share of itself. Of each"
          + " attack its optimality as AttackBench has it (Cina et al. 2025), with the bracketed"
          + " curve in place of the best known one: the area above its curve of robust accuracy"
          + " over the area above the true one, both up to the radius at which nothing is robust;"
          + " and what it asked of the network a sample. A suite is run over the radii, and how far"
          + " its robust accuracy exceeds the true one is bracketed, too. arrays/ID-radius.npy,"
          + " [samples, 2 + attacks], has both sides and the distance that each attack found.")
  public record Optimality(
      @Doc("Norm of the distance.") @Default("linf") Norm norm,
      @Doc("Attacks, each with its own settings.") @Length(min = 1, max = 100) List<Tried> attacks,
      @Doc("Suite of attacks run at the radii, as of 'rigor attack --attack'; none if left out.")
          @OneOf(SuiteNames.class)
          Optional<String> suite,
      @Doc("Radii, ascending, at which robust accuracy is compared.")
          @Length(min = 1, max = 1000)
          @Range(min = 0, max = 1e6)
          List<Double> epsilons,
      @Doc("Width of a bracket, and of a bisected attack's last step, as a share of the distance.")
          @Default("0.001")
          @Range(min = 1e-6, max = 0.5)
          double resolution,
      @Doc("Most work of the search on one ball, as of verify-curve.")
          @Default("20000")
          @Range(min = 1, max = 1e12)
          long budget,
      @Doc("Test samples used, from the first; 0 means all.") @Default("100") @Range(min = 0)
          int samples)
      implements MeasurementSpec {
    /** Share of samples whose bracket is as narrow as asked. */
    public static final String BRACKETED = "bracketed-share";

    /** Samples that some attack fooled nearer than their certified lower side. */
    public static final String CROSSED = "crossed-radii";

    /** Medians of the brackets' sides. */
    public static final String LOWER = "radius-lower";

    public static final String UPPER = "radius-upper";

    public Optimality {
      MeasurementSpec.ascending(epsilons);
      Set<String> seen = new LinkedHashSet<>();
      for (Tried t : attacks) {
        if (!seen.add(t.label())) {
          throw new IllegalArgumentException(
              "two attacks are called '%s'; give one a name".formatted(t.label()));
        }
        CurveAttackNames.require(Optional.of(t.attack()), norm, t.loss());
      }
      if (suite.isPresent() && !seen.add(suite.get())) {
        throw new IllegalArgumentException(
            "an attack is called '%s' like the suite".formatted(suite.get()));
      }
    }

    @Override
    public Optional<Norm> ball() {
      return Optional.of(norm);
    }

    /** Returns the names of the attacks that have distances, and of the suite. */
    public List<String> compared() {
      List<String> names = new ArrayList<>(attacks.stream().map(Tried::label).toList());
      suite.ifPresent(names::add);
      return names;
    }

    @Override
    public List<Quantity> gives() {
      List<Quantity> out = new ArrayList<>();
      out.add(Quantity.curve(Quantities.ATTACKED_ACCURACY, "share with a larger upper side"));
      out.add(Quantity.curve(Quantities.CERTIFIED_ACCURACY, "share whose ball is verified"));
      out.add(Quantity.share(BRACKETED, Better.HIGHER, "distances bracketed to the resolution"));
      out.add(Quantity.size(LOWER, "", Better.HIGHER, "median of what is verified"));
      out.add(Quantity.size(UPPER, "", Better.HIGHER, "median distance of points found"));
      out.add(Quantity.size("verdicts", "a sample", Better.NEITHER, "balls searched"));
      out.add(
          Quantity.size(
              VerdictSpecs.VerifyCurve.WORK,
              "",
              Better.NEITHER,
              "rows times steps of ascent in the search"));
      out.add(
          Quantity.size(
              CROSSED, "samples", Better.LOWER, "fooled nearer than the certified lower side"));
      for (Tried t : attacks) {
        for (String side : List.of("lower", "upper")) {
          String says = side + " side of the optimality, 1 for the true distances";
          out.add(Quantity.share(side("optimality", side, t.label()), Better.HIGHER, says));
        }
        out.add(
            Quantity.size("forwards/" + t.label(), "a sample", Better.LOWER, "evaluations asked"));
        out.add(
            Quantity.size("backwards/" + t.label(), "a sample", Better.LOWER, "gradients asked"));
      }
      for (String name : compared()) {
        for (String side : List.of("lower", "upper")) {
          for (double e : epsilons) {
            String says = side + " side of its robust accuracy less the true one";
            String own = Quantities.at(side("excess", side, name), e);
            out.add(Quantity.share(own, Better.LOWER, says));
          }
        }
      }
      return out;
    }

    /** Returns the name of a side of a quantity of an attack. */
    public static String side(String what, String side, String attack) {
      return what + "-" + side + "/" + attack;
    }
  }
}
