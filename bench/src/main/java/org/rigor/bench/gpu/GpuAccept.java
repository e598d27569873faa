// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.bench.Records;
import org.rigor.run.bench.Session;
import org.rigor.run.bench.TrainingWork;

/**
 * Checks of a device against the CPU, and the quickstart study on it. Steps are independent and
 * each is written at once. Exit status 1 if a step failed.
 */
public final class GpuAccept {
  /** One step; its findings go under its name. A step fails by throwing. */
  interface Step {
    void run(Session session, Map<String, Object> found) throws IOException;
  }

  private static final Map<String, Step> STEPS = steps();

  private GpuAccept() {}

  private static Map<String, Step> steps() {
    Map<String, Step> steps = new LinkedHashMap<>();
    steps.put("doctor", DeviceChecks::doctor);
    steps.put("device", DeviceChecks::device);
    steps.put("programs", DeviceChecks::programs);
    steps.put("products", DeviceChecks::products);
    steps.put("replay", DeviceChecks::replay);
    steps.put("training", TrainingCheck::run);
    steps.put("quickstart", (s, found) -> QuickstartStep.run(s, s.kind(), found));
    steps.put("quickstart-cpu", (s, found) -> QuickstartStep.run(s, "cpu", found));
    steps.put("two-steps", (s, found) -> found.put("losses", TrainingWork.twoSteps(s)));
    return steps;
  }

  /**
   * Runs the steps. Arguments: the folder to write to, {@code --device KIND}, {@code --steps
   * A,B,...} (all but the last by default), {@code --small}.
   */
  public static void main(String[] args) throws IOException {
    Path out = Files.createDirectories(Path.of(args[0]));
    String kind = "cuda";
    boolean small = false;
    List<String> chosen = new ArrayList<>(STEPS.keySet());
    chosen.remove("two-steps");
    for (int i = 1; i < args.length; i++) {
      switch (args[i]) {
        case "--device" -> kind = args[++i];
        case "--steps" -> chosen = List.of(args[++i].split(","));
        case "--small" -> small = true;
        default -> throw new IllegalArgumentException("unknown argument '" + args[i] + "'");
      }
    }
    Records records = new Records(out.resolve(Records.FILE), "rigor-" + kind, System.out);
    Session session = new Session(out, kind, small, 1, records);
    int failures = 0;
    for (String name : chosen) {
      failures += run(name, session) ? 0 : 1;
    }
    System.exit(failures == 0 ? 0 : 1);
  }

  private static boolean run(String name, Session session) {
    Step step = STEPS.get(name);
    if (step == null) {
      throw new IllegalArgumentException("no step '" + name + "'; there are " + STEPS.keySet());
    }
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("step", name);
    found.put("started", Instant.now().toString());
    long start = System.nanoTime();
    String error = null;
    try {
      step.run(session, found);
    } catch (Exception | AssertionError | LinkageError | OutOfMemoryError e) {
      error = String.valueOf(e);
      e.printStackTrace();
    }
    found.put("seconds", (System.nanoTime() - start) / 1e9);
    found.put("pass", error == null);
    if (error != null) {
      found.put("error", error.length() > 4000 ? error.substring(0, 4000) : error);
    }
    session.records().add("step", found);
    System.out.printf(
        "%s %s %.1f s%s%n",
        error == null ? "PASS" : "FAIL",
        name,
        (double) found.get("seconds"),
        error == null ? "" : ": " + error.lines().findFirst().orElse(""));
    return error == null;
  }
}
