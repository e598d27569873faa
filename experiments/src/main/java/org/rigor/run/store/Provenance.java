// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.rigor.run.plugin.Plugins;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.ModelSpec;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.trial.DataIdentity;
import org.rigor.run.trial.NetworkIdentity;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.StudyInputs;
import org.rigor.run.yaml.Canonical;

/** The inputs of a run, sufficient to find the same trials again. */
public final class Provenance {
  private Provenance() {}

  /**
   * Returns what determines the trials of a study other than its text. A change to any of it gives
   * the folder a new description.
   */
  public static JsonObject identity(StudyDocument file, StudyEngine engine, StudyInputs inputs) {
    JsonObject o = new JsonObject();
    o.addProperty("numerics", engine.numerics());
    o.addProperty("smoke", file.smoke());
    o.add("overrides", array(file.overrides()));
    o.addProperty("device-kind", engine.deviceKind());
    JsonArray sets = new JsonArray();
    inputs.data().forEach((spec, d) -> sets.add(data(spec, d)));
    o.add("data", sets);
    if (!inputs.networks().isEmpty()) {
      JsonArray networks = new JsonArray();
      inputs.networks().forEach((spec, files) -> networks.add(networks(spec, files)));
      o.add("networks", networks);
    }
    JsonArray plugins = new JsonArray();
    Plugins.jars()
        .forEach(
            (jar, sum) -> {
              JsonObject p = new JsonObject();
              p.addProperty("jar", jar.toString());
              p.addProperty("sha256", sum);
              plugins.add(p);
            });
    o.add("plugins", plugins);
    return o;
  }

  /** Returns the inputs and circumstances of one run. */
  public static JsonObject facts(
      StudyDocument file,
      StudyEngine engine,
      StudyInputs inputs,
      List<String> command,
      Instant start) {
    JsonObject identity = identity(file, engine, inputs);
    JsonObject o = new JsonObject();
    o.addProperty("rigor", version());
    o.add("numerics", identity.get("numerics"));
    o.addProperty("study-file", file.file().toString());
    o.add("smoke", identity.get("smoke"));
    o.add("overrides", identity.get("overrides"));
    o.add("command", array(command));
    o.addProperty("started", start.toString());
    o.add("device-kind", identity.get("device-kind"));
    o.addProperty("device", engine.deviceLine());
    JsonObject engineFacts = new JsonObject();
    engine.provenance().forEach(engineFacts::addProperty);
    o.add("engine", engineFacts);
    o.add("data", identity.get("data"));
    if (identity.has("networks")) {
      o.add("networks", identity.get("networks"));
    }
    o.add("plugins", identity.get("plugins"));
    o.add("git", git());
    JsonObject machine = new JsonObject();
    machine.addProperty(
        "java",
        System.getProperty("java.vendor.version", "") + " " + System.getProperty("java.version"));
    machine.addProperty(
        "os",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    machine.addProperty("cpu", cpu());
    machine.addProperty("processors", Runtime.getRuntime().availableProcessors());
    machine.addProperty("max-heap-bytes", Runtime.getRuntime().maxMemory());
    o.add("machine", machine);
    return o;
  }

  private static JsonObject data(DataSpec spec, DataIdentity d) {
    JsonObject o = new JsonObject();
    o.add("spec", Canonical.identity(spec)); // the form that RunRecord looks up
    o.addProperty("name", d.name());
    o.addProperty("sha256", d.sha256());
    JsonArray shape = new JsonArray();
    d.shape().forEach(shape::add);
    o.add("shape", shape);
    o.addProperty("classes", d.classes());
    o.addProperty("train-samples", d.trainSamples());
    o.addProperty("test-samples", d.testSamples());
    return o;
  }

  private static JsonObject networks(ModelSpec spec, List<NetworkIdentity> files) {
    JsonObject o = new JsonObject();
    o.add("spec", Canonical.identity(spec));
    JsonArray all = new JsonArray();
    for (NetworkIdentity n : files) {
      JsonObject f = new JsonObject();
      f.addProperty("name", n.name());
      f.addProperty("sha256", n.sha256());
      if (!n.notes().isEmpty()) {
        f.add("notes", array(n.notes()));
      }
      all.add(f);
    }
    o.add("files", all);
    return o;
  }

  private static JsonArray array(List<String> values) {
    JsonArray out = new JsonArray();
    values.forEach(out::add);
    return out;
  }

  /** Returns the version in the jar's manifest, or {@code development}. */
  public static String version() {
    String v = Provenance.class.getPackage().getImplementationVersion();
    return v == null ? "development" : v;
  }

  private static JsonObject git() {
    JsonObject o = new JsonObject();
    String home = System.getProperty("rigor.home", ".");
    String commit = output("git", "-C", home, "rev-parse", "HEAD");
    if (!commit.isEmpty()) {
      o.addProperty("commit", commit);
      o.addProperty(
          "changed-files", output("git", "-C", home, "status", "--porcelain").lines().count());
    }
    return o;
  }

  private static String output(String... command) {
    try {
      Process p =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      p.getOutputStream().close();
      StringBuilder text = new StringBuilder();
      try (BufferedReader in =
          new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
        in.lines().limit(10_000).forEach(l -> text.append(l).append('\n'));
      }
      return p.waitFor(5, TimeUnit.SECONDS) && p.exitValue() == 0 ? text.toString().strip() : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /** Returns the name of the processor, or {@code unknown}. */
  public static String cpu() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(l -> l.startsWith("model name"))
          .findFirst()
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
