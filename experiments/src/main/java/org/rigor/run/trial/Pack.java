// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.yaml.Canonical;

/**
 * Trials with equal structural values, run as rows of one model axis.
 *
 * <p>Standard training is adversarial training with epsilon 0, so its trials join the first
 * otherwise equal pack whose method permits it ({@link MethodSpec#standardAtZero}), if any.
 *
 * @param id hash of the trials' ids in order
 * @param trials at least one
 */
public record Pack(String id, List<Trial> trials) {
  public Pack {
    trials = List.copyOf(trials);
    if (trials.isEmpty()) {
      throw new IllegalArgumentException("a pack needs at least one trial");
    }
    JsonElement structure = structure(shared(trials));
    for (Trial t : trials) {
      MethodSpec method = shared(trials).method();
      TrialSpec own = joins(t.spec().method(), method) ? t.spec().with(method) : t.spec();
      if (!structure(own).equals(structure)) {
        throw new IllegalArgumentException(
            "trials %s and %s differ in structure and cannot share a pack: %s, %s"
                .formatted(trials.get(0).id(), t.id(), structure, structure(own)));
      }
    }
  }

  /** Returns a pack of these trials, in their order. */
  public static Pack of(List<Trial> trials) {
    return new Pack(
        Identity.sha256(String.join(" ", trials.stream().map(Trial::id).toList())).substring(0, 20),
        trials);
  }

  /** Groups trials into packs, in the order in which their structures first appear. */
  public static List<Pack> group(List<Trial> trials) {
    MethodSpec.Standard any = new MethodSpec.Standard("standard");
    Map<JsonElement, Map<JsonElement, List<Trial>>> groups = new LinkedHashMap<>();
    for (Trial t : trials) {
      JsonElement rest = structure(t.spec().with(any));
      JsonElement method = Canonical.structure(t.spec().method());
      groups
          .computeIfAbsent(rest, k -> new LinkedHashMap<>())
          .computeIfAbsent(method, k -> new ArrayList<>())
          .add(t);
    }
    List<Pack> packs = new ArrayList<>();
    for (Map<JsonElement, List<Trial>> methods : groups.values()) {
      List<List<Trial>> rows = new ArrayList<>(methods.values());
      for (List<Trial> standard : methods.values()) {
        int to = host(standard, rows);
        if (to >= 0) {
          List<Trial> all = new ArrayList<>(standard);
          all.addAll(rows.get(to));
          rows.set(to, all);
          rows.remove(standard);
        }
      }
      rows.forEach(r -> packs.add(of(r)));
    }
    return packs;
  }

  /** Returns the index of the first rows that trials of standard training can join, or -1. */
  private static int host(List<Trial> standard, List<List<Trial>> rows) {
    for (int i = 0; i < rows.size(); i++) {
      if (joins(standard.get(0).spec().method(), shared(rows.get(i)).method())) {
        return i;
      }
    }
    return -1;
  }

  /** Returns whether standard training can be a row of the other method's program. */
  private static boolean joins(MethodSpec standard, MethodSpec other) {
    return standard instanceof MethodSpec.Standard
        && other.standardAtZero()
        && Canonical.structure(options(standard)).equals(Canonical.structure(options(other)));
  }

  private static List<Object> options(MethodSpec m) {
    return List.of(m.weights(), m.awp());
  }

  /** Returns the two halves of the pack; the pack itself if it has one trial. */
  public List<Pack> halves() {
    int n = trials.size();
    return n == 1
        ? List.of(this)
        : List.of(of(trials.subList(0, n / 2)), of(trials.subList(n / 2, n)));
  }

  /** Returns a trial whose structural values, the method's included, are those of the pack. */
  public TrialSpec shared() {
    return shared(trials);
  }

  private static TrialSpec shared(List<Trial> trials) {
    return trials.stream()
        .map(Trial::spec)
        .filter(s -> !(s.method() instanceof MethodSpec.Standard))
        .findFirst()
        .orElse(trials.get(0).spec());
  }

  private static JsonElement structure(TrialSpec spec) {
    return Canonical.structure(spec);
  }
}
