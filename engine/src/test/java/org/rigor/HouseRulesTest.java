// SPDX-License-Identifier: Apache-2.0
package org.rigor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rules that hold for every file of the repository, whichever module it is in. */
class HouseRulesTest {
  private static final int MOST_LINES = 400;
  private static final Set<String> SOURCES =
      Set.of("java", "cu", "cuh", "cpp", "hpp", "h", "c", "py", "sh");
  private static final Set<String> TEXTS =
      Set.of("md", "json", "xml", "yaml", "yml", "cff", "properties", "toml", "txt", "config", "");
  private static final Set<String> SKIPPED = Set.of("target", "runs", "__pycache__", ".git");

  /** Written with blanks for dots, so that this file keeps its own rule. */
  private static final Pattern REGISTRY_HOST =
      Stream.of(
              "repo maven apache org",
              "repo1 maven org",
              "central sonatype com",
              "pypi org",
              "files pythonhosted org",
              "registry npmjs org",
              "index crates io",
              "static crates io",
              "proxy golang org",
              "deb debian org")
          .map(words -> Pattern.quote(words.replace(' ', '.')))
          .collect(Collectors.collectingAndThen(Collectors.joining("|"), Pattern::compile));

  /** A path that exists on one machine only: home of root, a work or temporary folder. */
  private static final Pattern MACHINE_PATH = Pattern.compile("(?<![\\w./~-])/(work|root|tmp)/\\w");

  private static Path root;
  private static List<Path> files;

  @BeforeAll
  static void listFiles() throws IOException {
    root = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(root.resolve("kernels"))) {
      root = root.getParent();
      assertThat(root).as("a folder above the tests that holds the module kernels").isNotNull();
    }
    files = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            boolean skip = SKIPPED.contains(dir.getFileName().toString());
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            boolean skip = SKIPPED.contains(file.getFileName().toString());
            if (!skip && attributes.isRegularFile() && (isSource(file) || isText(file))) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(files).hasSizeGreaterThan(10);
  }

  @Test
  void noSourceFileIsLong() {
    assertThat(breaches(file -> isSource(file) && lines(file).size() > MOST_LINES))
        .as("source files of more than %d lines", MOST_LINES)
        .isEmpty();
  }

  /** A script may begin with its interpreter; the licence then stands on the second line. */
  @Test
  void everySourceFileNamesItsLicence() {
    assertThat(
            breaches(
                file ->
                    isSource(file)
                        && lines(file).stream()
                            .limit(2)
                            .noneMatch(l -> l.contains("SPDX-License-Identifier: Apache-2.0"))))
        .as("source files without the SPDX line")
        .isEmpty();
  }

  @Test
  void noFileNamesAPackageRegistry() {
    assertThat(breaches(file -> anyLine(file, REGISTRY_HOST))).isEmpty();
  }

  @Test
  void noFileNamesAPathOfOneMachine() {
    assertThat(breaches(file -> anyLine(file, MACHINE_PATH))).isEmpty();
  }

  /** Types and tests in the table of what to add exist, so that it leads somewhere. */
  @Test
  void theTableOfAdditionsNamesTypesThatExist() {
    Set<String> types = new TreeSet<>();
    Pattern declared = Pattern.compile("\\b(?:class|record|interface|enum) ([A-Z]\\w*)");
    for (Path file : files) {
      if (extension(file).equals("java")) {
        lines(file).forEach(l -> declared.matcher(l).results().forEach(m -> types.add(m.group(1))));
      }
    }
    Pattern named = Pattern.compile("`([A-Z]\\w*[a-z]\\w*)(?:\\.\\w+)?`");
    Set<String> rows = new TreeSet<>();
    for (String line : lines(root.resolve("CONTRIBUTING.md"))) {
      if (line.startsWith("| ")) {
        named.matcher(line).results().forEach(m -> rows.add(m.group(1)));
      }
    }
    assertThat(rows).hasSizeGreaterThan(60);
    assertThat(types).as("types named in CONTRIBUTING.md").containsAll(rows);
  }

  private static List<String> breaches(Predicate<Path> rule) {
    return files.stream().filter(rule).map(file -> root.relativize(file).toString()).toList();
  }

  private static boolean anyLine(Path file, Pattern pattern) {
    return lines(file).stream().anyMatch(line -> pattern.matcher(line).find());
  }

  /** ISO 8859-1 reads any bytes, and all that is looked for is ASCII. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSource(Path file) {
    return SOURCES.contains(extension(file));
  }

  /** Files without an extension count while they are small: the launcher, {@code .ci/run}. */
  private static boolean isText(Path file) {
    return TEXTS.contains(extension(file)) && file.toFile().length() < 1 << 20;
  }

  private static String extension(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot <= 0 ? "" : name.substring(dot + 1);
  }
}
