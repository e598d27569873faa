// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.NetworkIdentity;

/**
 * One run as recorded in provenance.
 *
 * @param rigor version of the product
 * @param started ISO 8601
 * @param command words of its command line, quoted for a shell
 * @param device one line
 * @param engine properties that its device reports
 * @param data by specification, as JSON
 * @param networks files of networks trained elsewhere, by specification of the model, as JSON
 * @param plugins checksums of jars
 * @param commit empty outside of a checkout
 * @param trials that this run made, if its end was recorded
 * @param from the run folder it ran in, if its results were taken over from there; else empty
 */
public record RunFacts(
    String rigor,
    int numerics,
    String started,
    String studyFile,
    List<String> overrides,
    List<String> command,
    boolean smoke,
    String deviceKind,
    String device,
    Map<String, String> engine,
    Map<String, DataIdentity> data,
    Map<String, List<NetworkIdentity>> networks,
    Map<String, String> plugins,
    String commit,
    String cpu,
    List<String> trials,
    String from) {

  static RunFacts of(Fields f) {
    Map<String, DataIdentity> data = new LinkedHashMap<>();
    f.objects("data").forEach(d -> data.put(d.object("spec").json().toString(), data(d)));
    Map<String, List<NetworkIdentity>> networks = new LinkedHashMap<>();
    if (f.has("networks")) {
      for (Fields n : f.objects("networks")) {
        List<NetworkIdentity> files = new ArrayList<>();
        n.objects("files")
            .forEach(
                file ->
                    files.add(
                        new NetworkIdentity(
                            file.text("name"),
                            file.text("sha256"),
                            file.has("notes") ? file.texts("notes") : List.of())));
        networks.put(n.object("spec").json().toString(), files);
      }
    }
    Map<String, String> plugins = new LinkedHashMap<>();
    if (f.has("plugins")) {
      f.objects("plugins").forEach(p -> plugins.put(p.text("jar"), p.text("sha256")));
    }
    Fields git = f.object("git");
    return new RunFacts(
        f.text("rigor"),
        f.integer("numerics"),
        f.text("started"),
        f.text("study-file"),
        f.texts("overrides"),
        f.has("command") ? f.texts("command") : List.of(),
        f.has("smoke") && f.flag("smoke"),
        f.text("device-kind"),
        f.text("device"),
        f.textsByKey("engine"),
        data,
        networks,
        plugins,
        git.has("commit") ? git.text("commit") : "",
        f.object("machine").text("cpu"),
        f.has("trials") ? f.texts("trials") : List.of(),
        f.has("from") ? f.text("from") : "");
  }

  private static DataIdentity data(Fields d) {
    return new DataIdentity(
        d.text("name"),
        d.text("sha256"),
        d.integers("shape"),
        d.integer("classes"),
        d.integer("train-samples"),
        d.integer("test-samples"));
  }

  /** Returns what may cause a difference between results, by name. */
  public Map<String, String> circumstances() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("rigor", rigor);
    out.put("numerics", Integer.toString(numerics));
    out.put("device-kind", deviceKind);
    engine.forEach((k, v) -> out.put("engine " + k, v));
    if (!commit.isEmpty()) {
      out.put("commit", commit);
    }
    List<DataIdentity> sets = new ArrayList<>(data.values());
    sets.forEach(d -> out.put("data " + d.name(), d.sha256()));
    networks.values().forEach(all -> all.forEach(n -> out.put("network " + n.name(), n.sha256())));
    plugins.forEach((jar, sum) -> out.put("plugin " + jar, sum));
    out.put("cpu", cpu);
    return out;
  }

  /** Returns the kind of the CPU's matrix product; results are bit-equal only within one kind. */
  public String gemm() {
    return engine.getOrDefault("gemm", "");
  }
}
