// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.run.FakeEngine;
import org.rigor.run.store.Links;

/** Nothing outside of a run folder is written, removed or shown because of what is in it. */
@DisabledOnOs(OS.WINDOWS)
class LinksTest {
  @TempDir Path folder;
  private Path study;
  private Path out;
  private Path run;

  @BeforeEach
  void prepare() throws Exception {
    System.setProperty("rigor.engine", FakeEngine.class.getName());
    System.setProperty("rigor.terminal", "0");
    study = Shell.study(folder, Shell.STUDY.replace("seeds: 5", "seeds: 1"));
    out = folder.resolve("runs");
    run = out.resolve("small");
    assertThat(Shell.run("run", study, "--out", out).exit()).isZero();
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private static void delete(Path p) throws Exception {
    try (Stream<Path> walk = Files.walk(p)) {
      for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"packs", "trials", "models", "arrays", "figures"})
  void aPartThatIsALinkIsRefusedAndWhatItLeadsToIsKept(String part) throws Exception {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    for (String name : List.of("a.txt", "b.safetensors", "1-bracket.svg", ".x.tmp")) {
      Files.writeString(elsewhere.resolve(name), "keep");
    }
    delete(run.resolve(part));
    Files.createSymbolicLink(run.resolve(part), elsewhere);
    for (List<Object> words :
        List.<List<Object>>of(
            List.of("run", study, "--out", out), List.of("run", study, "--out", out, "--force"))) {
      Shell.Result r = Shell.run(words.toArray());
      assertThat(r.exit()).isEqualTo(3);
      assertThat(r.err()).contains(run.resolve(part) + " is a link");
    }
    Shell.run("report", run);
    try (Stream<Path> kept = Files.list(elsewhere)) {
      assertThat(kept).hasSize(4).allSatisfy(p -> assertThat(p).hasContent("keep"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".lock", "metrics.jsonl"})
  void aFileThatIsALinkIsRefused(String name) throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "a line to keep\n");
    Files.deleteIfExists(run.resolve(name));
    Files.createSymbolicLink(run.resolve(name), text);
    Shell.Result r = Shell.run("run", study, "--out", out, "--force");
    assertThat(r.exit()).isEqualTo(3);
    assertThat(r.err()).contains(name + " is a link");
    assertThat(text).hasContent("a line to keep\n");
  }

  @Test
  void forceRemovesStatesOfPacksOnly() throws Exception {
    Path mine = Files.writeString(run.resolve("packs/notes.txt"), "mine");
    Path state = Files.writeString(run.resolve("packs/0123.safetensors"), "state");
    assertThat(Shell.run("run", study, "--out", out, "--force").exit()).isZero();
    assertThat(mine).hasContent("mine");
    assertThat(state).doesNotExist();
  }

  @Test
  void onlyFiguresOfTheRunAreFigures() throws Exception {
    Files.writeString(folder.resolve("private.txt"), "secret");
    Files.writeString(run.resolve("figures/notes.txt"), "no figure");
    Files.createSymbolicLink(run.resolve("figures/link.svg"), folder.resolve("private.txt"));
    assertThat(Links.figure(run, "figures/1-bracket.svg")).isPresent();
    for (String path :
        List.of(
            "",
            "../../private.txt",
            "figures/../../../private.txt",
            "figures/notes.txt",
            "figures/link.svg",
            "figures/absent.svg",
            folder.resolve("private.txt").toString())) {
      assertThat(Links.figure(run, path)).as(path).isEmpty();
    }

    Files.delete(run.resolve("manifest.jsonl")); // without it nothing contradicts the summary
    Path summary = run.resolve("summary.json");
    Files.writeString(
        summary,
        Files.readString(summary)
            .replaceAll("\"figure\":\"[^\"]*\"", "\"figure\":\"../../private.txt\""));
    Path page = Files.createDirectory(folder.resolve("page")).resolve("README.md");
    Shell.Result r = Shell.run("list", "--studies", folder, "--out", out, "--index", page);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.err()).contains("../../private.txt");
    assertThat(page.resolveSibling("figures")).doesNotExist();
  }
}
