// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;

/** Studies of laws, and several studies in one command. */
class TheoryCommandTest {
  static final String LAWS =
      """
      type: theory
      name: halves
      title: Zeno & <co>
      laws:
        - type: test:halves
        - {type: test:halves, terms: 50}
      smoke: {'laws[1].terms': 45}
      """;

  @TempDir Path folder;
  private Path study;
  private Path out;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Files.writeString(folder.resolve("laws.yaml"), LAWS);
    out = folder.resolve("runs");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private static List<Path> list(Path folder) throws Exception {
    try (Stream<Path> s = Files.list(folder)) {
      return s.sorted().toList();
    }
  }

  private Path network() throws Exception {
    return Shell.study(folder, Shell.STUDY + "smoke: {sweep.seeds: 2, training.epochs: 1}\n");
  }

  @Test
  void lawsLeaveTheWholeFolderAndASecondRunSkipsThem() throws Exception {
    Shell.Result first = Shell.run("run", study, "--out", out);
    assertThat(first.exit()).as(first.err()).isZero();
    Path run = out.resolve("halves");
    for (String f :
        List.of(
            "spec.yaml",
            "resolved.yaml",
            "provenance.json",
            "laws.tsv",
            "claims.json",
            "report.html",
            "figures/test-H-terms-40-sum.svg",
            "figures/test-H-terms-50-sum.svg")) {
      assertThat(run.resolve(f)).isNotEmptyFile();
    }
    assertThat(list(run.resolve("laws"))).hasSize(2);
    assertThat(run.resolve("trials")).doesNotExist();
    assertThat(first.out())
        .containsPattern(
            "test/H terms=40 +sum +1 +1 +-9.1e-13 +1.0e-06 \\(1e-06 relative\\) +agrees")
        .contains("test/H terms=50 (m): The values are near their mean.  HOLDS")
        .contains("2 of 2 laws measured, 2 rows: all agree")
        .contains("report   " + run.resolve("report.html"));
    assertThat(Files.readString(run.resolve("laws.tsv")))
        .startsWith("law\tsource\trow\tequation\tpredicted\tmeasured\tdifference\tallowed\t")
        .contains("test/H terms=50\tZeno\tsum\tsum of 2^-k = 1\t1.0\t0.9999999999999991\t");
    String html = Files.readString(run.resolve("report.html"));
    assertThat(html)
        .contains("Zeno &amp; &lt;co&gt;", "Halves add up to &lt;one&gt; &amp; no more")
        .contains("./rigor run " + study + " --out " + out + "</td>", "<td>2</td></tr>");
    Shell.Result second = Shell.run("run", study, "--out", out);
    assertThat(second.err()).contains("2 of 2 laws are finished already and are skipped");
    assertThat(second.out()).isEqualTo(first.out());
    Path law = list(run.resolve("laws")).get(0);
    Files.writeString(law, Files.readString(law).replace("\"seed\":0", "\"seed\":1"));
    assertThat(Shell.run("run", study, "--out", out).err()).contains("1 of 2 laws are finished");
    assertThat(Shell.run("run", study, "--out", out, "--force").err()).doesNotContain("skipped");
    assertThat(Shell.run("report", run).out()).isEqualTo(first.out());
  }

  @Test
  void aWrongPredictionAFailedLawAndAViolatedClaimAreExitCodeOne() throws Exception {
    Shell.Result wrong = Shell.run("run", study, "laws[0].sum=1.05", "--out", out);
    assertThat(wrong.exit()).isEqualTo(1);
    assertThat(wrong.err()).contains("1 of 1 rows disagree");
    assertThat(wrong.out()).contains("2 rows: 1 DISAGREE").containsPattern("1.05 .* disagrees");
    Shell.Result violated = Shell.run("run", study, "laws[0].mean=0.1", "--out", out);
    assertThat(violated.exit()).isEqualTo(1);
    assertThat(violated.out())
        .contains("test/H mean=0.1,terms=40 (m): The values are near their mean.  VIOLATED");
    Shell.Result thrown =
        Shell.run("run", study, "laws=[{type: test:throws}, {type: test:halves}]", "--out", out);
    assertThat(thrown.exit()).isEqualTo(1);
    assertThat(thrown.err())
        .contains("test/T failed: IllegalStateException: the matrix is singular");
    assertThat(thrown.out())
        .contains("1 of 2 laws measured, 1 rows: all agree")
        .contains("test/T FAILED: IllegalStateException: the matrix is singular");
  }

