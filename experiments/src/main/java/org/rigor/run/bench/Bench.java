// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceInfo;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.store.Provenance;

/** A run of works, then of peers, which writes {@code bench.json} and {@code bench.md}. */
public final class Bench {
  private static final Gson PRETTY =
      new GsonBuilder()
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .serializeSpecialFloatingPointValues()
          .create();

  private Bench() {}

  /**
   * The options of a benchmark run.
   *
   * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code emulated}
   * @param peers folder with the scripts of the peers; empty to run none
   * @param seconds after which a timing ends once it has enough runs
   * @param peerSeconds time limit of one peer process, without the time of others in turn
   * @param add whether to keep what the folder already holds
   */
  public record Request(
      Set<Work> works,
      String device,
      boolean small,
      Optional<Path> peers,
      double seconds,
      double peerSeconds,
      Path out,
      boolean add,
      List<String> command) {}

  /**
   * The results of a benchmark run.
   *
   * @param failed works that ended with an error; each error is also a record
   */
  public record Outcome(JsonObject json, String markdown, List<Work> failed) {}

  /** Returns the text of a JSON file. */
  public static String text(JsonObject json) {
    return PRETTY.toJson(json) + "\n";
  }

  /**
   * Measures the requested works and writes the results.
   *
   * @throws org.rigor.exec.DeviceException if the device is not there
   */
  public static Outcome run(Request r) throws IOException {
    writable(r.out());
    DeviceInfo info;
    try (Device device = Device.open(r.device())) {
      info = device.info();
    }
    Path file = r.out().resolve(Records.FILE);
    if (!r.add()) {
      Files.deleteIfExists(file);
    }
    Records records = new Records(file, "rigor-" + info.kind(), System.err);
    Session s = new Session(r.out(), info.kind(), r.small(), r.seconds(), records);
    System.err.printf("%s: %s (%s)%n", info.kind(), info.name(), info.reason());
    boolean begun =
        Files.isRegularFile(file)
            && Results.records(r.out()).stream()
                .anyMatch(o -> Results.string(o, "kind").equals("yardstick"));
    if (!begun) {
      records.add("machine", machine(r, info));
      Yardstick.measure(s);
    }
    List<Work> failed;
    if (r.peers().isPresent()) {
      PeerScripts scripts = new PeerScripts(s, r.peers().get(), r.peerSeconds());
      try (PeerProcesses peers = PeerProcesses.of(scripts.start(r.works()))) {
        failed = works(r, s.with(peers));
      }
      scripts.runAfter(r.works());
    } else {
      failed = works(r, s);
    }
    JsonObject json = Results.of(Results.records(r.out()));
    String page = ResultTable.markdown(json);
    AtomicFile.write(r.out().resolve("bench.json"), text(json));
    AtomicFile.write(r.out().resolve("bench.md"), "# Benchmark of rigor\n\n" + page);
    return new Outcome(json, page, failed);
  }

  private static void writable(Path out) {
    try {
      Files.createDirectories(out);
      Files.delete(Files.createTempFile(out, ".probe", ".tmp"));
    } catch (IOException e) {
      throw new RunException(
          ExitCode.ENVIRONMENT,
          "cannot write to the folder %s (%s); choose another with --out DIR"
              .formatted(out, e.getClass().getSimpleName()),
          e);
    }
  }

  private static List<Work> works(Request r, Session s) throws IOException {
    List<Work> failed = new ArrayList<>();
    try (MachineWatch watch = MachineWatch.start(s)) {
      for (Work w : r.works()) {
        System.err.println(w.letter() + " " + w.word());
        watch.since();
        try {
          w.run(s);
        } catch (RuntimeException | OutOfMemoryError e) {
          failed.add(w);
          s.records().skip(w.letter(), String.valueOf(e));
        }
        Map<String, Object> state = new LinkedHashMap<>(Map.of("work", w.letter()));
        state.putAll(watch.since());
        s.records().add("state", state);
      }
    }
    return failed;
  }

  private static Map<String, Object> machine(Request r, DeviceInfo info) {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("date", Instant.now().toString());
    m.put("command", String.join(" ", r.command()));
    m.put("rigor", Provenance.version());
    m.put("device", info.kind() + ": " + info.name());
    m.put("details", info.details());
    m.put("sizes", r.small() ? "reduced" : "full");
    m.put("processor", Provenance.cpu());
    m.put("processors", Runtime.getRuntime().availableProcessors());
    m.put("java", Runtime.version().toString());
    m.put("load", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    return m;
  }
}
