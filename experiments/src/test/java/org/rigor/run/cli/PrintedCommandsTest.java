// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import picocli.CommandLine;

/** Commands and options that are printed work as they are printed. */
class PrintedCommandsTest {
  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    System.setProperty("rigor.terminal", "0");
  }

  @AfterEach
  void clear() {
    for (String p : List.of("rigor.engine", "rigor.terminal", "rigor.command")) {
      System.clearProperty(p);
    }
  }

  /** Takes a printed line apart as a shell does. */
  private static List<String> words(String line) throws Exception {
    Process p = new ProcessBuilder("sh", "-c", "printf '%s\\n' " + line).start();
    return new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
  }

  private static String printed(String output, String label) {
    return output
        .lines()
        .filter(l -> l.startsWith(label))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no line '" + label + "' in " + output))
        .substring(label.length())
        .strip();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void whatIsSuggestedAfterARunWorks() throws Exception {
    System.setProperty("rigor.command", "/opt/my tools/rigor");
    Path data = Files.createDirectory(folder.resolve("my data"));
    Path out = folder.resolve("my runs");
    String renamed =
        Shell.STUDY.replace("{type: pgd, epsilon: 0.1}", "{type: pgd, name: p 0.1, epsilon: 0.1}");
    for (String text : List.of(Shell.STUDY, renamed.replace("of: pgd", "of: p 0.1"))) {
      Path study = Shell.study(folder, text);
      Shell.Result run =
          Shell.run(
              "run",
              study,
              "--out",
              out,
              "--data-dir",
              data,
              "--device",
              "cpu",
              "--packs",
              "1",
              "--force");
      assertThat(run.exit()).as(run.err()).isZero();
      Shell.Result report = Shell.run("report", out.resolve("small"));
      for (String output : List.of(run.out(), report.out())) {
        List<String> next = words(printed(output, "try "));
        assertThat(next)
            .startsWith("/opt/my tools/rigor", "run", study.toString())
            .containsSequence("--out", out.toString())
            .containsSequence("--data-dir", data.toString())
            .containsSequence("--device", "cpu")
            .doesNotContain("--force");
        Shell.Result tried = Shell.run(next.subList(1, next.size()).toArray());
        assertThat(tried.exit()).as(tried.err()).isZero();
        List<String> then = words(printed(output, "then "));
        Shell.Result compared = Shell.run(then.subList(1, then.size()).toArray());
        assertThat(compared.exit()).as(compared.err()).isZero();
        assertThat(compared.out()).contains("epsilon");
      }
    }
  }

  @Test
  void aMovedRunFolderIsFollowed() throws Exception {
    Path study = Shell.study(folder, Shell.STUDY);
    Path out = folder.resolve("runs");
    Shell.run("run", study, "--out", out);
    Path moved = folder.resolve("elsewhere");
    Files.move(out, moved);
    String output = Shell.run("report", moved.resolve("small")).out();
    assertThat(words(printed(output, "try "))).containsSequence("--out", moved.toString());
    assertThat(words(printed(output, "then "))).contains(moved.resolve("small").toString());
  }

  /** Options of other programs that our messages and commands name. */
  private static final Set<String> OF_OTHERS =
      Set.of(
          "--add-modules",
          "--fmad",
          "--format",
          "--gpu-architecture",
          "--gpus",
          "--porcelain",
          "--query-gpu",
          "--std",
          "--tools",
          "--turns",
          "--works");

  @Test
  void everyOptionThatAMessageNamesExists() throws Exception {
    Set<String> known = new TreeSet<>(OF_OTHERS);
    commands(Rigor.line())
        .flatMap(c -> c.getCommandSpec().options().stream())
        .forEach(o -> known.addAll(List.of(o.names())));
    known.addAll(VnnlibSupports.CAPABILITIES.keySet());
    Pattern literal = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"");
    Pattern option = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*");
    List<String> unknown = new ArrayList<>();
    int seen = 0;
    for (Path file : sources()) {
      Matcher text = literal.matcher(Files.readString(file));
      while (text.find()) {
        Matcher m = option.matcher(text.group());
        while (m.find()) {
          seen++;
          if (!known.contains(m.group())) {
            unknown.add(file.getFileName() + ": " + text.group());
          }
        }
      }
    }
    assertThat(unknown).isEmpty();
    assertThat(seen).isGreaterThan(50);
  }

  /** Returns a command and all below it. */
  private static Stream<CommandLine> commands(CommandLine c) {
    return Stream.concat(
        Stream.of(c), c.getSubcommands().values().stream().flatMap(PrintedCommandsTest::commands));
  }

  private static List<Path> sources() throws Exception {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(root.resolve("rigor"))) {
      root = root.getParent();
    }
    List<Path> out = new ArrayList<>();
    for (String module : List.of("engine", "experiments")) {
      try (Stream<Path> walk = Files.walk(root.resolve(module).resolve("src/main/java"))) {
        walk.filter(p -> p.toString().endsWith(".java")).forEach(out::add);
      }
    }
    return out;
  }
}
