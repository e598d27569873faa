// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;

/** What is damaged in a run folder is named by every command that reads it, and left out. */
class IntegrityTest {
  private static final String STUDY =
      Shell.STUDY.replace("seeds: 5", "seeds: 2").replace("value: 0.2", "value: 0");

  @TempDir Path folder;
  private Path study;
  private Path out;
  private Path run;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, STUDY);
    out = folder.resolve("runs");
    run = out.resolve("small");
    assertThat(Shell.run("run", study, "--out", out).exit()).isZero();
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> s = Files.list(folder)) {
      return s.sorted().toList();
    }
  }

  private Path trial(int i) throws IOException {
    return list(run.resolve("trials")).get(i);
  }

  private String name(int i) throws IOException {
    return "trials/" + trial(i).getFileName();
  }

  private static void cut(Path file, int bytes) throws IOException {
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), bytes));
  }

  private JsonObject provenance() throws IOException {
    return JsonParser.parseString(Files.readString(run.resolve("provenance.json")))
        .getAsJsonObject();
  }

  @Test
  void aTrialCutShortIsNamedByEveryCommand() throws Exception {
    Shell.run("run", study, "sweep.seeds=3", "--out", out);
    String name = name(0);
    cut(trial(0), 400);
    Shell.Result report = Shell.run("report", run);
    assertThat(report.exit()).isEqualTo(4);
    assertThat(report.out())
        .contains("damaged  " + name + ": it has 400 bytes")
        .contains("1 of 4 trials have no result that can be used");
    assertThat(Files.readString(run.resolve("report.html"))).contains(name + ": it has 400");
    Shell.Result listed = Shell.run("list", "--studies", folder.resolve("none"), "--out", out);
    assertThat(listed.exit()).isEqualTo(4);
    assertThat(listed.out())
        .contains("3 of 4 trials, 0 failed")
        .contains(run.resolve(name) + ": it has 400 bytes");
    Shell.Result compare = Shell.run("compare", run, out.resolve("small+sweep.seeds=3"));
    assertThat(compare.exit()).isEqualTo(4);
    assertThat(compare.out()).contains("damaged  " + name, "A has 1 damaged files");
    Shell.Result again = Shell.run("reproduce", run);
    assertThat(again.exit()).isEqualTo(4);
    assertThat(again.out())
        .contains("damaged  " + name)
        .containsPattern("\\d+ results compared, bit for bit: reproduced, but 1 damaged");
    Shell.Result rerun = Shell.run("run", study, "--out", out);
    assertThat(rerun.exit()).isZero();
    assertThat(rerun.err()).contains(name + " is damaged on disk (it has 400 bytes");
    assertThat(Shell.run("report", run).exit()).isZero();
  }

  @Test
  void nothingLeftToCompareIsNoReproduction() throws Exception {
    for (int i = 0; i < 4; i++) {
      cut(trial(i), 100);
    }
    Shell.Result r = Shell.run("reproduce", run);
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("nothing to compare: 4 of 4 trials are damaged");
    assertThat(out.resolve("small+again")).doesNotExist();
  }

  @Test
  void aNumberChangedWithItsChecksumDiffersAndIsNamed() throws Exception {
    String text = Files.readString(trial(0));
    String changed =
        text.replaceFirst(
            "\"lipschitz-upper\":\\{\"value\":[0-9.]+", "\"lipschitz-upper\":{\"value\":99.5");
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(trial(0), sealed(changed));
    Shell.Result r = Shell.run("reproduce", run);
    assertThat(r.exit()).isEqualTo(1);
    assertThat(r.out())
        .containsPattern("lipschitz-upper +99.5 +[0-9.]+ +equal bits")
        .contains("damaged  " + name(0) + ": ");
    assertThat(Shell.run("report", run).exit()).isEqualTo(4);
  }

  /** With a checksum of its own that is right again. */
  private static String sealed(String text) {
    JsonObject o = JsonParser.parseString(text).getAsJsonObject();
    o.remove("checksum");
    o.addProperty(
        "checksum", org.rigor.io.Sha256.of(o.toString().getBytes(StandardCharsets.UTF_8)));
    return o + "\n";
  }

  @Test
  void aNumberThatContradictsItsOwnFileIsDamage() throws Exception {
    Files.delete(run.resolve("manifest.jsonl"));
    JsonObject o = JsonParser.parseString(Files.readString(trial(0))).getAsJsonObject();
    JsonArray survived =
        o.getAsJsonArray("curves").get(0).getAsJsonObject().getAsJsonArray("survived");
    int before = survived.get(0).getAsInt();
    survived.set(0, new com.google.gson.JsonPrimitive(before == 0 ? 1 : 0));
    Files.writeString(trial(0), sealed(o.toString()));
    JsonObject p = JsonParser.parseString(Files.readString(trial(1))).getAsJsonObject();
    JsonObject clean = new JsonObject();
    clean.addProperty("value", 0.5);
    clean.addProperty("kind", "bound");
    clean.addProperty("method", "argmax-f64");
    p.getAsJsonObject("scalars").add("clean-accuracy", clean);
    Files.writeString(trial(1), sealed(p.toString()));
    Shell.Result r = Shell.run("report", run);
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.out())
        .contains(name(0) + ": at curves[0]", "the samples that survive make")
        .contains(name(1) + ": ", "clean-accuracy is 0.5, but ");
  }

  @Test
  void everythingStoredIsCompared() throws Exception {
    Path metrics = run.resolve("metrics.jsonl");
    String lines = Files.readString(metrics);
    Files.writeString(metrics, lines.replaceFirst("\"loss\":[0-9.]+", "\"loss\":9.75"));
    Path claims = run.resolve("claims.json");
    Files.writeString(
        claims,
        Files.readString(claims)
            .replaceFirst("\"estimate\": [-0-9.]+", "\"estimate\": 0.75")
            .replaceFirst("undecided", "holds"));
    Path model = list(run.resolve("models")).get(0);
    Files.writeString(model, "x", StandardOpenOption.APPEND);
    Shell.Result r = Shell.run("reproduce", run);
    assertThat(r.exit()).isEqualTo(1);
    assertThat(r.out())
        .contains("9.75", "claim a, estimate", "holds", ", network", "4 DIFFER")
        .contains("damaged  metrics.jsonl", "damaged  claims.json", "damaged  models/");
  }

  @Test
  void aRunThatMadeNothingLeavesProvenanceAsItWas() throws Exception {
    String first = Files.readString(run.resolve("provenance.json"));
    assertThat(provenance().getAsJsonArray("runs")).hasSize(1);
    Shell.run("run", study, "--out", out, "--packs", 1);
    assertThat(run.resolve("provenance.json")).hasContent(first);
    String removed = trial(1).getFileName().toString().replace(".json", "");
    Files.delete(trial(1));
    Shell.run("run", study, "--out", out, "--packs", 2);
    JsonArray runs = provenance().getAsJsonArray("runs");
    assertThat(runs).hasSize(2);
    JsonObject second = runs.get(1).getAsJsonObject();
    assertThat(second.get("command").toString()).contains("\"--packs\",\"2\"");
    assertThat(second.getAsJsonArray("trials").toString()).isEqualTo("[\"" + removed + "\"]");
    assertThat(runs.get(0).getAsJsonObject().getAsJsonArray("trials")).hasSize(4);
    assertThat(provenance().get("command")).isEqualTo(runs.get(0).getAsJsonObject().get("command"));
    Shell.run("run", study, "sweep.seeds=3", "--out", out);
    JsonArray taken =
        JsonParser.parseString(Files.readString(out.resolve("small+sweep.seeds=3/provenance.json")))
            .getAsJsonObject()
            .getAsJsonArray("runs");
    assertThat(taken).hasSize(3); // two taken over, with the trials they made, and its own
    assertThat(taken.get(0).getAsJsonObject().get("from").getAsString()).isEqualTo("small");
    assertThat(taken.get(0).getAsJsonObject().getAsJsonArray("trials")).hasSize(3);
    assertThat(taken.get(2).getAsJsonObject().getAsJsonArray("trials")).hasSize(2);
  }

  @Test
  void aFolderOfVersionOneIsReadAndSaidToHaveNoChecksums() throws Exception {
    Files.delete(run.resolve("manifest.jsonl"));
    JsonObject p = provenance();
    p.remove("runs");
    Files.writeString(run.resolve("provenance.json"), p.toString());
    Shell.Result r = Shell.run("report", run);
    assertThat(r.exit()).isZero();
    assertThat(r.out()).contains("no checksums stored of 4 of 4 results");
    Files.delete(trial(0));
    Shell.run("run", study, "--out", out);
    JsonArray runs = provenance().getAsJsonArray("runs");
    assertThat(runs).hasSize(2);
    assertThat(runs.get(0).getAsJsonObject().getAsJsonArray("trials")).hasSize(3);
  }

  @Test
  void jsonOfAnotherShapeIsToldWithFileAndKey() throws Exception {
    Path p = run.resolve("provenance.json");
    String whole = Files.readString(p);
    for (String[] c :
        List.of(
            new String[] {"data", "3", "data must be a list, got 3"},
            new String[] {"numerics", "[]", "numerics must be a number, got a list"},
            new String[] {"overrides", "[null]", "overrides[0] must be text, got null"},
            new String[] {"engine", "[]", "engine must be an object, got a list"})) {
      JsonObject o = JsonParser.parseString(whole).getAsJsonObject();
      o.add(c[0], JsonParser.parseString(c[1]));
      Files.writeString(p, o.toString());
      for (String command : List.of("report", "reproduce")) {
        Shell.Result r = Shell.run(command, run);
        assertThat(r.exit()).as(c[0]).isEqualTo(4);
        assertThat(r.err()).contains("provenance.json: ").contains(c[2]);
      }
    }
    Files.writeString(p, "{\"a\":".repeat(3000) + "1" + "}".repeat(3000));
    assertThat(Shell.run("report", run).exit()).isEqualTo(4);
    Files.writeString(p, whole);
    String text = Files.readString(trial(0));
    for (String shape : List.of("[]", "{\"checksum\":null}", "{\"checksum\":[]}", "null", "")) {
      Files.writeString(trial(0), shape);
      Shell.Result r = Shell.run("report", run);
      assertThat(r.exit()).as(shape).isEqualTo(4);
      assertThat(r.out()).contains("damaged  " + name(0));
    }
    Files.writeString(trial(0), text);
    Files.writeString(run.resolve("summary.json"), "{\"study\":[],\"exit\":{}}");
    Shell.Result listed = Shell.run("list", "--studies", folder.resolve("none"), "--out", out);
    assertThat(listed.exit()).isEqualTo(4);
    assertThat(listed.out())
        .contains("unreadable: damaged: summary.json: ", "study must be text, got a list");
  }

  @Test
  void aByteThatIsNoTextCostsOneLineOfMetrics() throws Exception {
    Path metrics = run.resolve("metrics.jsonl");
    byte[] bad =
        "{\"trial\":\"00\",\"phase\":\"train\",\"step\":1,\"note\":\"?\"}\n"
            .getBytes(StandardCharsets.US_ASCII);
    bad[bad.length - 4] = (byte) 0xFF;
    long lines = Files.readAllLines(metrics).size();
    Files.write(metrics, bad, StandardOpenOption.APPEND);
    Files.delete(trial(1));
    assertThat(Shell.run("report", run).out())
        .contains("damaged  metrics.jsonl: line %d is no metric".formatted(lines + 1));
    Shell.Result r = Shell.run("run", study, "--out", out);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.err())
        .contains("metrics.jsonl: line %d is no metric".formatted(lines + 1), "it is dropped");
    assertThat(Files.readString(metrics)).doesNotContain("note").hasLineCount((int) lines + 3);
    Files.write(metrics, java.util.Arrays.copyOf(bad, 30), StandardOpenOption.APPEND);
    assertThat(Shell.run("run", study, "--out", out).err()).contains("the last line is torn");
    assertThat(Shell.run("report", run).exit()).isZero();
  }

  @Test
  void aLineOfTheManifestThatCannotBeIsToldAndTheOthersCount() throws Exception {
    Path manifest = run.resolve("manifest.jsonl");
    String whole = Files.readString(manifest);
    long next = whole.lines().count() + 1;
    String sum = "0".repeat(64);
    String line = "{\"path\":\"%s\",\"size\":%s,\"sha256\":\"%s\",\"run\":1,\"time\":\"t\"}\n";
    for (String bad :
        List.of(
            line.formatted("../small.yaml", "1", sum),
            line.formatted("/etc/hostname", "1", sum),
            line.formatted("trials/\0", "1", sum),
            line.formatted("metrics.jsonl", "-5", sum),
            line.formatted("metrics.jsonl", "9e99", sum),
            line.formatted("metrics.jsonl", "1", "abc"),
            "no line\n")) {
      Files.writeString(manifest, whole + bad);
      Shell.Result r = Shell.run("report", run);
      assertThat(r.exit()).as(bad).isEqualTo(4);
      assertThat(r.out()).contains("damaged  manifest.jsonl: line " + next + ": ");
      assertThat(Shell.run("list", "--studies", folder.resolve("none"), "--out", out).out())
          .contains("4 of 4 trials", "manifest.jsonl: line " + next);
    }
    Files.writeString(manifest, whole + line.formatted("metrics.jsonl", "1", sum).substring(0, 40));
    assertThat(Shell.run("report", run).exit()).isZero(); // torn by a kill
  }

  @Test
  void aHeartbeatOfTheFutureIsNotAlive() throws Exception {
    Path lock = run.resolve(".lock");
    String text = "{\"host\":\"elsewhere\",\"pid\":1,\"since\":\"%1$s\",\"heartbeat\":\"%1$s\"}\n";
    Files.writeString(lock, text.formatted("2999-01-01T00:00:00Z"));
    assertThat(Shell.run("run", study, "--out", out).exit()).isZero();
    Files.writeString(lock, text.formatted(java.time.Instant.now()));
    Shell.Result busy = Shell.run("run", study, "--out", out);
    assertThat(busy.exit()).isEqualTo(3);
    assertThat(busy.err()).contains("in use by process 1 on elsewhere", "remove " + lock);
  }

  @Test
  void differencesAreOverCommonSeeds() throws Exception {
    Shell.run("run", study, "sweep.seeds=[0,1]", "--out", folder.resolve("a"));
    Shell.run("run", study, "sweep.seeds=[1,2]", "--out", folder.resolve("b"));
    Shell.Result r =
        Shell.run("compare", list(folder.resolve("a")).get(0), list(folder.resolve("b")).get(0));
    assertThat(r.exit()).isZero();
    assertThat(r.out())
        .contains("standard: only A has seeds 0; they are left out")
        .contains("standard: only B has seeds 2; they are left out")
        .containsPattern("standard +clean accuracy +1 +[0-9.]+ +[0-9.]+ +0.0 ");
    Path b = list(folder.resolve("b")).get(0);
    Files.delete(b.resolve("manifest.jsonl"));
    Path p = b.resolve("provenance.json");
    Files.writeString(p, Files.readString(p).replace("f".repeat(64), "e".repeat(64)));
    assertThat(Shell.run("compare", list(folder.resolve("a")).get(0), b).out())
        .containsPattern("data fake digits +f{64} +e{64}")
        .contains("The data differ");
  }
}
