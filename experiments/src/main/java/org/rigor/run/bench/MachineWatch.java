// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A watch over clocks, temperature and throttling while a work runs. On a GPU it samples nvidia-smi
 * every half second and leaves out idle moments; on the CPU it reads the kernel's counts of thermal
 * throttling, where there are any, and the load average.
 */
final class MachineWatch implements AutoCloseable {
  private static final String FIELDS =
      "clocks.sm,clocks.mem,temperature.gpu,power.draw,clocks_throttle_reasons.active";
  private static final long IDLE = 0x1;
  private static final Map<Long, String> REASONS = new LinkedHashMap<>();

  static {
    REASONS.put(0x4L, "power cap");
    REASONS.put(0x8L, "hardware slowdown");
    REASONS.put(0x20L, "software thermal slowdown");
    REASONS.put(0x40L, "hardware thermal slowdown");
    REASONS.put(0x80L, "power brake");
  }

  private final Process process;
  private final List<String> lines = new ArrayList<>();
  private long throttles = throttleCount();

  private MachineWatch(boolean gpu) {
    process = gpu ? nvidiaSmi() : null;
    if (gpu && process == null) {
      lines.add("nvidia-smi is not installed");
    }
    if (process != null) {
      Thread reader = new Thread(this::read, "nvidia-smi");
      reader.setDaemon(true);
      reader.start();
    }
  }

  static MachineWatch start(Session s) {
    return new MachineWatch(s.gpu());
  }

  private static Process nvidiaSmi() {
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    String device = visible == null || visible.isBlank() ? "0" : visible.split(",")[0].strip();
    try {
      return new ProcessBuilder(
              "nvidia-smi",
              "-i",
              device,
              "--query-gpu=" + FIELDS,
              "--format=csv,noheader,nounits",
              "-lms",
              "500")
          .redirectErrorStream(true)
          .start();
    } catch (IOException e) {
      return null; // not installed, which the records say
    }
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      // The process ended while a line was being read.
    }
  }

  /** Returns what was seen since the last call. */
  Map<String, Object> since() {
    Map<String, Object> found = new LinkedHashMap<>();
    List<String> samples;
    synchronized (lines) {
      samples = List.copyOf(lines);
      lines.clear();
    }
    if (!samples.isEmpty()) {
      gpu(samples, found);
    }
    long now = throttleCount();
    if (now > throttles) {
      found.put(
          "throttled", List.of("CPU thermal throttling, %d times".formatted(now - throttles)));
    }
    throttles = now;
    found.put("load", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    return found;
  }

  static void gpu(List<String> samples, Map<String, Object> found) {
    double[] least = new double[4];
    double[] most = new double[4];
    Arrays.fill(least, Double.MAX_VALUE);
    long reasons = 0;
    int busy = 0;
    for (String line : samples) {
      String[] cells = line.split("\\s*,\\s*");
      try {
        long why = Long.decode(cells[4].strip());
        if ((why & IDLE) != 0) {
          continue;
        }
        for (int i = 0; i < 4; i++) {
          double v = Double.parseDouble(cells[i]);
          most[i] = Math.max(most[i], v);
          least[i] = Math.min(least[i], v);
        }
        reasons |= why;
        busy++;
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        found.put("nvidiaSmi", line); // a message, or a field this GPU does not have
      }
    }
    found.put("samples", busy);
    if (busy > 0) {
      found.put("smClockMHz", List.of(least[0], most[0]));
      found.put("memoryClockMHz", List.of(least[1], most[1]));
      found.put("temperatureC", most[2]);
      found.put("powerW", most[3]);
      long seen = reasons;
      List<String> why = new ArrayList<>();
      REASONS.forEach((bit, name) -> why.addAll((seen & bit) != 0 ? List.of(name) : List.of()));
      if (!why.isEmpty()) {
        found.put("throttled", why);
      }
    }
  }

  /** Returns the sum over processors; 0 where the kernel does not count. */
  private static long throttleCount() {
    long sum = 0;
    Path folder = Path.of("/sys/devices/system/cpu");
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "cpu[0-9]*")) {
      for (Path cpu : all) {
        Path count = cpu.resolve("thermal_throttle/core_throttle_count");
        sum += Files.isReadable(count) ? Long.parseLong(Files.readString(count).strip()) : 0;
      }
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
    return sum;
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
    }
  }
}
