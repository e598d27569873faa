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
 * Trials with equal structural values, which run as rows of one model axis.
 *
 * <p>Standard training is adversarial training with epsilon 0, so its trials join the first pack of
 * adversarial trials that is otherwise equal, if there is one.
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
      boolean standard = t.spec().method() instanceof MethodSpec.Standard;
      TrialSpec own = standard ? t.spec().with(shared(trials).method()) : t.spec();
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
    JsonElement standard = Canonical.structure(any);
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
      List<Trial> plain = methods.size() > 1 ? methods.remove(standard) : null;
      for (List<Trial> rows : methods.values()) {
        List<Trial> all = new ArrayList<>(plain == null ? List.of() : plain);
        plain = null;
        all.addAll(rows);
        packs.add(of(all));
      }
    }
    return packs;
  }

  /** Returns the two halves of a pack that did not fit; the pack itself if it has one trial. */
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
