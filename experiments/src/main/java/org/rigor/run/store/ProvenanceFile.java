// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code provenance.json}: the folder's study and the runs that made its results. A run without
 * results is not listed. Version 0.1 stored one run, without the trials it made.
 *
 * @param json the whole file
 * @param head the run that described the folder: the first run, or the latest that changed data,
 *     kind of device, overrides or another part of the identity
 * @param runs in order
 */
public record ProvenanceFile(JsonObject json, RunFacts head, List<RunFacts> runs) {
  public static final String FILE = "provenance.json";
  static final String RUNS = "runs";
  static final String TRIALS = "trials";

  static ProvenanceFile read(byte[] bytes) {
    Fields f = Fields.read(FILE, bytes);
    RunFacts head = RunFacts.of(f);
    List<RunFacts> runs =
        f.has(RUNS) ? f.objects(RUNS).stream().map(RunFacts::of).toList() : List.of(head);
    return new ProvenanceFile(f.json(), head, runs);
  }

  /** Returns the run with a number, from 1; the first for results whose run is unknown. */
  public RunFacts run(int number) {
    if (number >= 1 && number <= runs.size()) {
      return runs.get(number - 1);
    }
    return runs.isEmpty() ? head : runs.get(0);
  }

  /** Returns the circumstances of all runs; where runs differ, lists each value once. */
  public TreeMap<String, String> circumstances() {
    TreeMap<String, TreeSet<String>> all = new TreeMap<>();
    for (RunFacts r : runs.isEmpty() ? List.of(head) : runs) {
      r.circumstances().forEach((k, v) -> all.computeIfAbsent(k, x -> new TreeSet<>()).add(v));
    }
    TreeMap<String, String> out = new TreeMap<>();
    all.forEach((k, v) -> out.put(k, String.join(", ", v)));
    return out;
  }
}
