// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.rigor.run.statistics.Domain;
import org.rigor.run.study.Quantity.Better;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/** The quantities of a study, which claims and figures may name. */
public final class Quantities {
  /** Share of test samples classified correctly. */
  public static final String CLEAN_ACCURACY = "clean-accuracy";

  /** Robust accuracy under attack over epsilon; its numbers come from the curves of a result. */
  public static final String ATTACKED_ACCURACY = "attacked-accuracy";

  /** Certified robust accuracy over epsilon, also read from the curves. */
  public static final String CERTIFIED_ACCURACY = "certified-accuracy";

  private static final List<Quantity> ALWAYS =
      List.of(
          new Quantity(
              CLEAN_ACCURACY,
              "%",
              Better.HIGHER,
              false,
              true,
              Domain.SHARE,
              "share of test samples classified correctly"),
          Quantity.number(
              "median-margin", "", Better.HIGHER, "median over test samples of the logit margin"),
          Quantity.size("training-loss", "", Better.LOWER, "mean training loss of the last epoch"));

  private static final List<Quantity> UNTIL =
      List.of(
          Quantity.size("epochs-trained", "epochs", Better.NEITHER, "when training ended"),
          Quantity.size(
              "gradient-norm", "", Better.NEITHER, "of the mean training loss, at the end"),
          Quantity.number(
                  "gradient-criterion-met", "", Better.NEITHER, "1 if the gradient ended training")
              .in(Domain.SHARE));

  private static final List<Quantity> PROBED =
      List.of(
          Quantity.share(CLEAN_ACCURACY, Better.HIGHER, "share classified correctly"),
          Quantity.size("cross-entropy", "nats", Better.LOWER, "mean cross-entropy"));

  private final Map<String, Quantity> byName = new LinkedHashMap<>();
  private final Map<String, Set<Double>> epsilons = new HashMap<>();
  private final Map<String, Set<Double>> twice = new HashMap<>();

  private Quantities() {}

  /**
   * Returns the quantities that the trials of a study give.
   *
   * @throws IllegalArgumentException if two measurements give a scalar of the same name
   */
  public static Quantities of(TrainingSpec training, List<MeasurementSpec> measurements) {
    Quantities all = new Quantities();
    ALWAYS.forEach(q -> all.byName.put(q.name(), q));
    training.methods().forEach(m -> m.gives().forEach(q -> all.byName.put(q.name(), q)));
    for (MeasurementSpec m : measurements) {
      // Several measurements may give a curve, say two certificates; only other duplicates are
      // refused.
      boolean curve = m.gives().stream().anyMatch(Quantity::overEpsilon);
      for (Quantity q : m.gives()) {
        if (q.overEpsilon()) {
          Set<Double> known = all.epsilons.computeIfAbsent(q.name(), n -> new TreeSet<>());
          Set<Double> twice = all.twice.computeIfAbsent(q.name(), n -> new TreeSet<>());
          m.epsilons().stream().filter(e -> !known.add(e)).forEach(twice::add);
        }
        if (all.byName.put(q.name(), q) != null && !curve) {
          throw new IllegalArgumentException(
              "measurements: two of them give '%s'; make two studies of it".formatted(q.name()));
        }
      }
    }
    if (training.shared().until().isPresent()) {
      UNTIL.forEach(q -> all.byName.put(q.name(), q));
    }
    training.shared().probe().ifPresent(p -> all.probed(p));
    return all;
  }

  private void probed(ProbeSpec probe) {
    for (ProbeSpec.Split split : probe.splits()) {
      for (Quantity q : histories(probe)) {
        for (Quantity d : Summaries.of(split, q, probe.splits())) {
          byName.put(d.name(), d);
        }
      }
    }
  }

  /**
   * Returns what a probe measures on each of its splits, with one quantity per epsilon of a curve.
   */
  public static List<Quantity> histories(ProbeSpec probe) {
    List<Quantity> out = new ArrayList<>(PROBED);
    for (MeasurementSpec m : probe.measurements()) {
      for (Quantity q : m.gives()) {
        if (q.overEpsilon()) {
          for (double e : m.epsilons()) {
            out.add(q.as(at(q.name(), e), q.says() + " at epsilon " + Numbers.show(e)));
          }
        } else {
          out.add(q.as(q.name(), q.says()));
        }
      }
    }
    return out;
  }

