// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.run.claim.LawJudgement;
import org.rigor.run.claim.Verdict;
import org.rigor.run.study.StudyText;

/**
 * Every law of every {@code experiments/*}{@code /laws.yaml}, measured on the CPU. {@code LAWS.tsv}
 * lists what they found; it is committed, so that a change of a law is seen.
 */
class LawsTest {
  private static final Path COMMITTED = Path.of("LAWS.tsv");
  private static final String REGENERATE =
      "if the change is meant: mvn -pl experiments -am test -Dtest=LawsTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Drigor.laws=write, and commit"
          + " experiments/LAWS.tsv";

  /** A study of laws, one of its laws, and what it found. */
  private record Measured(String study, LawTrial trial, RecordingLab lab) {}

  private static List<Measured> measure() throws Exception {
    List<Path> files;
    try (Stream<Path> all = Files.walk(Path.of("."), 2)) {
      files = all.filter(p -> p.endsWith("laws.yaml")).sorted().toList();
    }
    assertThat(files).isNotEmpty();
    List<Callable<Measured>> work = new ArrayList<>();
    for (Path f : files) {
      TheoryFile study = TheoryFile.of(StudyText.read(f, List.of(), false));
      String name = Path.of(".").relativize(f).toString().replace('\\', '/');
      LawTrial.of(study.study(), "cpu", 0).forEach(t -> work.add(() -> measure(name, t)));
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Measured> out = new ArrayList<>();
      for (Future<Measured> f : threads.invokeAll(work)) {
        out.add(f.get());
      }
      return out;
    } finally {
      threads.shutdown();
    }
  }

  private static Measured measure(String study, LawTrial t) {
    try (Device cpu = Device.open("cpu")) {
      RecordingLab lab = new RecordingLab(cpu, t.seed());
      t.law().measure(lab);
      return new Measured(study, t, lab);
    } catch (RuntimeException e) {
      throw new IllegalStateException(study + ": " + t.label() + " failed", e);
    }
  }

  @Test
  void everyLawHoldsAndWouldSeeAWrongOne() throws Exception {
    List<Measured> all = measure();
    List<String> lines = new ArrayList<>();
    lines.add("law\trow\tsource\tequation\tstudy\tpredicted\tmeasured\ttolerance\tverdict");
    List<String> wrong = new ArrayList<>();
    for (Measured m : all) {
      if (m.lab().findings().isEmpty()) {
        wrong.add(m.trial().label() + " has no row");
      }
      for (Finding f : m.lab().findings()) {
        String where = "%s, %s".formatted(m.trial().label(), f.row());
        if (!f.agrees()) {
          wrong.add("%s: predicted %s, measured %s".formatted(where, f.predicted(), f.measured()));
        } else if (!f.discriminates()) {
          wrong.add(where + ": would not see a prediction 5 % (0.01) off; " + f.tolerance());
        }
        lines.add(line(m, f));
      }
    }
    judge(all, wrong);
    Path target = Path.of("target/LAWS.tsv");
    Files.createDirectories(target.getParent());
    Files.writeString(target, String.join("\n", lines) + "\n");
    assertThat(wrong).isEmpty();
    required(lines, wrong);
    assertThat(wrong).as("laws-required.tsv").isEmpty();
    if ("write".equals(System.getProperty("rigor.laws"))) {
      Files.copy(target, COMMITTED, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    committed(lines, wrong);
    assertThat(wrong).as(REGENERATE).isEmpty();
  }

  private static void judge(List<Measured> all, List<String> wrong) {
    Map<String, List<LawJudgement.Made>> claims = new LinkedHashMap<>();
    for (Measured m : all) {
      for (SeedClaim c : m.lab().claims()) {
        claims
            .computeIfAbsent(m.study(), s -> new ArrayList<>())
            .add(new LawJudgement.Made(m.trial().label(), c));
      }
    }
    for (List<LawJudgement.Made> of : claims.values()) {
      for (LawJudgement j : LawJudgement.judge(of)) {
        if (j.verdict() != Verdict.HOLDS) {
          wrong.add("%s, claim %s: %s".formatted(j.law(), j.claim().id(), j.verdict()));
        }
      }
    }
  }

  private static String line(Measured m, Finding f) {
    List<String> cells =
        List.of(
            m.trial().label(),
            f.row(),
            m.trial().law().source(),
            f.equation(),
            m.study(),
            number(f.predicted()),
            number(f.measured()),
            f.tolerance().why(),
            f.agrees() ? "agrees" : "disagrees");
    return String.join("\t", cells.stream().map(c -> c.replaceAll("\\s+", " ")).toList());
  }

  /** Six digits; what is below the noise of any prediction is zero. */
  private static String number(double v) {
    return Math.abs(v) < 1e-300 ? "0" : String.format(java.util.Locale.ROOT, "%.6g", v);
  }

  /** Rows and predictions are those that were committed; measurements may differ by rounding. */
  private static void committed(List<String> lines, List<String> wrong) throws IOException {
    List<String> before = Files.exists(COMMITTED) ? Files.readAllLines(COMMITTED) : List.of();
    List<String> now = lines.stream().map(LawsTest::essence).toList();
    List<String> then = before.stream().map(LawsTest::essence).toList();
    now.stream().filter(l -> !then.contains(l)).forEach(l -> wrong.add("not in LAWS.tsv: " + l));
    then.stream().filter(l -> !now.contains(l)).forEach(l -> wrong.add("only in LAWS.tsv: " + l));
  }

  private static String essence(String line) {
    String[] c = line.split("\t", -1);
    return c.length < 9 ? line : String.join(" | ", c[0], c[1], c[4], c[5], c[8]);
  }

  /** What the literature or a derivation says has its row, or the study that shows it. */
  private static void required(List<String> lines, List<String> wrong) throws IOException {
    List<String> text = Files.readAllLines(Path.of("src/test/resources/laws-required.tsv"));
    for (String line : text) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] c = line.split("\t", -1);
      if (c.length != 5) {
        wrong.add("5 columns, got %d: %s".formatted(c.length, line));
      } else if (c[3].startsWith("study:")) {
        if (!Files.isRegularFile(Path.of(c[3].substring(6)))) {
          wrong.add("%s (%s): no study %s".formatted(c[0], c[2], c[3]));
        }
      } else if (!c[3].equals("pending") && lines.stream().noneMatch(l -> shows(l, c))) {
        wrong.add("%s (%s): no row of %s matches '%s'".formatted(c[0], c[2], c[3], c[4]));
      }
    }
  }

  private static boolean shows(String line, String[] required) {
    List<String> cells = Arrays.asList(line.split("\t", -1));
    String law = cells.get(0).split(" ", 2)[0];
    return law.equals(required[3]) && Pattern.compile(required[4]).matcher(cells.get(1)).find();
  }
}