  @Test
  void planExplainListAndEventsKnowLaws() throws Exception {
    assertThat(Shell.run("plan", study, "--out", out).out())
        .contains("laws     2: 0 finished, 2 to run")
        .contains("test/H terms=50: Halves add up");
    Shell.run("run", study, "--out", out);
    assertThat(Shell.run("list", "--studies", folder, "--out", out).out())
        .contains("2 of 2 laws, 0 disagree");
    assertThat(Shell.run("explain", "laws.test:halves.terms").out()).contains("default 40");
    assertThat(Shell.run("explain").out()).contains("type: theory", "laws  (list of mapping");
    assertThat(JsonParser.parseString(Shell.run("explain", "--json-schema").out()).toString())
        .contains("\"if\"", "test:halves");
    Shell.Result r = Shell.run("run", study, "--force", "--json", "--out", out);
    List<JsonObject> events =
        r.out().lines().map(l -> JsonParser.parseString(l).getAsJsonObject()).toList();
    assertThat(events.stream().map(e -> e.get("event").getAsString()).distinct())
        .contains("start", "phase", "law", "end");
    assertThat(events.get(events.size() - 1).get("rows").getAsInt()).isEqualTo(2);
  }

  @Test
  void resolvedLawsReadBackAsTheSame() throws Exception {
    Shell.run("run", study, "--smoke", "--out", out);
    Path resolved = folder.resolve("resolved.yaml");
    Files.copy(out.resolve("halves+smoke/resolved.yaml"), resolved);
    assertThat(Shell.run("plan", resolved, "name=halves+smoke", "--out", out).exit()).isEqualTo(2);
    Shell.Result again = Shell.run("run", resolved, "--out", out);
    assertThat(again.err()).contains("2 laws were finished by other runs");
    Shell.Result forced = Shell.run("run", resolved, "name=third", "--force", "--out", out);
    assertThat(forced.err()).doesNotContain("other runs").doesNotContain("skipped");
  }

  @Test
  void severalStudiesAndFoldersEndWithOneTable() throws Exception {
    network();
    Path empty = Files.createDirectories(folder.resolve("src"));
    Shell.Result r = Shell.run("run", folder, empty, "--smoke", "--out", out);
    assertThat(r.exit()).as(r.err() + r.out()).isZero();
    assertThat(r.err()).contains("no study in " + empty);
    assertThat(r.out())
        .contains("==== " + study + " (1 of 2)")
        .containsPattern("halves +2 of 2 rows agree +2 of 2 +\\d")
        .containsPattern("small +4 of 4 trials +0 of 1, 1 undecided +\\d")
        .contains("2 studies in ");
    assertThat(list(out).stream().map(p -> p.getFileName().toString()))
        .containsExactly("halves+smoke", "small+smoke");
    Shell.Result json = Shell.run("run", folder, "--smoke", "--json", "--out", out);
    List<String> lines = json.out().lines().toList();
    JsonObject last = JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
    assertThat(last.getAsJsonArray("studies")).hasSize(2);
  }

  @Test
  void theExitCodeIsTheWorst() throws Exception {
    network();
    Files.writeString(study, LAWS.replace("terms: 50", "terms: 50, sum: 2"));
    Shell.Result r = Shell.run("run", folder, "--smoke", "--out", out);
    assertThat(r.exit()).isEqualTo(1);
    assertThat(r.out()).containsPattern("halves +1 of 2 rows agree +2 of 2 +\\S+ s +1\n");
  }

