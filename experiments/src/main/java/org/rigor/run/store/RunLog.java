// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The list of runs in {@code provenance.json}. A run is appended just before its first result is
 * stored, so a run without results leaves no trace and no run replaces another.
 */
final class RunLog {
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private final JsonObject whole;
  private final Supplier<JsonObject> facts;
  private final Consumer<String> write;
  private int number;

  private RunLog(JsonObject whole, Supplier<JsonObject> facts, Consumer<String> write) {
    this.whole = whole;
    this.facts = facts;
    this.write = write;
  }

  /**
   * Opens the file for a run.
   *
   * @param before the existing file; null if there is none
   * @param known trials with results, which version 0.1 stored without their run
   * @param identity of this run
   * @param facts of this run
   * @param write replaces the file
   */
  static RunLog open(
      ProvenanceFile before,
      List<String> known,
      JsonObject identity,
      Supplier<JsonObject> facts,
      Consumer<String> write) {
    if (before == null) {
      JsonObject first = facts.get();
      first.add(ProvenanceFile.RUNS, new JsonArray());
      write.accept(PRETTY.toJson(first) + "\n");
      return new RunLog(first, facts, write);
    }
    JsonObject whole = before.json();
    JsonArray runs = array(whole, ProvenanceFile.RUNS);
    if (runs == null) { // version 0.1: the one recorded run made everything
      JsonObject one = whole.deepCopy();
      JsonArray trials = new JsonArray();
      known.forEach(trials::add);
      one.add(ProvenanceFile.TRIALS, trials);
      runs = new JsonArray();
      runs.add(one);
      whole.add(ProvenanceFile.RUNS, runs);
    }
    boolean same = identity.keySet().stream().allMatch(k -> identity.get(k).equals(whole.get(k)));
    if (same) {
      return new RunLog(whole, facts, write);
    }
    JsonObject other = facts.get();
    other.add(ProvenanceFile.RUNS, runs);
    write.accept(PRETTY.toJson(other) + "\n");
    return new RunLog(other, facts, write);
  }

  /** Returns the number of this run, after appending it to the file if necessary. */
  synchronized int number() {
    if (number == 0) {
      number = append(facts.get(), List.of());
    }
    return number;
  }

  /**
   * Appends a run of another folder.
   *
   * @param trials that were taken over
   * @return its number in this folder
   */
  synchronized int adopt(JsonObject run, String from, List<String> trials) {
    JsonObject copy = run.deepCopy();
    copy.remove(ProvenanceFile.RUNS);
    copy.remove(ProvenanceFile.TRIALS);
    copy.addProperty("from", from);
    return append(copy, trials);
  }

  private int append(JsonObject run, List<String> trials) {
    JsonArray ids = new JsonArray();
    trials.forEach(ids::add);
    run.add(ProvenanceFile.TRIALS, ids);
    runs().add(run);
    write.accept(PRETTY.toJson(whole) + "\n");
    return runs().size();
  }

  /** Adds to each run the trials it has made since, including runs that were killed. */
  synchronized void made(Map<Integer, List<String>> trials) {
    boolean changed = false;
    for (Map.Entry<Integer, List<String>> e : trials.entrySet()) {
      if (e.getKey() < 1 || e.getKey() > runs().size()) {
        continue;
      }
      JsonObject run = runs().get(e.getKey() - 1).getAsJsonObject();
      JsonArray listed = array(run, ProvenanceFile.TRIALS);
      if (listed == null) {
        listed = new JsonArray();
        run.add(ProvenanceFile.TRIALS, listed);
      }
      Set<String> have = new HashSet<>();
      for (JsonElement id : listed) {
        have.add(id.getAsString());
      }
      for (String id : e.getValue()) {
        if (have.add(id)) {
          listed.add(id);
          changed = true;
        }
      }
    }
    if (changed) {
      write.accept(PRETTY.toJson(whole) + "\n");
    }
  }

  private JsonArray runs() {
    return array(whole, ProvenanceFile.RUNS);
  }

  private static JsonArray array(JsonObject o, String key) {
    return o.get(key) instanceof JsonArray a ? a : null;
  }
}
