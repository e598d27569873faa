// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;
import picocli.CommandLine;

/** The README shows what the quickstart really prints. */
class ReadmeTest {
  private static final String MARK = "<!-- quickstart output -->\n```text\n";

  @TempDir Path folder;

  @BeforeEach
  void engine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  @Test
  void theConsoleOutputOfTheQuickstartIsReal() throws Exception {
    String readme = Files.readString(Path.of("../README.md"));
    int start = readme.indexOf(MARK) + MARK.length();
    assertThat(start).isGreaterThanOrEqualTo(MARK.length());
    String shown = readme.substring(start, readme.indexOf("\n```", start));
    Shell.Result r = Shell.run("run", "quickstart.yaml", "--out", folder, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    String printed = r.out().substring(0, r.out().indexOf("report   ")).strip();
    assertThat(printed).isEqualTo(shown);
  }

  @Test
  void theStudyThatIsShownIsCutFromTheQuickstart() throws Exception {
    String readme = Files.readString(Path.of("../README.md"));
    String mark = "```yaml\n";
    int start = readme.indexOf(mark, readme.indexOf("## One experiment")) + mark.length();
    String file = Files.readString(Path.of("quickstart.yaml"));
    for (String part : readme.substring(start, readme.indexOf("```", start)).split("\n\n")) {
      assertThat(file).contains(part);
    }
  }

  /** Every command line that the documents show is one that the command line takes. */
  @Test
  void theCommandsOfTheDocumentsAreTaken() throws Exception {
    CommandLine top = Rigor.line();
    Pattern shown = Pattern.compile("(?m)(?:^ {4}|`)(?:\\./)?rigor ([a-z][^`\n]*)");
    int seen = 0;
    for (String document :
        List.of("../README.md", "../CONTRIBUTING.md", "README.md", "../bench/README.md")) {
      Matcher m = shown.matcher(Files.readString(Path.of(document)));
      while (m.find()) {
        String line = m.group(1).replaceAll("\\s+#.*", "");
        for (String part : line.split("`, `rigor ")) {
          List<String> words = List.of(part.replaceAll("\\([^)]*\\)", "").strip().split("\\s+"));
          assertThat(top.getSubcommands()).as(document + ": " + line).containsKey(words.get(0));
          CommandLine command = top.getSubcommands().get(words.get(0));
          var spec = command.getSubcommands().getOrDefault(second(words), command).getCommandSpec();
          words.stream()
              .filter(w -> w.startsWith("--"))
              .map(w -> w.replaceAll("=.*", ""))
              .forEach(w -> assertThat(spec.findOption(w)).as(document + ": " + line).isNotNull());
          seen++;
        }
      }
    }
    assertThat(seen).isGreaterThan(15);
  }

  private static String second(List<String> words) {
    return words.size() > 1 ? words.get(1) : "";
  }

  @Test
  void theExperimentInTwelveLinesHasTwelveAndItsClaimHolds() throws Exception {
    String readme = Files.readString(Path.of("../README.md"));
    String mark = "twelve lines\n\n```yaml\n";
    int start = readme.indexOf(mark) + mark.length();
    assertThat(start).isGreaterThanOrEqualTo(mark.length());
    String text = readme.substring(start, readme.indexOf("```", start));
    assertThat(text.lines()).hasSize(12);
    Path mine = Files.writeString(folder.resolve("mine.yaml"), text);
    Shell.Result r = Shell.run("run", mine, "--out", folder, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).contains("It gains 15 points at 0.15.  HOLDS");
    assertThat(folder.resolve("mine/figures/1-bracket.svg")).isNotEmptyFile();
  }

  @Test
  void everyCommandIsNamed() throws Exception {
    String readme = Files.readString(Path.of("../README.md"));
    for (String command :
        java.util.List.of(
            "run",
            "plan",
            "list",
            "report",
            "compare",
            "reproduce",
            "attack",
            "lipschitz",
            "certify",
            "check",
            "export",
            "mean",
            "vnnlib",
            "bench",
            "explain",
            "doctor")) {
      assertThat(readme).containsPattern("rigor " + command + "\\b");
    }
  }

  /** The page of all studies is written by {@code rigor list --index}. */
  @Test
  void everyStudyIsInTheIndex() throws Exception {
    Path page = Path.of("README.md");
    String index = Files.readString(page);
    String how = "./rigor run experiments/*/ --smoke && ./rigor list --index experiments/README.md";
    try (Stream<Path> files = Files.walk(Path.of("."), 2)) {
      for (Path f : files.filter(p -> p.toString().endsWith(".yaml")).toList()) {
        String link = "](" + Path.of(".").relativize(f).toString().replace('\\', '/') + ")";
        assertThat(index).as(how).contains(link);
      }
    }
    Matcher figure = Pattern.compile("<img src=\"([^\"]+)\"").matcher(index);
    while (figure.find()) {
      assertThat(Path.of(figure.group(1))).as(how).isNotEmptyFile();
    }
  }
}
