// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import org.rigor.run.Faults;
import org.rigor.run.RunException;
import org.rigor.run.cli.Main;
import org.rigor.run.report.Comparison;
import org.rigor.run.report.Reproduction;
import org.rigor.run.study.StudyFile;
import org.rigor.run.study.StudyText;
import org.rigor.run.yaml.SpecException;

/**
 * Hunts what reads run folders and studies with damaged files: each is read, or told as damaged.
 * Half of the rounds take the manifest away, so that the shape of a text decides, not its checksum.
 *
 * <p>{@code -Drigor.hunt.runs=5000} hunts with that many inputs.
 */
class RunFolderHuntTest {
  private static final int FEW = 40;

  private static final String STUDY =
      """
      name: small
      data: {type: digits}
      model: {type: mlp, hidden: [16]}
      training:
        epochs: 2
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}, {type: pgd, epsilon: 0.1}]
      measurements:
        - {type: pgd-curve, epsilons: [0, 8/255, 0.2]}
        - {type: lipschitz}
      sweep: {seeds: 2, grid: {training.batch-size: [32, 64]}}
      claims:
        - {type: difference, id: a, says: gains, metric: attacked-accuracy, epsilon: 0.2,
           of: pgd, minus: standard, relation: at-least, value: 0.2}
      figures: [bracket, history]
      """;

  @TempDir static Path folder;
  private static Path whole;
  private static Path run;

