// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.rigor.run.store.Damage;
import org.rigor.run.store.Metric;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.StoredClaim;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** A comparison of everything that the trials of two runs stored, trial by trial. */
final class TrialReproduction {
  private final RunRecord before;
  private final RunRecord again;
  private final Tally tally = new Tally();
  private final Set<Damage> damages = new LinkedHashSet<>();
  private final Set<String> left = new TreeSet<>();
  private final FileContents files;
  private Map<String, List<Metric>> metrics = Map.of();
  private Map<String, List<Metric>> metricsAgain = Map.of();
  private boolean allExact = true;

  TrialReproduction(RunRecord before, RunRecord again) {
    this.before = before;
    this.again = again;
    this.files = new FileContents(before.folder(), again.folder(), tally);
    damages.addAll(before.damages());
  }

  Reproduction compare() {
    List<Damage> wrong = new ArrayList<>();
    metrics = before.folder().stored().metrics(wrong);
    metricsAgain = again.folder().stored().metrics(wrong);
    damages.addAll(wrong);
    damages.addAll(before.folder().stored().contents());
    Map<String, Trial> now = new LinkedHashMap<>();
    again.trials().forEach(t -> now.put(key(t), t));
    for (Trial t : before.trials()) {
      TrialResult a = before.results().getOrDefault(t.id(), before.doubted().get(t.id()));
      if (a != null) {
        trial(t, a, now.get(key(t)));
      }
    }
    files.shared();
    boolean complete = before.results().size() == again.results().size();
    if (complete) {
      claims();
    } else {
      left.add(
          "claims (stored with %d of %d trials)"
              .formatted(before.results().size(), again.results().size()));
    }
    String circumstances =
        Configurations.circumstances(before.provenance(), again.provenance()).text();
    return Reproduction.write(circumstances, allExact, tally, left, damages);
  }

  private void trial(Trial t, TrialResult a, Trial u) {
    String key = key(t);
    TrialResult b = u == null ? null : again.results().get(u.id());
    tally.count("outcomes", 1);
    if (b == null || a.outcome() != b.outcome()) {
      tally.differs(
          key, a.outcome().toString(), b == null ? "not run" : b.outcome().toString(), "equal");
      return;
    }
    boolean exact = Closeness.exact(before.maker(t), again.maker(u));
    allExact &= exact;
    if (exact) {
      tally.text("messages", key + ", message", a.message(), b.message());
    }
    Closeness close =
        files
            .networks(key, t, u, exact)
            .orElse(exact ? Closeness.bits() : new Closeness(false, Closeness.ROUNDING));
    if (!close.near()) {
      left.add(key + " (its training went apart)");
      return;
    }
    scalars(key, a, b, close);
    tally.decisions(
        "lists of decisions",
        key + ", clean",
        a.correct(),
        b.correct(),
        close.samples(a.correct().length, false));
    curves(key, a, b, close);
    histories(key, a, b, close);
    examples(key, a, b, exact);
    lines(key, metrics.get(t.id()), metricsAgain.get(u.id()), close);
    if (files.arrays(key, t, u, close) > 0) {
      left.add("attacked samples (trajectories on another device)");
    }
  }

  private void scalars(String key, TrialResult a, TrialResult b, Closeness close) {
    TreeSet<String> names = new TreeSet<>(a.scalars().keySet());
    names.addAll(b.scalars().keySet());
    for (String name : names) {
      Scalar x = a.scalars().get(name);
      Scalar y = b.scalars().get(name);
      double v = x == null ? Double.NaN : x.value();
      double w = y == null ? Double.NaN : y.value();
      tally.number("numbers", key + ", " + name, v, w, allowed(name, v, a, close));
      if (x != null && y != null) {
        tally.text(
            "kinds of numbers",
            key + ", " + name + ", kind",
            x.kind() + ", " + x.method(),
            y.kind() + ", " + y.method());
      }
    }
  }

  private static double allowed(String name, double v, TrialResult a, Closeness close) {
    int n = a.correct().length;
    return name.endsWith("accuracy") && n > 0
        ? close.samples(n, !name.equals(Scalar.CLEAN_ACCURACY)) / (double) n
        : close.number(v);
  }

