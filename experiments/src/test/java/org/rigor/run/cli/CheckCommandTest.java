// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.rigor.certify.ProofFile;
import org.rigor.check.Checker;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.engine.RigorProvider;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

class CheckCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void realEngine() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
  }

  /** The table of the documentation names every operator that the checker knows, and no other. */
  @Test
  void theDocumentationNamesTheOperators() throws Exception {
    String text = Files.readString(Path.of("../docs/proof.md"));
    int from = text.indexOf("| operator | limits |");
    String table = text.substring(from, text.indexOf("\n\n", from));
    List<String> named = new ArrayList<>();
    for (String line : table.lines().skip(2).toList()) {
      named.addAll(List.of(line.split("\\|")[1].strip().split(", ")));
    }
    assertThat(named).containsExactlyInAnyOrderElementsOf(Checker.operators());
  }

  @ParameterizedTest
  @CsvSource({
    "--vnnlib p --data d --epsilon 1,expected --vnnlib FILE",
    "--data d,expected --vnnlib FILE",
    "--vnnlib p --epsilon 1,expected --vnnlib FILE",
    "--vnnlib p --norm l2,--norm: a property says its own region",
    "--data d --epsilon 1/2,--epsilon",
    "--data d --epsilon -1,--epsilon: must be >= 0",
    "--data d --epsilon 1 --norm l1,--norm: expected linf or l2",
    "--data d --epsilon 1 --box 1,--box: expected LO",
  })
  void wrongUseIsExitCodeTwo(String words, String message) throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    List<Object> all = new ArrayList<>(List.of("check", model, "--model", model));
    for (String w : words.split(" ")) {
      all.add(w.equals("p") || w.equals("d") ? model : w);
    }
    Shell.Result r = Shell.run(all.toArray());
    assertThat(r.exit()).as(r.err()).isEqualTo(2);
    assertThat(r.err()).contains(message);
  }

  /** y_0 of the network is at least -3 and at most 2.1 over the box, its hand-worked range. */
  @Test
  void certifyWritesWhatCheckAccepts() throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    String declared =
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)"
            + "(declare-const Y_1 Real)(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 0)(<= X_1 1)))";
    Path property = folder.resolve("p.vnnlib");
    Path proof = folder.resolve("p.proof");
    for (boolean safe : List.of(true, false)) {
      Files.writeString(property, declared + "(assert (<= Y_0 " + (safe ? "-9" : "0") + "))");
      Shell.Result certified =
          Shell.run(
              "certify",
              "--device",
              "cpu",
              "--model",
              model,
              "--vnnlib",
              property,
              "--proof",
              proof);
      assertThat(certified.exit()).as(certified.err()).isEqualTo(safe ? 0 : 1);
      Shell.Result r = Shell.run("check", proof, "--model", model, "--vnnlib", property);
      assertThat(r.exit()).as(r.out() + r.err()).isZero();
      assertThat(r.out()).contains(safe ? "p.vnnlib: verified" : "p.vnnlib: violated");
    }
  }

  private Path samples(String name, float... x) {
    int[] labels = new int[x.length / 2];
    for (int n = 0; n < labels.length; n++) {
      labels[n] = 1; // right where both inputs are small
    }
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("x", HostTensor.of(Shape.of(labels.length, 2), x));
    arrays.put("y", HostTensor.of(Shape.of(labels.length), labels));
    Path file = folder.resolve(name);
    Npz.write(file, arrays, false);
    return file;
  }

  private Shell.Result run(String command, Object first, Path model, Path data, String... more) {
    List<Object> all = new ArrayList<>(List.of(command));
    if (first instanceof Path) {
      all.add(first);
    }
    all.addAll(List.of("--model", model, "--data", data));
    all.addAll(List.of(more));
    return Shell.run(all.toArray());
  }

  /** Each sample is decided; check reads data, network and radius itself. */
  @Test
  void certifyProvesSamplesThatCheckAccepts() throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    Path data = samples("d.npz", 0.125f, 0, 0.875f, 0.25f, 0.25f, 0.75f);
    Path proof = folder.resolve("d.proof");
    String path = proof.toString();
    Shell.Result certified =
        run("certify", "", model, data, "--epsilon", "0.10", "--proof", path, "--device", "cpu");
    assertThat(certified.exit()).as(certified.out() + certified.err()).isZero();
    assertThat(certified.out()).contains("0 unknown of 3 samples in linf balls of 0.1");
    Shell.Result r = run("check", proof, model, data, "--epsilon", "0.1");
    assertThat(r.exit()).as(r.out() + r.err()).isZero();
    assertThat(r.out()).contains("3 of 3 proved: ");
    String counts = r.out().substring(r.out().indexOf("proved: ") + 8).strip();
    assertThat(certified.out()).contains(counts).doesNotContain("0 verified", "0 violated");
    assertThat(run("check", proof, model, data, "--epsilon", "0.100", "--box", "0,1.0").exit())
        .isZero();
    for (String harder : List.of("0.11", "0.09")) {
      Shell.Result other = run("check", proof, model, data, "--epsilon", harder);
      assertThat(other.exit()).isEqualTo(4);
      assertThat(other.err()).contains("a proof of another question");
    }
    Path edited = samples("e.npz", 0.125f, 0, 0.875f, 0.25f, 0.26f, 0.75f);
    assertThat(run("check", proof, model, edited, "--epsilon", "0.1").exit()).isEqualTo(4);
    assertThat(run("check", proof, model, data, "--epsilon", "0.1", "--box", "none").exit())
        .isEqualTo(4);
  }

  @Test
  void proofsOfSamplesThatCannotBeCheckedAreRefusedAtOnce() throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    Path data = samples("d.npz", 0.125f, 0.5f);
    String proof = folder.resolve("d.proof").toString();
    Shell.Result euclidean =
        run("certify", "", model, data, "--epsilon", "0.1", "--proof", proof, "--norm", "l2");
    assertThat(euclidean.exit()).isEqualTo(2);
    assertThat(euclidean.err()).contains("--proof: of --data needs --norm linf, got 'l2'");
    Path csv = Files.writeString(folder.resolve("d.csv"), "a,b,label\n0.1,0.2,1\n");
    Shell.Result table = run("certify", "", model, csv, "--epsilon", "0.1", "--proof", proof);
    assertThat(table.exit()).isEqualTo(4);
    assertThat(table.err()).contains("proofs are of samples in NPZ files");
    OnnxWriter.write(model, OnnxFiles.input(2).then("Sigmoid").output(2));
    Shell.Result smooth = run("certify", "", model, data, "--epsilon", "0.1", "--proof", proof);
    assertThat(smooth.exit()).isEqualTo(4);
    assertThat(smooth.err()).contains("(Sigmoid 'n0') cannot be checked");
    assertThat(Path.of(proof)).doesNotExist();
  }

  @Test
  void aProofThatCannotBeWrittenIsSaidFirst() throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.input(2).then("Sigmoid").output(2));
    Path property = folder.resolve("p.vnnlib");
    Files.writeString(
        property,
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)"
            + "(declare-const Y_1 Real)(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 0)(<= X_1 1)))"
            + "(assert (<= Y_0 -9))");
    Shell.Result unknown =
        Shell.run(
            "certify", "--model", model, "--vnnlib", property, "--proof", folder.resolve("q"));
    assertThat(unknown.exit()).isEqualTo(4);
    assertThat(unknown.err()).contains("(Sigmoid 'n0') cannot be checked");
    OnnxWriter.write(model, OnnxFiles.mlp());
    Files.writeString(
        property,
        "(vnnlib-version <2.0>)(declare-network f (declare-input X real [1, 2])"
            + "(declare-output Y real [1, 2]))(assert (<= Y[0,0] -9.0))");
    Shell.Result newer =
        Shell.run(
            "certify", "--model", model, "--vnnlib", property, "--proof", folder.resolve("q"));
    assertThat(newer.exit()).isEqualTo(4);
    assertThat(newer.err()).contains("line 1: the checker cannot use 'vnnlib-version'");
    Shell.Result nowhere =
        Shell.run(
            "certify", "--model", model, "--vnnlib", property, "--proof", folder.resolve("no/p"));
    assertThat(nowhere.exit()).isEqualTo(3);
  }

  /** A list is decided whole; what cannot be proved to others is said of each. */
  @Test
  void aListGoesOnWithoutAProofThatCannotBeChecked() throws Exception {
    OnnxWriter.write(folder.resolve("m.onnx"), OnnxFiles.mlp());
    Files.writeString(
        folder.resolve("old.vnnlib"),
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)"
            + "(declare-const Y_1 Real)(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 0)(<= X_1 1)))"
            + "(assert (<= Y_0 -9))");
    Files.writeString(
        folder.resolve("new.vnnlib"),
        "(vnnlib-version <2.0>)(declare-network f (declare-input X real [1, 2])"
            + "(declare-output Y real [1, 2]))(assert (and (>= X[0,0] 0.0) (<= X[0,0] 1.0)))"
            + "(assert (and (>= X[0,1] 0.0) (<= X[0,1] 1.0)))(assert (<= Y[0,0] -9.0))");
    Path list = folder.resolve("instances.csv");
    Files.writeString(list, "m.onnx,old.vnnlib,60\nm.onnx,new.vnnlib,60\n");
    Path proofs = folder.resolve("proofs");
    Shell.Result r =
        Shell.run("certify", "--device", "cpu", "--instances", list, "--proof", proofs);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.err()).contains("warning: no proof of instance 1: ");
    assertThat(r.out()).contains("2 verified");
    Shell.Result checked =
        Shell.run(
            "check",
            proofs.resolve("000-m-old.proof"),
            "--model",
            folder.resolve("m.onnx"),
            "--vnnlib",
            folder.resolve("old.vnnlib"));
    assertThat(checked.exit()).as(checked.out() + checked.err()).isZero();
    Path json = folder.resolve("r.json");
    Shell.Result all = Shell.run("check", proofs, "--instances", list, "--json", json);
    assertThat(all.exit()).as(all.err()).isEqualTo(1);
    assertThat(all.out())
        .contains("m.onnx, old.vnnlib: verified (least bound ")
        .contains("m.onnx, new.vnnlib: unproved (", "the checker cannot use 'vnnlib-version'")
        .contains("1 of 2 proved: 1 verified, 0 violated");
    assertThat(Files.readString(json)).contains("\"instances\": ", "\"verdict\": \"verified\"");
    Files.writeString(list, "m.onnx,old.vnnlib,60\n");
    assertThat(Shell.run("check", proofs, "--instances", list).exit()).isZero();
    Files.delete(proofs.resolve("000-m-old.proof"));
    Shell.Result none = Shell.run("check", proofs, "--instances", list);
    assertThat(none.exit()).isEqualTo(1);
    assertThat(none.out()).contains("unproved (there is no ");
    Shell.Result both = Shell.run("check", proofs, "--instances", list, "--epsilon", 1);
    assertThat(both.exit()).isEqualTo(2);
    assertThat(both.err()).contains("--epsilon: --instances names networks and properties");
    assertThat(Shell.run("check", list, "--instances", list).exit()).isEqualTo(4);
  }

  /** Whoever made it, whatever it says: only what is proved counts. */
  @Test
  void aProofThatSaysNothingIsExitCodeOne() throws Exception {
    Path model = folder.resolve("m.onnx");
    OnnxWriter.write(model, OnnxFiles.mlp());
    Path property = folder.resolve("p.vnnlib");
    Files.writeString(
        property,
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)"
            + "(declare-const Y_1 Real)(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 0)(<= X_1 1)))"
            + "(assert (<= Y_0 -9))");
    var empty = new ProofFile(Sha256.of(model), Sha256.of(property));
    Path proof = folder.resolve("p.proof");
    Files.write(proof, empty.bytes());
    assertThat(new Checker(model).property(proof, property)).noneMatch(Checker.Result::accepted);
    Path json = folder.resolve("r.json");
    Shell.Result r =
        Shell.run("check", proof, "--model", model, "--vnnlib", property, "--json", json);
    assertThat(r.exit()).as(r.err()).isEqualTo(1);
    assertThat(r.out()).contains("0 of 1 proved", "the proof says nothing of its inputs");
    assertThat(Files.readString(json)).contains("\"verdict\": \"unproved\"");
  }
}
