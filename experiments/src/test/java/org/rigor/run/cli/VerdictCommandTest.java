// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.run.engine.RigorProvider;

/** {@code certify --vnnlib} and {@code --instances} on a network with known answers. */
class VerdictCommandTest {
  private static final String SAFE = "(assert (<= Y_0 0.99))";
  private static final String UNSAFE = "(assert (or (>= Y_0 3) (and (<= Y_1 0.6) (>= Y_0 1.4))))";

  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  private Path network() {
    return VerdictFiles.network(folder.resolve("m.onnx"));
  }

  private Path property(String unsafe) throws IOException {
    return VerdictFiles.property(folder.resolve("p.vnnlib"), unsafe);
  }

  private Shell.Result certify(Object... more) {
    List<Object> words = new ArrayList<>(List.of("certify", "--device", "cpu"));
    words.addAll(List.of(more));
    return Shell.run(words.toArray());
  }

  private static JsonObject json(Path file) throws IOException {
    return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
  }

  @Test
  void verifiesWithExitCodeZero() throws IOException {
    Path file = folder.resolve("o.json");
    Shell.Result r = certify("--model", network(), "--vnnlib", property(SAFE), "--json", file);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).startsWith("verified  (by bounds").contains("all 1 clauses refuted");
    JsonObject o = json(file).getAsJsonArray("instances").get(0).getAsJsonObject();
    assertThat(o.get("verdict").getAsString()).isEqualTo("verified");
    assertThat(o.get("kind").getAsString()).isEqualTo("certified");
    assertThat(o.get("bound").getAsDouble()).isBetween(0.01 - 1e-9, 0.01);
    assertThat(o.get("counterexample").isJsonNull()).isTrue();
  }

  @Test
  void violatesWithExitCodeOneAndACounterexample() throws IOException {
    Path file = folder.resolve("o.json");
    Path out = folder.resolve("new/results");
    Shell.Result r =
        certify("--model", network(), "--vnnlib", property(UNSAFE), "--json", file, "--out", out);
    assertThat(r.exit()).as(r.err()).isEqualTo(1);
    assertThat(r.out())
        .startsWith("violated  (by attack")
        .contains("clause 2 of 2 holds at a point of the region")
        .contains("float32: the point violates, too");
    JsonObject o = json(file).getAsJsonArray("instances").get(0).getAsJsonObject();
    JsonArray x = o.getAsJsonObject("counterexample").getAsJsonArray("input");
    double x0 = x.get(0).getAsDouble();
    double x1 = x.get(1).getAsDouble();
    assertThat(x0 + x1).isGreaterThanOrEqualTo(1.4);
    assertThat(x0 - x1).isLessThanOrEqualTo(0.6);
    List<String> result = Files.readAllLines(out.resolve("000-m-p.txt"));
    assertThat(result.get(0)).isEqualTo("sat");
    assertThat(result.get(1))
        .isEqualTo("((X_0 " + x.get(0).getAsBigDecimal().toPlainString() + ")");
    assertThat(result.get(4)).startsWith("(Y_1 ").endsWith("))");
    assertThat(Files.readString(out.resolve("results.csv"))).contains(",0,sat,");
  }

  @Test
  void withoutTimeItIsUnknownWithExitCodeFive() throws IOException {
    Shell.Result r = certify("--model", network(), "--vnnlib", property(SAFE), "--timeout", "0");
    assertThat(r.exit()).as(r.err()).isEqualTo(5);
    assertThat(r.out()).startsWith("unknown  (by timeout").contains("0 of 1 clauses refuted");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(assert (<= Y_2 1)) # p.vnnlib:7:13: 'Y_2' is not declared",
        "(assert (<= (* Y_0 Y_0) 1)) # p.vnnlib:7:13: the product of",
        "(declare-const X_2 Real) (assert (<= X_2 1)) (assert (>= X_2 1)) #"
            + " declares the input X with 3 numbers, the network has 2",
        "(declare-const Y_2 Real) # declares the output Y with 3 numbers, the network has 2",
        "(declare-const X_2 Real) # declares the input X with 3 numbers",
        "(assert (>= X_0 3)) # nothing is left to verify: the region of the property has no input"
            + " in it: X_0 must be >= 3 and <= 2",
        "(assert (<= (* 0.12345678901234567891 Y_0) 1)) # more digits than doubles hold",
      })
  void whatCannotBeUsedEndsWithExitCodeFour(String unsafe, String error) throws IOException {
    Shell.Result r = certify("--model", network(), "--vnnlib", property(unsafe));
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains(error);
    assertThat(r.out()).isEmpty();
  }

  @Test
  void unboundedInputsAndNanWeightsAreRefused() throws IOException {
    Path open =
        Files.writeString(
            folder.resolve("open.vnnlib"),
            "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)"
                + "(declare-const Y_1 Real)(assert (>= X_0 0))(assert (<= X_0 1))");
    Shell.Result r = certify("--model", network(), "--vnnlib", open);
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("X_1 has no lower bound; every input must lie in a box");
    Path nan = VerdictFiles.network(folder.resolve("nan.onnx"), new float[] {1, Float.NaN, 0, 0});
    r = certify("--model", nan, "--vnnlib", property(SAFE));
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("element 1 of the tensor 'w' is NaN");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "--vnnlib p --data d # --data, --vnnlib and --instances: one of them was required",
        "--instances i --vnnlib p # one of them was required",
        "--vnnlib p # Missing required option: '--model=FILE'",
        "--data d # Missing required option: '--model=FILE'",
        "--model MODEL # Missing required option: '--data=FILE'",
        "--model MODEL --data MODEL # Missing required option: '--epsilon=E'",
        "--model MODEL --vnnlib MODEL --timeout -1 # --timeout: must be >= 0, got -1",
        "--model MODEL --vnnlib MODEL --timeout soon # Invalid value for option '--timeout'",
        "--model MODEL --data MODEL --epsilon 1 --timeout 1 # --timeout and --out: belong" + " to",
        "--model m --instances i # --model: --instances names the networks",
        "--model MODEL --vnnlib MODEL --epsilon 1 # --epsilon: a property says its own region",
        "--instances MODEL --norm linf # --norm: a property says its own region",
        "--instances MODEL --method ibp # --method: how a property is decided is not chosen",
      })
  void wrongUsageEndsWithExitCodeTwo(String words, String error) {
    Shell.Result r = certify((Object[]) words.replace("MODEL", network().toString()).split(" "));
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains(error);
  }

  /** Softmax is part of the function, though classifiers are measured without it. */
  @Test
  void aLastSoftmaxIsPartOfTheFunction() throws IOException {
    Path model = VerdictFiles.network(folder.resolve("s.onnx"), "Softmax");
    Shell.Result r = certify("--model", model, "--vnnlib", property("(assert (<= Y_0 0.9))"));
    assertThat(r.exit()).as(r.err()).isEqualTo(1);
    assertThat(r.out()).contains("violated");
  }

  /** CRLF, ./, a gzipped file beside, a quoted name, a broken property and a network twice. */
  @Test
  void decidesAListTogether() throws IOException {
    network();
    Files.createDirectories(folder.resolve("vnnlib"));
    VerdictFiles.property(folder.resolve("vnnlib/safe.vnnlib"), SAFE);
    Path unsafe = VerdictFiles.property(folder.resolve("vnnlib/unsafe.vnnlib"), UNSAFE);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(Files.readAllBytes(unsafe));
    }
    Files.write(folder.resolve("vnnlib/unsafe.vnnlib.gz"), packed.toByteArray());
    Files.delete(unsafe);
    VerdictFiles.property(folder.resolve("vnnlib/a, b.vnnlib"), "(assert (<= Y_0 what))");
    Path list =
        Files.writeString(
            folder.resolve("instances.csv"),
            "./m.onnx,./vnnlib/safe.vnnlib,30\r\n"
                + "m.onnx,\"vnnlib/unsafe.vnnlib\",30.0\r\n"
                + "\r\n"
                + "m.onnx,\"vnnlib/a, b.vnnlib\",30\r\n"
                + "gone.onnx,vnnlib/safe.vnnlib,30");
    Path out = folder.resolve("out");
    Path file = folder.resolve("o.json");
    Shell.Result r = certify("--instances", list, "--out", out, "--json", file);
    assertThat(r.exit()).as(r.err()).isEqualTo(4);
    assertThat(r.out())
        .contains("1 verified, 1 violated, 0 unknown, 2 errors of 4")
        .contains("a, b.vnnlib:7:17: 'what' is neither an input X_i nor an output Y_j")
        .contains("gone.onnx: no such file");
    List<String> csv = Files.readAllLines(out.resolve("results.csv"));
    assertThat(csv.get(0)).startsWith("rigor,./m.onnx,./vnnlib/safe.vnnlib,0,unsat,");
    assertThat(csv.get(1)).startsWith("rigor,m.onnx,vnnlib/unsafe.vnnlib,0,sat,");
    assertThat(csv.get(2)).startsWith("rigor,m.onnx,\"vnnlib/a, b.vnnlib\",0,error,");
    assertThat(out.resolve("000-m-safe.txt")).hasContent("unsat");
    assertThat(Files.readString(out.resolve("001-m-unsafe.txt"))).startsWith("sat\n((X_0 ");
    assertThat(json(file).get("verified").getAsInt()).isEqualTo(1);
    Files.writeString(list, "m.onnx,vnnlib/safe.vnnlib,30\nm.onnx,vnnlib/unsafe.vnnlib,30\n");
    assertThat(certify("--instances", list).exit()).as("all decided").isZero();
    assertThat(certify("--instances", list, "--timeout", "0").exit()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "m.onnx,p.vnnlib # expected network,property,seconds, got 2 cells",
        "m.onnx,p.vnnlib,soon # expected seconds, got 'soon'",
        "m.onnx,p.vnnlib,-1 # expected seconds, got '-1'",
        "m.onnx,\"p.vnnlib,3 # a quoted cell does not end",
        "\"[('f', a.onnx), ('g', b.onnx)]\",p.vnnlib,3 # several networks is not supported",
      })
  void aDamagedListIsRefusedWithItsLine(String line, String error) throws IOException {
    Path list = Files.writeString(folder.resolve("i.csv"), "\n" + line.replace("''", "'"));
    Shell.Result r = certify("--instances", list);
    assertThat(r.exit()).isEqualTo(4);
    assertThat(r.err()).contains("i.csv:2: ").contains(error);
    Files.writeString(list, "\n");
    assertThat(certify("--instances", list).err()).contains("i.csv: lists no instance");
  }

  @Test
  void unitsAreSplitByTheScoreAskedFor() throws IOException {
    for (String name : List.of("intercept", "babsr", "kfsb")) {
      Shell.Result r =
          certify("--model", network(), "--vnnlib", property(SAFE), "--branching", name);
      assertThat(r.exit()).as(r.err()).isZero();
    }
    Shell.Result other =
        certify("--model", network(), "--vnnlib", property(SAFE), "--branching", "best");
    assertThat(other.exit()).isEqualTo(2);
    assertThat(other.err())
        .contains("--branching: expected one of intercept, babsr, kfsb, got 'best'");
    Shell.Result curve =
        certify("--model", network(), "--data", folder, "--epsilon", "1", "--branching", "babsr");
    assertThat(curve.exit()).isEqualTo(2);
    assertThat(curve.err()).contains("--branching: belongs to --vnnlib or --instances");
  }

  /** The second network is a pipe that nobody writes to, so that the job waits there. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void interruptedItReportsWhatIsDecided() throws Exception {
    network();
    property(SAFE);
    Path pipe = folder.resolve("pipe.onnx");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path list =
        Files.writeString(folder.resolve("i.csv"), "m.onnx,p.vnnlib,30\npipe.onnx,p.vnnlib,30\n");
    Path out = folder.resolve("out");
    Path file = folder.resolve("o.json");
    Path log = folder.resolve("log");
    Process job =
        Shell.start(
            log,
            List.of("-Drigor.terminal=0", "-Drigor.engine=" + RigorProvider.class.getName()),
            "certify",
            "--instances",
            list,
            "--out",
            out,
            "--json",
            file,
            "--device",
            "cpu");
    try {
      long end = System.nanoTime() + 60_000_000_000L;
      Path first = out.resolve("000-m-p.txt");
      while (!Files.exists(first) && job.isAlive() && System.nanoTime() < end) {
        Thread.sleep(20);
      }
      assertThat(first).as(Files.readString(log)).hasContent("unsat");
      assertThat(new ProcessBuilder("kill", "-INT", Long.toString(job.pid())).start().waitFor())
          .isZero();
      assertThat(job.waitFor(60, TimeUnit.SECONDS)).as(Files.readString(log)).isTrue();
    } finally {
      job.destroyForcibly();
    }
    assertThat(job.exitValue()).isEqualTo(130);
    assertThat(Files.readString(log))
        .contains("1 verified, 0 violated, 0 unknown, 0 errors of 1")
        .contains("1 of 2 instances not reached");
    assertThat(Files.readAllLines(out.resolve("results.csv"))).hasSize(1);
    assertThat(json(file).getAsJsonArray("instances")).hasSize(1);
  }
}
