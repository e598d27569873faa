// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Keys, variables and files that the texts of the sources name are there. */
class NamedInMessagesTest {
  /** Words in single quotes that are no keys of a study. */
  private static final Set<String> NO_KEYS = Set.of("cuda", "descr", "none", "shape", "x");

  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  private static Path root;
  private static List<String> texts;

  @BeforeAll
  static void readSources() throws Exception {
    root = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(root.resolve("rigor"))) {
      root = root.getParent();
    }
    texts = new ArrayList<>();
    for (String module : List.of("engine", "experiments")) {
      try (Stream<Path> walk = Files.walk(root.resolve(module).resolve("src/main/java"))) {
        for (Path p : walk.filter(f -> f.toString().endsWith(".java")).toList()) {
          String source = Files.readString(p).replace("'\"'", ""); // a character
          LITERAL.matcher(source).results().forEach(m -> texts.add(m.group(1)));
        }
      }
    }
  }

  /** Texts with a match whose first group is not known; at least some matches must be there. */
  private static List<String> unknown(String pattern, int atLeast, Predicate<String> known) {
    Pattern p = Pattern.compile(pattern);
    List<String> out = new ArrayList<>();
    int seen = 0;
    for (String text : texts) {
      for (Matcher m = p.matcher(text); m.find(); ) {
        seen++;
        if (!known.test(m.group(1))) {
          out.add(m.group(1) + " in: " + text);
        }
      }
    }
    assertThat(seen).as(pattern).isGreaterThanOrEqualTo(atLeast);
    return out;
  }

  @Test
  void everyKeyIsOneOfAStudy() {
    String schema = Shell.run("explain", "--json-schema").out();
    Set<String> keys =
        Pattern.compile("\"([a-z][a-z0-9-]*)\"\\s*:")
            .matcher(schema)
            .results()
            .map(m -> m.group(1))
            .collect(Collectors.toSet());
    assertThat(keys).contains("low", "high", "held-out");
    keys.addAll(NO_KEYS);
    assertThat(unknown("'([a-z][a-z-]*)(?:: [^']*)?'", 30, keys::contains)).isEmpty();
  }

  /** A variable is asked for by its whole name, or read by the launcher. */
  @Test
  void everyVariableIsRead() throws Exception {
    String launcher = Files.readString(root.resolve("rigor"));
    Predicate<String> read = v -> texts.contains(v) || launcher.contains("${" + v);
    assertThat(unknown("\\b(RIGOR_[A-Z0-9_]+)", 20, read)).isEmpty();
  }

  @Test
  void everyFileOfTheRepositoryIsThere() {
    Predicate<String> there = f -> Files.exists(root.resolve(f));
    assertThat(unknown("\\b(experiments/[\\w/-]+\\.(?:md|yaml))\\b", 5, there)).isEmpty();
  }
}