  /** Returns the name of a curve's value at one epsilon, for example {@code a-accuracy@0.1}. */
  public static String at(String curve, double epsilon) {
    return curve + "@" + Numbers.show(epsilon);
  }

  private static final Pattern RADIUS =
      Pattern.compile("(@|/noise-|/attack-)(" + Numbers.FRACTION + ")(?=/|@|$)");

  /**
   * Returns a name as written in results, with fractions such as those in {@code
   * attacked-accuracy@8/255} and {@code ece/attack-8/255} as decimals. A study may use either form.
   */
  public static String canonical(String name) {
    return RADIUS
        .matcher(name)
        .replaceAll(m -> m.group(1) + Numbers.show(Numbers.parse(m.group(2))));
  }

  /** Returns a name as a study would write it; the inverse of {@link #canonical}. */
  public static String written(String name) {
    return RADIUS
        .matcher(name)
        .replaceAll(m -> m.group(1) + Numbers.brief(Numbers.parse(m.group(2))));
  }

  /** Returns the name of a history, for example {@code held-out/clean-accuracy}. */
  public static String history(ProbeSpec.Split split, String quantity) {
    return Names.kebab(split.name()) + "/" + quantity;
  }

  /**
   * Returns the members {@code name@number} of a family, by number. A curve over epsilon is a
   * family too, but gives an empty map.
   *
   * @param where what names it, for the message
   * @throws IllegalArgumentException if no measurement gives the name or it is a single number
   */
  public Map<Double, Quantity> requireFamily(String name, String where) {
    Map<Double, Quantity> out = new TreeMap<>();
    for (Quantity q : byName.values()) {
      if (q.name().startsWith(name + "@")) {
        out.put(Numbers.parse(q.name().substring(name.length() + 1)), q);
      }
    }
    if (out.isEmpty() && !require(name, where).overEpsilon()) {
      throw new IllegalArgumentException(
          "%s names '%s', which is one number; a family is measured at several, %s@1, %s@2"
              .formatted(where, name, name, name));
    }
    return out;
  }

  /** Returns all quantities, in order. */
  public List<Quantity> all() {
    return List.copyOf(byName.values());
  }

  /**
   * Returns the quantity of this name, which may be a curve at one epsilon: attacked-accuracy@0.1.
   */
  public Optional<Quantity> find(String name) {
    Quantity known = byName.get(name);
    Optional<At> at = known == null ? At.of(name) : Optional.empty();
    return at.isPresent() && measured(at.get().curve(), at.get().epsilon())
        ? Optional.of(byName.get(at.get().curve()).at(name))
        : Optional.ofNullable(known);
  }

  /** Returns whether a curve is measured at an epsilon. */
  public boolean measured(String curve, double epsilon) {
    return epsilons.getOrDefault(curve, Set.of()).contains(epsilon);
  }

  /**
   * Returns whether several measurements give a curve at this epsilon, so that its name is
   * ambiguous.
   */
  public boolean ambiguous(String curve, double epsilon) {
    return twice.getOrDefault(curve, Set.of()).contains(epsilon);
  }

  /**
   * A curve at one epsilon.
   *
   * @param curve name of its quantity
   */
  public record At(String curve, double epsilon) {
    /** Parses a name such as {@code attacked-accuracy@0.1}; empty if it has another form. */
    public static Optional<At> of(String name) {
      int i = name.indexOf('@');
      try {
        return i < 1
            ? Optional.empty()
            : Optional.of(new At(name.substring(0, i), Numbers.parse(name.substring(i + 1))));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }
  }

  /**
   * Returns the quantity of this name.
   *
   * @param where what names it, for the message
   * @throws IllegalArgumentException if no measurement gives it
   */
  public Quantity require(String name, String where) {
    Optional<Quantity> q = find(name);
    if (q.isEmpty()) {
      throw new IllegalArgumentException(
          "%s names the metric '%s', which no measurement gives%s; there are %s"
              .formatted(
                  where,
                  name,
                  Names.hint(name, byName.keySet()),
                  byName.keySet().stream()
                      .map(Quantities::written)
                      .map(n -> n.replaceFirst("@.*", "@..."))
                      .distinct()
                      .collect(Collectors.joining(", "))));
    }
    return q.get();
  }
}
