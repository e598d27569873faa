// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.rigor.run.study.Settings;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Tree;

/** The trials of a study and their results, looked up by method and grid point. */
record Arms(List<Trial> trials, Map<String, TrialResult> results) {

  /** Returns the grid's points, in order. */
  Set<Map<String, String>> points() {
    Set<Map<String, String>> points = new LinkedHashSet<>();
    trials.forEach(t -> points.add(t.arm().settings()));
    return points;
  }

  /** Returns the points with the given values, each without the keys in {@code without}. */
  Set<Map<String, String>> points(Map<String, Tree> at, Set<String> without) {
    Set<Map<String, String>> out = new LinkedHashSet<>();
    for (Map<String, String> p : points()) {
      if (Settings.matches(p, at)) {
        Map<String, String> rest = new LinkedHashMap<>(p);
        rest.keySet().removeAll(without);
        out.add(rest);
      }
    }
    return out;
  }

  /** Returns the finished results of a method at one point, by seed. */
  Map<Long, TrialResult> bySeed(String method, Map<String, String> point) {
    Map<Long, TrialResult> out = new LinkedHashMap<>();
    for (Trial t : trials) {
      TrialResult r = results.get(t.id());
      boolean here = t.arm().method().equals(method) && t.arm().settings().equals(point);
      if (here && r != null && r.finished()) {
        out.put(t.spec().seed(), r);
      }
    }
    return out;
  }

  /** Returns the number of seeds that have a trial, finished or not. */
  int seeds(String method, Map<String, String> point) {
    return (int)
        trials.stream()
            .filter(t -> t.arm().method().equals(method) && t.arm().settings().equals(point))
            .map(t -> t.spec().seed())
            .distinct()
            .count();
  }

  /** Returns the point with the values of {@code at} and, for other keys, those of {@code rest}. */
  Map<String, String> point(Map<String, String> rest, Map<String, Tree> at) {
    return points().stream()
        .filter(p -> Settings.matches(p, at) && p.entrySet().containsAll(rest.entrySet()))
        .findFirst()
        .orElse(Map.of("", "no such point"));
  }

  /** Returns the results of a method by a key's number, then by seed, with the other keys fixed. */
  TreeMap<Double, Map<Long, TrialResult>> along(
      String method, String key, Map<String, String> rest) {
    TreeMap<Double, Map<Long, TrialResult>> out = new TreeMap<>();
    for (Map<String, String> p : points()) {
      if (p.entrySet().containsAll(rest.entrySet())) {
        out.put(Settings.number(p.get(key)).orElseThrow(), bySeed(method, p));
      }
    }
    return out;
  }

  /** Returns the finished results of a method at all points with the given values. */
  List<TrialResult> all(String method, Map<String, Tree> at) {
    List<TrialResult> out = new ArrayList<>();
    for (Trial t : trials) {
      TrialResult r = results.get(t.id());
      boolean here = t.arm().method().equals(method) && Settings.matches(t.arm().settings(), at);
      if (here && r != null && r.finished()) {
        out.add(r);
      }
    }
    return out;
  }
}
