// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Runs of another folder whose results are taken over, with their numbers in this folder. */
final class Adoption {
  private final Map<String, Integer> numbers = new HashMap<>();

  /**
   * @param log of the run that takes the results over; null if it keeps none
   * @param ids of the results
   * @param path of a result
   */
  Adoption(RunLog log, RunFolder other, Collection<String> ids, Function<String, String> path) {
    Map<Integer, List<String>> byRun = new TreeMap<>();
    for (String id : ids) {
      int run = log == null ? 0 : other.stored().run(path.apply(id));
      byRun.computeIfAbsent(run, r -> new ArrayList<>()).add(id);
    }
    for (Map.Entry<Integer, List<String>> e : byRun.entrySet()) {
      int here = log == null ? 0 : log.adopt(run(other, e.getKey()), name(other), e.getValue());
      e.getValue().forEach(id -> numbers.put(id, here));
    }
  }

  private static JsonObject run(RunFolder other, int number) {
    JsonObject whole = other.stored().provenance().json();
    JsonArray runs = whole.get(ProvenanceFile.RUNS) instanceof JsonArray a ? a : new JsonArray();
    return number >= 1 && number <= runs.size() ? runs.get(number - 1).getAsJsonObject() : whole;
  }

  private static String name(RunFolder folder) {
    return folder.root().getFileName().toString();
  }

  /** Returns the number in this folder of the run that made a result. */
  int run(String id) {
    return numbers.get(id);
  }
}
