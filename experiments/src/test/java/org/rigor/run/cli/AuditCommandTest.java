// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.diff.Kind;
import org.rigor.io.Npz;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.Partials;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink.Partial;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Audits of networks whose distances are known: y0 = relu(a x0 + b x1) and y1 = relu(c x0 + d x1),
 * where the classes meet on a line.
 */
class AuditCommandTest {
  /** Second coordinates of the samples (0.5, t); class 0 where t is above 1/2. */
  private static final float[] HEIGHTS = {0.58f, 0.66f, 0.74f, 0.9f, 0.42f, 0.34f, 0.26f, 0.1f};

  @TempDir Path folder;
  private Path one;
  private Path data;

  @BeforeEach
  void prepare() throws IOException {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    // y0 = x1, y1 = x0: in linf the classes change at a distance of |x1 - x0| / 2.
    one = VerdictFiles.network(folder.resolve("one.onnx"), new float[] {0, 1, 1, 0});
    float[] x = new float[2 * HEIGHTS.length];
    int[] y = new int[HEIGHTS.length];
    for (int n = 0; n < HEIGHTS.length; n++) {
      x[2 * n] = 0.5f;
      x[2 * n + 1] = HEIGHTS[n];
      y[n] = HEIGHTS[n] > 0.5 ? 0 : 1;
    }
    data = folder.resolve("points.npz");
    Npz.write(
        data,
        Map.of(
            "x", HostTensor.of(Shape.of(HEIGHTS.length, 2), x),
            "y", HostTensor.of(Shape.of(HEIGHTS.length), y)),
        false);
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Shell.Result audit(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("audit", "--model", one, "--data", data, "--epsilons", "0.03,0.1,0.25"));
    words.addAll(List.of("--device", "cpu"));
    if (!List.of(more).contains("--out")) {
      words.addAll(List.of("--out", folder.resolve("runs")));
    }
    words.addAll(List.of(more));
    return Shell.run(words.toArray());
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }

  @Test
  void bothSidesMeetAtTheKnownDistances() throws Exception {
    Path file = folder.resolve("o.json");
    Shell.Result r = audit("--json", file);
    assertThat(r.exit()).as(r.err()).isZero();
    JsonObject o = json(file);
    assertThat(o.get("format").getAsString()).isEqualTo("rigor-audit/1");
    JsonObject model = o.getAsJsonArray("models").get(0).getAsJsonObject();
    assertThat(model.get("file").getAsString()).isEqualTo("one.onnx");
    JsonArray radii = model.getAsJsonArray("radii");
    double[] epsilons = {0, 0.03, 0.1, 0.25};
    assertThat(radii).hasSize(epsilons.length);
    for (int e = 0; e < epsilons.length; e++) {
      int kept = 0;
      for (float t : HEIGHTS) {
        kept += Math.abs(t - 0.5) / 2 > epsilons[e] ? 1 : 0;
      }
      JsonObject at = radii.get(e).getAsJsonObject();
      double expected = (double) kept / HEIGHTS.length;
      assertThat(at.get("epsilon").getAsDouble()).isEqualTo(epsilons[e]);
      for (String side : List.of("certified_accuracy", "attacked_accuracy")) {
        assertThat(at.getAsJsonObject(side).get("value").getAsDouble())
            .as("%s at %s", side, epsilons[e])
            .isEqualTo(expected);
      }
    }
    // Lipschitz: the larger singular value of an exchange of coordinates is 1.
    JsonObject lower = model.getAsJsonObject("numbers").getAsJsonObject("lipschitz-lower");
    assertThat(lower.get("value").getAsDouble()).isBetween(0.999999, 1.000001);
    assertThat(o.getAsJsonArray("not_measured").toString())
        .contains("corruption-curve", "images of 1 or 3 channels");
    String page = Files.readString(folder.resolve("runs/audit-one/audit.html"));
    assertThat(page)
        .contains("At radius 0.1 between 50.0 and 50.0 % are so", "between 0.1 and 0.25")
        .contains("Not measured", "one.onnx, SHA-256");
    assertThat(r.out()).contains("audit.html", "not measured: corruption-curve");
  }

