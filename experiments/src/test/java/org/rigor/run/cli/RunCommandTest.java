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
import org.rigor.run.store.RunLock;
import org.rigor.run.store.RunRecord;

class RunCommandTest {
  @TempDir Path folder;
  private Path study;
  private Path out;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, Shell.STUDY);
    out = folder.resolve("runs");
  }

  @AfterEach
  void clear() {
    for (String p : List.of("rigor.engine", "rigor.terminal", "fake.diverge", "fake.capacity")) {
      System.clearProperty(p);
    }
  }

  private static List<Path> list(Path folder) throws Exception {
    try (Stream<Path> s = Files.list(folder)) {
      return s.sorted().toList();
    }
  }

  @Test
  void aRunLeavesTheWholeFolderAndASecondRunSkipsAll() throws Exception {
    Shell.Result first = Shell.run("run", study, "--out", out);
    assertThat(first.exit()).as(first.err()).isZero();
    Path run = out.resolve("small");
    for (String f :
        List.of(
            "spec.yaml",
            "resolved.yaml",
            "provenance.json",
            "metrics.jsonl",
            "report.html",
            "claims.json",
            "figures/1-bracket.svg",
            "figures/4-history.svg")) {
      assertThat(run.resolve(f)).isNotEmptyFile();
    }
    assertThat(list(run.resolve("trials"))).hasSize(10);
    assertThat(list(run.resolve("models"))).hasSize(10);
    assertThat(first.out())
        .contains("pgd, certified (crown)")
        .contains("(a) gains 20 points  HOLDS")
        .contains("report   " + run.resolve("report.html"))
        .contains("try      ./rigor run " + study + " training.methods.pgd.epsilon=0.067")
        .contains("then     ./rigor compare");
    long before = Files.getLastModifiedTime(list(run.resolve("trials")).get(0)).toMillis();
    Shell.Result second = Shell.run("run", study, "--out", out);
    assertThat(second.exit()).isZero();
    assertThat(second.err()).contains("10 of 10 trials are finished already and are skipped");
    assertThat(Files.getLastModifiedTime(list(run.resolve("trials")).get(0)).toMillis())
        .isEqualTo(before);
    assertThat(second.out()).isEqualTo(first.out());
  }

  @Test
  void theReportIsOneFileWithoutNetworkAndWithItsTextEscaped() throws Exception {
    Files.writeString(
        study,
        Shell.STUDY.replace("name: small", "name: small\ntitle: '<script>alert(1)</script> & co'"));
    Shell.run("run", study, "--out", out);
    String html = Files.readString(out.resolve("small/report.html"));
    assertThat(html).contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; co");
    assertThat(html).doesNotContain("<script").doesNotContain("src=\"http").doesNotContain("<link");
    assertThat(html.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http:");
  }

  @Test
  void theResolvedStudyReadsBackAsTheSameTrials() throws Exception {
    Shell.run("run", study, "--out", out);
    Path resolved = folder.resolve("resolved.yaml");
    Files.copy(out.resolve("small/resolved.yaml"), resolved);
    Shell.Result plan = Shell.run("plan", resolved, "--out", out);
    assertThat(plan.out()).contains("trials   10: 10 finished, 0 to run");
  }

  @Test
  void moreSeedsRunOnlyTheNewOnesAndOtherRunsAreUsed() throws Exception {
    Shell.run("run", study, "--out", out);
    Shell.Result more = Shell.run("run", study, "sweep.seeds=6", "--out", out);
    assertThat(more.exit()).isZero();
    assertThat(more.err())
        .contains("10 trials were finished by other runs")
        .contains("10 of 12 trials are finished already");
    assertThat(list(out.resolve("small+sweep.seeds=6/trials"))).hasSize(12);
    String cell = "</td><td class=\"l\">";
    String command = "./rigor run " + study;
    assertThat(Files.readString(out.resolve("small+sweep.seeds=6/report.html")))
        .contains(cell + command + " --out " + out + ", in small" + cell)
        .contains("<td>10</td></tr>")
        .contains(cell + command + " sweep.seeds=6 --out " + out + cell)
        .contains("<td>2</td></tr>");
    assertThat(list(out.resolve("small+sweep.seeds=6/models"))).hasSize(12);
    assertThat(out.resolve("small+sweep.seeds=6/metrics.jsonl")).content().hasLineCount(36);
  }

  @Test
  void planSaysWhatRunDoesWithTheResultsOfOtherRuns() {
    Shell.run("run", study, "--out", out);
    for (List<String> change :
        List.of(List.<String>of(), List.of("sweep.seeds=7"), List.of("sweep.seeds=[4,8]"))) {
      Object[] plan =
          Stream.concat(Stream.of("plan", study, "--out", out), change.stream()).toArray();
      String planned = Shell.run(plan).out();
      plan[0] = "run";
      String did = Shell.run(plan).err();
      int beside = number(did, "(\\d+) trials were finished by other runs");
      int stored = number(did, "(\\d+) of \\d+ trials are finished already");
      int all = number(planned, "trials   (\\d+):");
      assertThat(number(planned, "(\\d+) finished by other runs")).isEqualTo(beside);
      assertThat(number(planned, "(\\d+) finished[, ]")).isEqualTo(stored - beside);
      assertThat(number(planned, "(\\d+) to run")).isEqualTo(all - stored);
    }
  }

  private static int number(String text, String pattern) {
    var m = java.util.regex.Pattern.compile(pattern).matcher(text);
    return m.find() ? Integer.parseInt(m.group(1)) : 0;
  }

  @Test
  void armsThatConfigureTheSameShareTrialsAndAreAllShown() throws Exception {
    String twins =
        Shell.STUDY
            .replace("- {type: standard}", "- {type: pgd, name: one, epsilon: 0.1}")
            .replace("- {type: pgd, epsilon: 0.1}", "- {type: pgd, name: two, epsilon: 0.1}")
            .replace("of: pgd, minus: standard", "of: two, minus: one");
    Files.writeString(study, twins);
    Shell.Result plan = Shell.run("plan", study, "--out", out);
    assertThat(plan.out()).contains("trials   5:", "shared   two has the trials of one");
    Shell.Result run = Shell.run("run", study, "--out", out);
    assertThat(run.out())
        .as("a gain of 0 is not one of 20 points")
        .contains("one, attacked (pgd)", "two, attacked (pgd)", "seeds, n = 5")
        .doesNotContain("HOLDS");
  }

  @Test
  void anArmThatTheGridDoesNotChangeIsJudgedAtEveryPointOfIt() throws Exception {
    Files.writeString(
        study,
        Shell.STUDY.replace(
            "sweep: {seeds: 5}",
            "sweep: {seeds: 5, grid: {training.methods.pgd.epsilon: [0.1, 0.2]}}"));
    Shell.Result run = Shell.run("run", study, "--out", out);
    JsonObject[] claims =
        new com.google.gson.Gson()
            .fromJson(Files.readString(out.resolve("small/claims.json")), JsonObject[].class);
    assertThat(claims).hasSize(2);
    assertThat(run.out()).contains("seeds, n = 5").doesNotContain(", n = 0");
    assertThat(list(out.resolve("small/trials"))).hasSize(15);
  }

  @Test
  void aDamagedTrialIsSetAsideAndRedone() throws Exception {
    Shell.run("run", study, "--out", out);
    List<Path> trials = list(out.resolve("small/trials"));
    String whole = Files.readString(trials.get(0));
    Files.writeString(trials.get(0), whole.substring(0, whole.length() / 2));
    Files.writeString(
        trials.get(1), Files.readString(trials.get(1)).replace("\"seed\":", "\"sead\":"));
    Files.writeString(trials.get(2), whole);
    Shell.Result again = Shell.run("run", study, "--out", out);
    assertThat(again.exit()).isZero();
    assertThat(again.err()).contains("is damaged on disk").contains("7 of 10 trials are finished");
    assertThat(Files.readString(trials.get(0))).isEqualTo(whole);
    assertThat(list(out.resolve("small/trials"))).hasSize(13);
  }

  @Test
  void manyOverridesMakeAShortNameAndAreListedInTheReport() throws Exception {
    List<String> changes =
        List.of(
            "sweep.seeds=1",
            "training.optimiser.learning-rate=0.05",
            "measurements[0].epsilons=[0, 0.1, 0.15, 0.2]",
            "measurements[1].epsilons=[0, 0.1, 0.15, 0.2]");
    List<Object> words = new java.util.ArrayList<>(List.of("run", study, "--out", out));
    words.addAll(changes);
    assertThat(Shell.run(words.toArray()).exit()).isZero();
    words.set(words.size() - 1, "measurements[1].epsilons=[0, 0.1, 0.15, 0.25]");
    Shell.run(words.toArray());
    List<Path> runs = list(out);
    assertThat(runs).hasSize(2);
    for (Path run : runs) {
      assertThat(run.getFileName().toString())
          .matches(
              "small\\+sweep.seeds=1\\+training.optimiser.learning-rate=0.05\\+2-more-[0-9a-f]{8}");
    }
    String html = Files.readString(runs.get(0).resolve("report.html"));
    assertThat(html).contains("Changed from the file: sweep.seeds=1; training.optimiser", "0.15");
  }

  @Test
  void aBracketIsCalledAfterWhatItShows() throws Exception {
    Shell.run("run", study, "--out", out);
    Path figure = out.resolve("small/figures/1-bracket.svg");
    assertThat(figure).content().contains("lies in the shaded band", "fill-opacity");
    Shell.Result attacked =
        Shell.run(
            "run",
            study,
            "name=attacked",
            "measurements=[{type: pgd-curve, epsilons: [0, 0.1]}]",
            "claims=[]",
            "figures=[bracket]",
            "--out",
            out);
    assertThat(attacked.exit()).as(attacked.err()).isZero();
    try (Stream<Path> runs = Files.walk(out)) {
      Path alone =
          runs.filter(p -> p.toString().contains("attacked") && p.endsWith("1-bracket.svg"))
              .findFirst()
              .orElseThrow();
      assertThat(alone)
          .content()
          .contains("Accuracy under attack")
          .doesNotContain("shaded", "fill-opacity");
    }
  }

  @Test
  void forceRunsAllAgain() throws Exception {
    Shell.run("run", study, "--out", out);
    assertThat(Shell.run("run", study, "--out", out, "--force").err()).doesNotContain("skipped");
  }

  /** Who asks for all to be made again wants no result that another run made. */
  @Test
  void forceTakesNothingOverFromOtherRuns() throws Exception {
    Shell.run("run", study, "--out", out);
    Path manifest = out.resolve("small/manifest.jsonl");
    String before = Files.readString(manifest);
    Shell.Result forced = Shell.run("run", study, "sweep.seeds=6", "--out", out, "--force");
    assertThat(forced.exit()).isZero();
    assertThat(forced.err()).doesNotContain("other runs").doesNotContain("skipped");
    assertThat(list(out.resolve("small+sweep.seeds=6/trials"))).hasSize(12);
    assertThat(manifest).as("the other run is left as it is").content().isEqualTo(before);
  }

  @Test
  void aDivergingTrialIsANamedOutcomeAndTheOthersGoOn() throws Exception {
    System.setProperty("fake.diverge", "3");
    Shell.Result r = Shell.run("run", study, "--out", out);
    assertThat(r.exit()).isEqualTo(1);
    assertThat(r.err()).contains("(pgd, seed 3) diverged: loss is infinite at step 3");
    assertThat(r.out())
        .contains("2 trials diverged; the first: loss is infinite at step 3")
        .contains("needs at least 5 seeds, has 4");
    assertThat(RunRecord.open(out.resolve("small")).results()).hasSize(10);
  }

  @Test
  void aPackThatDoesNotFitIsHalved() {
    System.setProperty("fake.capacity", "3");
    Shell.Result r = Shell.run("run", study, "--out", out);
    assertThat(r.exit()).isZero();
    assertThat(r.err()).contains("a pack of 10 trials is too large (needs 10 rows, has 3): halved");
    System.setProperty("fake.capacity", "0");
    Shell.Result none = Shell.run("run", study, "--out", out, "--force");
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.out()).contains("10 trials out of memory");
  }

  @Test
  void aViolatedClaimIsExitCodeOne() {
    Shell.Result r = Shell.run("run", study, "claims[0].value=0.9", "--out", out);
    assertThat(r.out()).contains("VIOLATED");
    assertThat(r.exit()).isEqualTo(1);
    Shell.Result few = Shell.run("run", study, "sweep.seeds=2", "--out", out);
    assertThat(few.out()).contains("UNDECIDED: needs at least 5 seeds, has 2");
    assertThat(few.exit()).isZero();
  }

  @Test
  void twoProcessesOnOneFolderIsAClearMessage() {
    RunFolder taken = RunFolder.create(out.resolve("small"));
    try (RunLock lock = RunLock.claim(taken)) {
      assertThat(lock).isNotNull();
      Shell.Result r = Shell.run("run", study, "--out", out);
      assertThat(r.exit()).isEqualTo(3);
      assertThat(r.err())
          .contains("the run folder " + out.resolve("small") + " is in use by process ")
          .contains("choose another with --out DIR")
          .doesNotContain("\tat ");
    }
    assertThat(Shell.run("run", study, "--out", out).exit()).isZero();
  }

  @Test
  void whatCannotBeDoneIsSaidInOneMessage() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    Shell.Result unwritable = Shell.run("run", study, "--out", file);
    assertThat(unwritable.exit()).isEqualTo(3);
    assertThat(unwritable.err()).contains("cannot write to the run folder").contains("--out DIR");
    Shell.Result cuda = Shell.run("run", study, "--out", out, "--device", "cuda");
    assertThat(cuda.exit()).isEqualTo(3);
    assertThat(cuda.err()).isEqualTo("rigor: no CUDA device: looked for libcuda.so.1\n");
    Shell.Result absent = Shell.run("run", folder.resolve("no.yaml"));
    assertThat(absent.exit()).isEqualTo(4);
    assertThat(absent.err()).contains("no study at");
    Shell.Result wrong = Shell.run("run", study, "training.epochs=-1", "--out", out);
    assertThat(wrong.exit()).isEqualTo(2);
    assertThat(wrong.err())
        .startsWith("rigor: <override>: training.epochs: must be >= 1")
        .contains("1 problem; nothing was run");
    assertThat(Shell.run("rum").exit()).isEqualTo(2);
    assertThat(Shell.run("run", study, "--devise", "cpu").err()).contains("--device");
    assertThat(Shell.run("compare", folder, folder).exit()).isEqualTo(4);
    assertThat(Shell.run("explain", "training.epocs").err())
        .startsWith("rigor: no key 'epocs'; did you mean 'epochs'?");
    Shell.Result epsilon = Shell.run("attack", "--model", file, "--data", file, "--epsilon", "nan");
    assertThat(epsilon.exit()).isEqualTo(2);
    assertThat(epsilon.err()).contains("must be finite, got nan");
  }

  @Test
  void eventsAreOneJsonObjectALine() {
    Shell.Result r = Shell.run("run", study, "--out", out, "--json");
    List<JsonObject> events =
        r.out().lines().map(l -> JsonParser.parseString(l).getAsJsonObject()).toList();
    assertThat(events.stream().map(e -> e.get("event").getAsString()).distinct())
        .contains("start", "pack", "phase", "trial", "end");
    assertThat(events.get(events.size() - 1).get("exit").getAsInt()).isZero();
  }

  @Test
  void compareShowsTheDifferenceWithTests() {
    Shell.run("run", study, "--out", out);
    Shell.run("run", study, "training.methods.pgd.epsilon=0.05", "--out", out);
    Shell.Result r =
        Shell.run(
            "compare",
            out.resolve("small"),
            out.resolve("small+training.methods.pgd.epsilon=0.05"));
    assertThat(r.exit()).isZero();
    assertThat(r.out())
        .containsPattern("training.methods\\[1\\].epsilon +0.1 +0.05")
        .contains("attacked at 0.1")
        .contains("p over seeds");
  }

  @Test
  void theOtherCommandsAnswer() {
    Shell.run("run", study, "--out", out);
    assertThat(Shell.run("list", "--studies", folder, "--out", out).out())
        .contains("10 of 10 trials");
    assertThat(Shell.run("doctor").out()).contains("fix: install a driver");
    assertThat(Shell.run("report", out.resolve("small")).exit()).isZero();
    for (String c :
        List.of(
            "run",
            "plan",
            "list",
            "report",
            "compare",
            "attack",
            "distance",
            "lipschitz",
            "certify",
            "bench",
            "explain",
            "doctor")) {
      Shell.Result help = Shell.run(c, "--help");
      assertThat(help.exit()).isZero();
      assertThat(help.out()).contains("Example:  ./rigor " + c);
    }
  }
}