  private void curves(String key, TrialResult a, TrialResult b, Closeness close) {
    for (int i = 0; i < Math.max(a.curves().size(), b.curves().size()); i++) {
      Curve c = i < a.curves().size() ? a.curves().get(i) : null;
      Curve d = i < b.curves().size() ? b.curves().get(i) : null;
      String what = key + ", " + Tables.words(c == null ? d : c);
      if (c == null || d == null || !Arrays.equals(c.epsilons(), d.epsilons())) {
        tally.differs(what, c == null ? "-" : "a curve", d == null ? "-" : "another", "equal");
        continue;
      }
      tally.text(
          "kinds of numbers", what, c.kind() + ", " + c.method(), d.kind() + ", " + d.method());
      int n = c.survived().length;
      int may = close.samples(n, c.side() == Curve.Side.ATTACKED);
      for (int j = 0; j < c.epsilons().length; j++) {
        String at = what + " at " + c.epsilons()[j];
        tally.number("numbers", at, c.accuracy(j), d.accuracy(j), (double) may / n);
        tally.decisions("lists of decisions", at, survives(c, j), survives(d, j), may);
      }
    }
  }

  private static boolean[] survives(Curve c, int j) {
    boolean[] out = new boolean[c.survived().length];
    for (int i = 0; i < out.length; i++) {
      out[i] = c.survived()[i] > j;
    }
    return out;
  }

  private void histories(String key, TrialResult a, TrialResult b, Closeness close) {
    TreeSet<String> names = new TreeSet<>(a.histories().keySet());
    names.addAll(b.histories().keySet());
    for (String name : names) {
      History x = a.histories().get(name);
      History y = b.histories().get(name);
      if (x == null || y == null || !Arrays.equals(x.epochs(), y.epochs())) {
        tally.differs(key + ", history " + name, x == null ? "-" : "a history", "other", "equal");
        continue;
      }
      for (int i = 0; i < x.epochs().length; i++) {
        tally.number(
            "values of histories",
            "%s, history %s, epoch %d".formatted(key, name, x.epochs()[i]),
            x.values()[i],
            y.values()[i],
            allowed(name, x.values()[i], a, close));
      }
    }
  }

  private void examples(String key, TrialResult a, TrialResult b, boolean exact) {
    if (!exact) {
      if (!a.examples().isEmpty()) {
        left.add("examples (trajectories on another device)");
      }
      return;
    }
    tally.text(
        "lists of examples",
        key + ", examples",
        a.examples().size() + " examples",
        b.examples().size() + " examples");
    for (int i = 0; i < Math.min(a.examples().size(), b.examples().size()); i++) {
      Example x = a.examples().get(i);
      Example y = b.examples().get(i);
      String what = "%s, example %d".formatted(key, i + 1);
      tally.text("examples", what, words(x), words(y));
      if (!Arrays.equals(x.clean(), y.clean())
          || !Arrays.equals(x.adversarial(), y.adversarial())) {
        tally.differs(what + ", pixels", "-", "others", "equal bits");
      }
    }
  }

  private static String words(Example x) {
    return "sample %d of class %d taken for %d at %s, %d x %d x %d"
        .formatted(
            x.index(), x.label(), x.predicted(), x.epsilon(), x.height(), x.width(), x.channels());
  }

  private void lines(String key, List<Metric> a, List<Metric> b, Closeness close) {
    if (a == null) {
      return;
    }
    Map<String, Metric> now = new LinkedHashMap<>();
    (b == null ? List.<Metric>of() : b).forEach(m -> now.put(m.phase() + " " + m.step(), m));
    for (Metric m : a) {
      Metric other = now.get(m.phase() + " " + m.step());
      m.values()
          .forEach(
              (name, v) ->
                  tally.number(
                      "values of metrics",
                      "%s, %s, step %d, %s".formatted(key, m.phase(), m.step(), name),
                      v,
                      other == null ? Double.NaN : other.values().getOrDefault(name, Double.NaN),
                      close.number(v)));
    }
  }

  private void claims() {
    List<StoredClaim> a = before.folder().stored().claims(damages);
    Map<String, StoredClaim> now = new LinkedHashMap<>();
    again.folder().stored().claims(damages).forEach(c -> now.put(c.key(), c));
    for (StoredClaim c : a) {
      StoredClaim d = now.get(c.key());
      String what = "claim " + c.key();
      tally.text("verdicts", what, c.verdict(), d == null ? "not judged" : d.verdict());
      if (allExact && d != null) {
        c.numbers()
            .forEach(
                (name, v) ->
                    tally.number(
                        "numbers of claims",
                        what + ", " + name,
                        v,
                        d.numbers().getOrDefault(name, Double.NaN),
                        0));
      }
    }
    if (!allExact && !a.isEmpty()) {
      left.add("estimates of claims (they follow from the numbers)");
    }
  }

  private static String key(Trial t) {
    return "%s, seed %d".formatted(t.arm().label(), t.spec().seed());
  }
}