  /** What is measured in place of a file's outputs is said on the console, the page and in JSON. */
  @Test
  void howTheNetworkWasReadIsSaidEverywhere() throws Exception {
    String note = "the network ends in Softmax; measured are the logits before it";
    Path soft = VerdictFiles.network(folder.resolve("s.onnx"), new float[] {0, 1, 1, 0}, "Softmax");
    Shell.Result r = audit("--against", soft);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out() + r.err()).contains("s.onnx: " + note).doesNotContain("one.onnx: " + note);
    Path run = folder.resolve("runs/audit-one-vs-s");
    JsonArray models = json(run.resolve("audit.json")).getAsJsonArray("models");
    assertThat(models.get(0).getAsJsonObject().getAsJsonArray("notes")).isEmpty();
    assertThat(models.get(1).getAsJsonObject().getAsJsonArray("notes").toString()).contains(note);
    assertThat(Files.readString(run.resolve("audit.html"))).contains("s.onnx: " + note);
  }

  @ParameterizedTest
  @CsvSource({
    "certified:0.03=1, 0, holds",
    "certified:0.1=0.5, 0, holds",
    "certified:0.1=0.6, 1, missed",
    "attacked:0.1=0.5, 0, holds",
    "attacked:1/4=1/8, 1, missed",
    // A radius that the list does not have is measured too: 6 of 8 are kept at 0.05.
    "certified:0.05=0.75, 0, holds",
  })
  void requirementsDecideTheExitCode(String requirement, int exit, String standing) {
    Shell.Result r = audit("--require", requirement);
    assertThat(r.exit()).as(r.err()).isEqualTo(exit);
    assertThat(r.out()).contains("%s %s".formatted(requirement, standing));
  }

  /** The second network turns the line between the classes by half: it keeps fewer samples. */
  @Test
  void twoNetworksAreComparedSampleBySample() throws Exception {
    Path other = VerdictFiles.network(folder.resolve("b.onnx"), new float[] {0, 1, 1, 0.2f});
    Shell.Result r = audit("--against", other);
    assertThat(r.exit()).as(r.err()).isZero();
    JsonObject o = json(folder.resolve("runs/audit-one-vs-b/audit.json"));
    assertThat(o.getAsJsonArray("models")).hasSize(2);
    assertThat(Files.readString(folder.resolve("runs/audit-one-vs-b/audit.html")))
        .contains("sample by sample", "McNemar", "/b.onnx");
    // y1 = x0 + 0.2 x1 against y0 = x1: at (0.5, 0.58) class 1 wins, 0.616 to 0.58.
    JsonObject second = o.getAsJsonArray("models").get(1).getAsJsonObject();
    assertThat(second.getAsJsonObject("clean_accuracy").get("value").getAsDouble())
        .isEqualTo(0.875);
  }

  /**
   * The classes change at a distance of |t - 1/2| / 2; all samples are right, so none need be
   * handed over, however small the error wished.
   */
  @Test
  void thePageHasDistancesConfidenceAndUnits() throws Exception {
    Shell.Result r = audit("--error", "0.05");
    assertThat(r.exit()).as(r.err()).isZero();
    Path run = folder.resolve("runs/audit-one");
    JsonObject numbers =
        json(run.resolve("audit.json"))
            .getAsJsonArray("models")
            .get(0)
            .getAsJsonObject()
            .getAsJsonObject("numbers");
    assertThat(number(numbers, "attack-distance@0")).isBetween(0.04 - 1e-6, 0.0401);
    assertThat(number(numbers, "attack-distance@0.5")).isBetween(0.08 - 1e-6, 0.0801);
    assertThat(number(numbers, "handed-over/clean")).isZero();
    assertThat(number(numbers, "selective-area/clean")).isZero();
    // At radius 0.1, the middle one, half of the samples can be made wrong.
    assertThat(number(numbers, "selective-risk/misclassify@1")).isEqualTo(0.5);
    // Both units are on wherever the coordinates are above 0.
    assertThat(number(numbers, "active-units-1")).isEqualTo(1);
    assertThat(number(numbers, "dead-units-1")).isZero();
    assertThat(Files.readString(run.resolve("audit.html")))
        .contains("The smallest distances to a wrong answer", "for at most 5.0 % errors")
        .contains("What confidence is worth", "How much of it is active", "wrong and accepted");
  }

  private static double number(JsonObject numbers, String name) {
    return numbers.getAsJsonObject(name).get("value").getAsDouble();
  }

  /** Every file that is written obeys the schema that is published, and it refuses others. */
  @Test
  void theFileObeysItsSchema() throws Exception {
    Path other = VerdictFiles.network(folder.resolve("b.onnx"), new float[] {0, 1, 1, 0.2f});
    assertThat(audit("--against", other, "--require", "certified:0.03=0.5").exit()).isZero();
    JsonObject schema = json(Path.of("..", "docs", "audit.schema.json"));
    JsonObject file = json(folder.resolve("runs/audit-one-vs-b/audit.json"));
    assertThat(Schema.violations(schema, file)).isEmpty();
    file.getAsJsonObject("data").addProperty("samples", "many");
    file.addProperty("more", 1);
    file.getAsJsonArray("models").get(0).getAsJsonObject().remove("radii");
    assertThat(Schema.violations(schema, file))
        .containsExactlyInAnyOrder(
            "/data/samples: integer required", "/more: unknown", "/models/0/radii: missing");
  }

  /** What was measured before a kill is kept and not measured again. */
  @Test
  void finishedMeasurementsSurviveAKill() throws Exception {
    assertThat(audit().exit()).isZero();
    RunRecord whole = RunRecord.open(folder.resolve("runs/audit-one"));
    Trial trial = whole.trials().get(0);
    TrialResult result = whole.results().get(trial.id());
    Map<String, Scalar> marked = new LinkedHashMap<>(result.scalars());
    String name = "attack-distance@0.5";
    Scalar before = marked.put(name, new Scalar(12345, Kind.ESTIMATE, "of the run before"));
    marked.remove("lipschitz-lower");
    marked.remove("active-units-1");
    Partial partial =
        new Partial(
            trial.spec().measurements().size() - 2,
            new TrialResult(
                result.id(),
                result.outcome(),
                "",
                result.seconds(),
                marked,
                result.correct(),
                result.curves(),
                result.examples(),
                result.histories()));
    RunFolder killed = RunFolder.create(folder.resolve("again/audit-one"));
    new Partials(killed).save(trial, partial);
    Shell.Result r = audit("--out", folder.resolve("again"));
    assertThat(r.exit()).as(r.err()).isZero();
    int all = trial.spec().measurements().size();
    assertThat(r.out() + r.err())
        .contains("%d of %d measurements are done already and are skipped".formatted(all - 2, all));
    TrialResult second =
        RunRecord.open(folder.resolve("again/audit-one")).results().get(trial.id());
    assertThat(second.scalars().get(name).value()).isEqualTo(12345);
    marked.put(name, before);
    Map<String, Scalar> found = new LinkedHashMap<>(second.scalars());
    found.put(name, before);
    assertThat(found).isEqualTo(result.scalars());
    assertThat(second.curves()).hasSameSizeAs(result.curves());
    assertThat(folder.resolve("again/audit-one/packs/" + trial.id() + ".json")).doesNotExist();
  }

  /** A torn file of a killed run is no result: everything is measured again. */
  @Test
  void aTornPartIsMeasuredAgain() throws Exception {
    assertThat(audit().exit()).isZero();
    Trial trial = RunRecord.open(folder.resolve("runs/audit-one")).trials().get(0);
    RunFolder killed = RunFolder.create(folder.resolve("again/audit-one"));
    killed.write("packs/" + trial.id() + ".json", "{\"id\": \"");
    Shell.Result r = audit("--out", folder.resolve("again"));
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out() + r.err()).doesNotContain("are done already");
  }

  /** What an audit measured is kept, and its study runs as any other. */
  @Test
  void theAuditIsAStudy() throws Exception {
    assertThat(audit().exit()).isZero();
    Shell.Result again = audit();
    assertThat(again.exit()).isZero();
    Path study = folder.resolve("runs/audit-one.yaml");
    Shell.Result run =
        Shell.run("run", study, "--out", folder.resolve("others"), "--device", "cpu");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out()).contains("one.onnx, verified");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--require|certified:0.1|2|--require: expected certified:EPSILON=SHARE",
        "--require|proved:0.1=0.5|2|--require: expected certified:EPSILON=SHARE",
        "--require|certified:0.1=1.5|2|a share in 0 to 1",
        "--require|certified:-1=0.5|2|--require: expected",
        "--norm|l1|2|--norm: expected linf or l2",
        "--samples|-1|2|--samples must be >= 0",
        "--error|1.5|2|--error: must be a share from 0 to 1",
        "--image|28,28|2|--image: expected height, width and channels",
        "--image|2,2,1|2|data.image: needs samples of 4 numbers",
        "--against|absent.onnx|4|no network at absent.onnx",
        "--data|absent.npz|4|no data set at absent.npz",
      })
  void wrongWordsAreNamedBeforeAnyWork(String option, String value, int exit, String message) {
    List<Object> words =
        new ArrayList<>(List.of("audit", "--model", one, "--out", folder.resolve("runs")));
    if (!option.equals("--data")) {
      words.addAll(List.of("--data", data));
    }
    words.addAll(List.of(option, value));
    Shell.Result r = Shell.run(words.toArray());
    assertThat(r.exit()).as(r.err()).isEqualTo(exit);
    assertThat(r.err()).contains(message);
    assertThat(folder.resolve("runs/audit-one")).doesNotExist();
  }
}