  @BeforeAll
  static void prepare() throws Exception {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    Path study = Files.writeString(folder.resolve("small.yaml"), STUDY);
    PrintStream out = System.out;
    PrintStream err = System.err;
    try {
      System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
      System.setErr(System.out);
      for (String to : List.of("whole", "hunted")) {
        assertThat(Main.run("run", study.toString(), "--out", folder.resolve(to).toString()))
            .isLessThan(2);
      }
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    whole = folder.resolve("whole/small");
    run = folder.resolve("hunted/small");
  }

  @AfterAll
  static void clear() {
    System.clearProperty("rigor.engine");
  }

  private static List<Path> targets() throws Exception {
    List<Path> out = new ArrayList<>();
    for (String name :
        List.of(
            "provenance.json",
            "summary.json",
            "claims.json",
            "metrics.jsonl",
            "manifest.jsonl",
            "spec.yaml")) {
      if (Files.exists(run.resolve(name))) {
        out.add(run.resolve(name));
      }
    }
    try (Stream<Path> trials = Files.list(run.resolve("trials"))) {
      trials.sorted().limit(2).forEach(out::add);
    }
    return out;
  }

  @Test
  void everyDamagedFileOfARunFolderIsReadOrTold() throws Exception {
    List<Path> targets = targets();
    RunRecord other = RunRecord.open(whole);
    Path manifest = run.resolve("manifest.jsonl");
    byte[] lines = Files.readAllBytes(manifest);
    int rounds = Integer.getInteger("rigor.hunt.runs", FEW);
    int told = 0;
    for (int round = 0; round < rounds; round++) {
      Path file = targets.get(round % targets.size());
      byte[] before = Files.readAllBytes(file);
      byte[] input = input(before, round);
      try {
        Files.write(file, input);
        if (round / targets.size() % 2 == 0 && !file.equals(manifest)) {
          Files.delete(manifest);
        }
        told += read(other) ? 1 : 0;
      } catch (Exception | Error e) {
        throw new AssertionError(
            "%s, round %d: %s\n%s"
                .formatted(file.getFileName(), round, e, new String(input, StandardCharsets.UTF_8)),
            e);
      } finally {
        Files.write(file, before);
        Files.write(manifest, lines);
      }
    }
    System.out.printf(
        "run folders: %d inputs, %d told as damaged; no internal error%n", rounds, told);
    assertThat(told).isGreaterThan(rounds / 4);
    assertThat(read(other)).isFalse();
  }

  /** Returns whether something was told as damaged. */
  private static boolean read(RunRecord other) {
    boolean told = false;
    try {
      RunSummary.read(run);
    } catch (DamagedException e) {
      told = true;
    }
    StoredFiles stored = RunFolder.at(run).stored();
    told |= !stored.wrongSizes().isEmpty();
    try {
      RunRecord r = RunRecord.open(run);
      assertThat(Comparison.text(r, other)).isNotEmpty();
      Reproduction.nothing(r);
      told |= Reproduction.of(r, other).exit().code() != 0;
      told |= !r.damages().isEmpty();
    } catch (RunException e) {
      assertThat(e.exit().code()).as(e.getMessage()).isEqualTo(4);
      assertThat(e.getMessage()).contains("damaged");
      told = true;
    }
    return told;
  }

  /** Bytes changed, or a value of JSON replaced by one of another kind. */
  private static byte[] input(byte[] valid, int round) {
    Random r = Faults.random(round);
    if (r.nextBoolean()) {
      return Faults.in(valid, round);
    }
    String text = new String(valid, StandardCharsets.UTF_8);
    try {
      JsonElement root = JsonParser.parseString(text);
      return (replaced(root, r, 0) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonParseException e) { // lines of JSON, or YAML
      List<String> lines = new ArrayList<>(text.lines().toList());
      int at = r.nextInt(lines.size());
      try {
        lines.set(at, replaced(JsonParser.parseString(lines.get(at)), r, 0).toString());
      } catch (JsonParseException yaml) {
        lines.set(at, other(r).toString());
      }
      return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }
  }

  private static JsonElement replaced(JsonElement e, Random r, int depth) {
    if (r.nextInt(6) < depth) {
      return other(r);
    }
    if (e instanceof JsonObject o && !o.isEmpty()) {
      List<String> keys = List.copyOf(o.keySet());
      String key = keys.get(r.nextInt(keys.size()));
      if (r.nextInt(8) == 0) {
        o.remove(key);
      } else {
        o.add(key, replaced(o.get(key), r, depth + 1));
      }
      return o;
    }
    if (e instanceof JsonArray a && !a.isEmpty()) {
      int at = r.nextInt(a.size());
      a.set(at, replaced(a.get(at), r, depth + 1));
      return a;
    }
    return other(r);
  }

  private static JsonElement other(Random r) {
    JsonElement deep = new JsonPrimitive(1);
    for (int i = 0; i < 200; i++) {
      JsonObject o = new JsonObject();
      o.add("a", deep);
      deep = o;
    }
    List<JsonElement> all =
        List.of(
            JsonNull.INSTANCE,
            new JsonArray(),
            new JsonObject(),
            new JsonPrimitive(-1),
            new JsonPrimitive(2.5),
            new JsonPrimitive(Long.MAX_VALUE),
            new JsonPrimitive(1e308),
            new JsonPrimitive(""),
            new JsonPrimitive("NaN"),
            new JsonPrimitive("../../x"),
            new JsonPrimitive(true),
            deep);
    return all.get(r.nextInt(all.size()));
  }

  @Test
  void everyDamagedStudyIsReadOrRefusedWithItsLine() throws Exception {
    Path file = folder.resolve("hunted.yaml");
    byte[] valid = STUDY.getBytes(StandardCharsets.UTF_8);
    int rounds = Integer.getInteger("rigor.hunt.runs", FEW);
    int refused = 0;
    for (int round = 0; round < rounds; round++) {
      byte[] input = Faults.in(valid, round);
      Files.write(file, input);
      try {
        StudyText text = StudyText.read(file, List.of(), false);
        assertThat(StudyFile.of(text).points()).isNotEmpty();
      } catch (SpecException e) {
        assertThat(e.problems()).isNotEmpty();
        refused++;
      } catch (Exception | Error e) {
        throw new AssertionError(
            "round %d: %s\n%s".formatted(round, e, new String(input, StandardCharsets.UTF_8)), e);
      }
    }
    System.out.printf("studies: %d inputs, %d refused; no internal error%n", rounds, refused);
    assertThat(refused).isGreaterThan(rounds / 3);
  }

  @Test
  void aTextThatNestsTooDeepIsRefusedWithItsLine() throws Exception {
    Path file = folder.resolve("deep.yaml");
    for (Map.Entry<String, String> e :
        Map.of("{a: ", "}", "[", "]", "- ", "", "? ", "").entrySet()) {
      Files.writeString(
          file,
          "name: deep\ndata: \n  " + e.getKey().repeat(3000) + "1" + e.getValue().repeat(3000));
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> StudyText.read(file, List.of(), false)))
          .as(e.getKey())
          .isInstanceOf(SpecException.class)
          .hasMessageContaining("deep.yaml:3");
    }
    // Ten aliases a level, a few levels: expanded it has more values than a study may have.
    StringBuilder aliases = new StringBuilder("name: many\na0: &a0 [1, 1]\n");
    for (int i = 1; i < 7; i++) {
      aliases.append(
          "a%d: &a%d [%s]\n"
              .formatted(
                  i, i, String.join(", ", java.util.Collections.nCopies(9, "*a" + (i - 1)))));
    }
    Files.writeString(file, aliases);
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> StudyText.read(file, List.of(), false)))
        .isInstanceOf(SpecException.class)
        .hasMessageMatching("(?s).*(more than|aliases).*");
  }
}
