// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import org.rigor.run.store.RunFolder;

/** Processes that end at any moment lose no finished trial. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals")
class KillTest {
  private static final int KILLS = Integer.getInteger("rigor.kills", 10);

  @TempDir Path folder;
  private Path study;
  private Path out;

  @BeforeEach
  void prepare() throws Exception {
    study = Shell.study(folder, Shell.STUDY.replace("seeds: 5", "seeds: 60"));
    out = folder.resolve("runs");
  }

  private List<String> properties(int millis) {
    return List.of(
        "-Drigor.engine=" + FakeEngine.class.getName(),
        "-Drigor.terminal=0",
        "-Dfake.millis=" + millis);
  }

  private Set<String> finished() throws Exception {
    Path trials = out.resolve("small/trials");
    if (!Files.isDirectory(trials)) {
      return Set.of();
    }
    RunFolder run = RunFolder.at(out.resolve("small"));
    try (Stream<Path> files = Files.list(trials)) {
      return files
          .map(p -> p.getFileName().toString())
          .filter(n -> n.endsWith(".json") && !n.startsWith("."))
          .map(n -> n.substring(0, n.length() - 5))
          .filter(id -> run.load(id).isPresent())
          .collect(Collectors.toSet());
    }
  }

  @Test
  void killedAtRandomTimes() throws Exception {
    Random random = new Random(7);
    Set<String> before = Set.of();
    Path log = folder.resolve("log");
    for (int i = 0; i < KILLS; i++) {
      Process p = Shell.start(log, properties(2), "run", study, "--out", out);
      // Some die while the JVM starts, most while trials come in.
      boolean early = i % 4 == 3;
      int had = before.size();
      long end = System.nanoTime() + 20_000_000_000L;
      while (!early && finished().size() <= had && p.isAlive() && System.nanoTime() < end) {
        Thread.sleep(10);
      }
      Thread.sleep(random.nextInt(60));
      p.destroyForcibly().waitFor();
      Set<String> after = finished();
      assertThat(after).containsAll(before);
      before = after;
    }
    assertThat(before).isNotEmpty();
    Process last = Shell.start(log, properties(0), "run", study, "--out", out);
    assertThat(last.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(last.exitValue()).as(Files.readString(log)).isZero();
    assertThat(finished()).hasSize(120).containsAll(before);
    String text = Files.readString(log);
    assertThat(text).contains(before.size() + " of 120 trials are finished already");
    try (Stream<Path> left = Files.walk(out)) {
      assertThat(left.filter(p -> p.toString().endsWith(".tmp"))).isEmpty();
    }
  }

  @Test
  void severalPacksAtATimeLoseNothingEither() throws Exception {
    study =
        Shell.study(
            folder,
            Shell.STUDY.replace(
                "{seeds: 5}", "{seeds: 10, grid: {model.hidden: [[8], [9], [10]]}}"));
    Path log = folder.resolve("log");
    Set<String> before = Set.of();
    for (int i = 0; i < 3; i++) {
      Process p = Shell.start(log, properties(5), "run", study, "--out", out, "--packs", 3);
      int had = before.size();
      long end = System.nanoTime() + 20_000_000_000L;
      while (finished().size() <= had && p.isAlive() && System.nanoTime() < end) {
        Thread.sleep(10);
      }
      if (i < 2) {
        p.destroyForcibly().waitFor();
      } else {
        p.destroy();
        assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(p.exitValue()).isEqualTo(143);
        assertThat(Files.readString(log))
            .contains("resume with: ./rigor run " + study + " --out " + out + " --packs 3")
            .doesNotContain("Exception");
      }
      assertThat(finished()).containsAll(before);
      before = finished();
    }
    Process last = Shell.start(log, properties(0), "run", study, "--out", out, "--packs", 2);
    assertThat(last.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(last.exitValue()).as(Files.readString(log)).isZero();
    assertThat(finished()).hasSize(60).containsAll(before);
  }

  /** A shell starts background jobs so, and what they start cannot undo it. */
  private static boolean interruptsAreIgnored() throws Exception {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return false;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << (2 - 1)) != 0;
      }
    }
    return false;
  }

  @Test
  void interruptedLawsAreKeptAndSayHowToGoOn() throws Exception {
    Path laws =
        Files.writeString(
            folder.resolve("laws.yaml"),
            """
            type: theory
            name: halves
            laws: [{type: 'test:halves', terms: 1}, {type: 'test:halves', terms: 60}]
            """);
    Path log = folder.resolve("log");
    Process p = Shell.start(log, properties(100), "run", laws, "--out", out);
    Path stored = out.resolve("halves/laws");
    long end = System.nanoTime() + 60_000_000_000L;
    while (p.isAlive() && System.nanoTime() < end && names(stored).isEmpty()) {
      Thread.sleep(20);
    }
    new ProcessBuilder("kill", "-TERM", Long.toString(p.pid())).start().waitFor();
    assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).isEqualTo(143);
    assertThat(Files.readString(log))
        .contains("interrupted: 1 of 2 laws are finished and kept in " + out.resolve("halves"))
        .contains("resume with: ./rigor run " + laws + " --out " + out);
    Process again = Shell.start(log, properties(0), "run", laws, "--out", out);
    assertThat(again.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(log)).contains("1 of 2 laws are finished already");
  }

  private static Set<String> names(Path folder) throws Exception {
    if (!Files.isDirectory(folder)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(n -> n.endsWith(".json") && !n.startsWith("."))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void interruptedItSaysHowToGoOn() throws Exception {
    for (String signal : interruptsAreIgnored() ? List.of("TERM") : List.of("INT", "TERM")) {
      Path log = folder.resolve("log-" + signal);
      Process p = Shell.start(log, properties(100), "run", study, "--out", out);
      int had = finished().size();
      while (finished().size() <= had && p.isAlive()) {
        Thread.sleep(20);
      }
      new ProcessBuilder("kill", "-" + signal, Long.toString(p.pid())).start().waitFor();
      assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(p.exitValue()).isEqualTo(signal.equals("INT") ? 130 : 143);
      assertThat(Files.readString(log))
          .containsPattern("interrupted: \\d+ of 120 trials are finished and kept in")
          .contains("resume with: ./rigor run " + study + " --out " + out)
          .doesNotContain("Exception");
      assertThat(finished().size()).isGreaterThan(had);
    }
  }

  @Test
  void aSecondProcessIsRefusedWhileTheFirstRunsAndLetInAfterItIsKilled() throws Exception {
    Path firstLog = folder.resolve("first");
    Path secondLog = folder.resolve("second");
    Process first = Shell.start(firstLog, properties(100), "run", study, "--out", out);
    while (finished().isEmpty() && first.isAlive()) {
      Thread.sleep(20);
    }
    Process second = Shell.start(secondLog, properties(0), "run", study, "--out", out);
    assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).isEqualTo(3);
    assertThat(Files.readString(secondLog))
        .contains("is in use by process " + first.pid() + " on ")
        .contains("choose another with --out DIR");
    assertThat(first.isAlive()).isTrue();
    first.destroyForcibly().waitFor();
    Process third = Shell.start(secondLog, properties(0), "run", study, "--out", out);
    assertThat(third.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(third.exitValue()).isZero();
  }
}