  @Test
  void nothingRunsIfOneFileIsWrong() throws Exception {
    network();
    Files.writeString(
        folder.resolve("bad.yaml"),
        """
        type: theory
        name: bad
        laws: [{type: test:halvs}, {type: test:halves, terms: 99}, {type: test:halves, tems: 3}]
        """);
    Shell.Result r = Shell.run("run", folder, "--out", out);
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err())
        .contains("bad.yaml:3:15: laws[0].type: expected one of", "did you mean 'test:halves'?")
        .contains("laws[1].terms: must be >= 1 and <= 60, got 99")
        .contains("unknown key 'laws[2].tems'; did you mean 'terms'?")
        .contains("3 problems; nothing was run");
    assertThat(out).doesNotExist();
  }

  @Test
  void compareShowsRowsOfBoth() throws Exception {
    Shell.run("run", study, "--out", out);
    Shell.run("run", study, "laws[0].sum=1.1", "--out", out);
    Path a = out.resolve("halves");
    Shell.Result r = Shell.run("compare", a, out.resolve("halves+laws_0_.sum=1.1"));
    assertThat(r.exit()).isZero();
    assertThat(r.out())
        .containsPattern("laws\\[0\\].sum +1 +1.1")
        .contains("only in A: test/H terms=40, sum");
    Shell.run("run", network(), "--out", out);
    Shell.Result mixed = Shell.run("compare", a, out.resolve("small"));
    assertThat(mixed.exit()).isEqualTo(2);
    assertThat(mixed.err()).contains("is a run of laws, the other is not");
  }

  @Test
  void theListSaysClaimSourceSizeAndLastResultAndTheIndexHasFigures() throws Exception {
    Path studies = Files.createDirectories(folder.resolve("studies/paper"));
    Files.writeString(
        studies.resolve("laws.yaml"),
        "# Claim:    Halves add\n#           up.\n# Source:   Zeno\n# Run time: 1 s.\n" + LAWS);
    Files.writeString(studies.resolve("broken.yaml"), "type: theory\n");
    Path all = folder.resolve("studies");
    assertThat(Shell.run("list", "--studies", all, "--out", out).out())
        .contains("claim    Halves add up.", "source   Zeno", "size     2 laws; 1 s.")
        .contains("last     no run in " + out, "2 problems; './rigor plan' shows them");
    Shell.run("run", studies.resolve("laws.yaml"), "--smoke", "--out", out);
    assertThat(Shell.run("list", "--studies", all, "--out", out).out())
        .containsPattern(
            "last     2 of 2 rows agree; claims that hold: 2 of 2; \\d{4}-.*, cpu, small size, in"
                + " ");
    Path page = all.resolve("README.md");
    assertThat(Shell.run("list", "--studies", all, "--out", out, "--index", page).exit()).isZero();
    assertThat(page)
        .content()
        .contains(
            "## paper",
            "### Zeno &amp; &lt;co>",
            "[paper/laws.yaml](paper/laws.yaml)",
            "- Claim: Halves add up.")
        .contains("<img src=\"figures/halves.svg\" width=\"480\" alt=\"Zeno &amp; &lt;co>\">");
    assertThat(all.resolve("figures/halves.svg")).content().startsWith("<svg");
  }

  @Test
  void partsAreTakenTogether() throws Exception {
    network();
    for (String part : List.of("1/3", "2/3", "3/3")) {
      Shell.Result r = Shell.run("run", folder, "--shard", part, "--out", out);
      assertThat(r.exit()).as(r.err() + r.out()).isZero();
      assertThat(r.out()).contains("part " + part + " of the trials: no claim counts");
    }
    assertThat(list(out)).hasSize(6);
    Shell.Result whole = Shell.run("run", folder, "--out", out);
    assertThat(whole.exit()).isZero();
    assertThat(whole.err())
        .contains("10 trials were finished by other runs", "2 laws were finished by other runs");
    assertThat(whole.out()).containsPattern("small +10 of 10 trials +1 of 1");
    for (String wrong : List.of("3/2", "0/2", "1", "a/b", "1/2/3", "-1/2")) {
      Shell.Result r = Shell.run("run", study, "--shard=" + wrong, "--out", out);
      assertThat(r.exit()).isEqualTo(2);
      assertThat(r.err()).contains("expected i/n with 1 <= i <= n, got '" + wrong + "'");
    }
  }

  @Test
  void aRunIsReproducedBitForBit() throws Exception {
    Path network = network();
    Shell.run("run", study, "laws[0].terms=30", "--out", out);
    Path run = out.resolve("halves+laws_0_.terms=30");
    Shell.Result same = Shell.run("reproduce", run);
    assertThat(same.exit()).as(same.err() + same.out()).isZero();
    assertThat(same.out()).contains("10 results compared, bit for bit: reproduced");
    assertThat(same.out()).containsPattern("differs in +before +again\n-+\nnothing");
    Path law =
        list(run.resolve("laws")).stream()
            .filter(p -> read(p).contains("\"terms\":30"))
            .findFirst()
            .orElseThrow();
    RunFolder folder = RunFolder.at(run);
    TheoryRecord record = TheoryRecord.open(run);
    LawTrial trial =
        record.trials().stream()
            .filter(t -> law.endsWith(t.id() + ".json"))
            .findFirst()
            .orElseThrow();
    LawResult r = record.results().get(trial.id());
    Finding f = r.findings().get(0);
    double ulp = Math.nextUp(f.measured());
    folder.saveLaw(
        trial,
        new LawResult(
            r.id(),
            1,
            List.of(new Finding(f.row(), f.equation(), f.predicted(), ulp, f.tolerance())),
            r.claims(),
            r.reports(),
            r.charts()));
    Shell.Result other = Shell.run("reproduce", run);
    assertThat(other.exit()).isEqualTo(1);
    assertThat(other.out()).contains("1 DIFFER").containsPattern("terms=30, sum +" + ulp);
    Shell.run("run", network, "--out", out);
    Shell.Result trials = Shell.run("reproduce", out.resolve("small"));
    assertThat(trials.exit()).as(trials.err() + trials.out()).isZero();
    assertThat(trials.out()).containsPattern("\\d+ results compared, bit for bit: reproduced");
    assertThat(Shell.run("reproduce", this.folder).exit()).isEqualTo(4);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whatIsNoStudyIsSaid() throws Exception {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Shell.Result none = Shell.run("run", empty);
    assertThat(none.exit()).isEqualTo(4);
    assertThat(none.err()).contains("no study (*.yaml) directly in " + empty);
    assertThat(Shell.run("run", "training.epochs=3").err())
        .contains("no study given, only changes: training.epochs=3");
    Files.writeString(study, LAWS.replace("type: theory", "type: teory"));
    assertThat(Shell.run("run", study).err())
        .contains("laws.yaml:1:7: type: expected theory, or no 'type' for a study of networks");
    Files.writeString(study, LAWS.replace("laws[1].terms", "laws[9].terms"));
    assertThat(Shell.run("run", study).err()).contains("no element '9'");
    Files.writeString(study, LAWS.replace("': 45", "': 99"));
    assertThat(Shell.run("run", study).err()).contains("laws.yaml:7:26: laws[1].terms: must be");
    Path twin = Files.writeString(folder.resolve("twin.yaml"), LAWS);
    Files.writeString(study, LAWS);
    assertThat(Shell.run("run", study, twin).err()).contains("are both called 'halves'");
    assertThat(Shell.run("report", empty).exit()).isEqualTo(4);
  }
}
