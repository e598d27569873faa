// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The table of CONTRIBUTING.md says where to add things: in one file, and in at most one list of
 * the product and one of the tests' samples. What it names is there.
 */
class ContributingTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Pattern TYPE = Pattern.compile("([A-Z][A-Za-z0-9]+)(\\.([A-Za-z]+))?");

  private static final Map<String, Path> types = new HashMap<>();
  private static final List<List<String>> rows = new ArrayList<>();

  @BeforeAll
  static void read() throws Exception {
    for (String module : List.of("engine", "experiments")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        files
            .filter(f -> f.toString().endsWith(".java"))
            .forEach(f -> types.put(f.getFileName().toString().replace(".java", ""), f));
      }
    }
    for (String line : Files.readAllLines(ROOT.resolve("CONTRIBUTING.md"))) {
      if (line.startsWith("| ") && !line.startsWith("| To add")) {
        rows.add(List.of(line.substring(2, line.length() - 2).split(" \\| ")));
      }
    }
    assertThat(rows).hasSizeGreaterThan(20).allMatch(r -> r.size() == 4, "has four columns");
  }

  private static List<String> quoted(String cell) {
    return QUOTED.matcher(cell).results().map(m -> m.group(1)).toList();
  }

  @Test
  void aRowNamesOneListOfTheProductAndOneOfSamples() {
    for (List<String> row : rows) {
      List<String> product = new ArrayList<>();
      List<String> samples = new ArrayList<>();
      for (String name : quoted(row.get(2))) {
        assertThat(name).as(row.get(0)).doesNotContain("/").doesNotMatch(".*\\.[a-z]{2,5}");
        Matcher m = TYPE.matcher(name);
        if (m.matches() && !m.group(1).equals("Plugin")) { // whose lists are outside Rigor
          Path file = types.get(m.group(1));
          assertThat(file).as("%s: %s", row.get(0), name).isNotNull();
          (file.toString().contains("/test/") ? samples : product).add(name);
        }
      }
      assertThat(product).as(row.get(0)).hasSizeLessThanOrEqualTo(1);
      assertThat(samples).as(row.get(0)).hasSizeLessThanOrEqualTo(1);
      assertThat(product.size() + samples.size() > 0 || row.get(2).startsWith("nothing"))
          .as("%s: a list, or 'nothing'", row.get(0))
          .isTrue();
    }
  }

  @Test
  void whatTheTableNamesIsThere() {
    for (List<String> row : rows) {
      for (String cell : row) {
        for (String name : quoted(cell)) {
          Matcher m = TYPE.matcher(name);
          if (m.matches()) {
            assertThat(declared(m.group(1))).as("%s: %s", row.get(0), name).isTrue();
            String member = m.group(3);
            if (member != null) {
              assertThat(text(types.get(m.group(1))))
                  .as(name)
                  .containsPattern("\\b" + member + "\\b");
            }
          } else if (name.matches("[A-Za-z0-9_./-]+\\.(py|md|tsv)")) {
            assertThat(found(name)).as("%s: %s", row.get(0), name).isTrue();
          }
        }
      }
    }
  }

  /** Returns whether a type is declared in a file of its name or within another. */
  private static boolean declared(String type) {
    Pattern inside = Pattern.compile("\\b(class|interface|record|enum) " + type + "\\b");
    return types.containsKey(type)
        || types.values().stream().anyMatch(f -> inside.matcher(text(f)).find());
  }

  /** Returns whether there is a file, named with its folder or by its name alone. */
  private static boolean found(String name) {
    if (Files.exists(ROOT.resolve(name))) {
      return true;
    }
    try (Stream<Path> files =
        Stream.of("engine", "experiments")
            .flatMap(m -> walk(ROOT.resolve(m).resolve("src/test/resources")))) {
      return files.anyMatch(f -> f.getFileName().toString().equals(name));
    }
  }

  private static Stream<Path> walk(Path folder) {
    try {
      return Files.walk(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
