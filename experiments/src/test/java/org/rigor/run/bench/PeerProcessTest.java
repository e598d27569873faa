// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers that are shell scripts; each writes down what it was asked. */
class PeerProcessTest {
  private static final String PEER =
      """
      echo loading; echo @idle
      while read command work m; do
        echo "$command $work $m" >>asked
        case $command in
          prepare) [ "$work" = b ] && echo @ready || echo @idle ;;
          turn) %s ;;
          end) echo @idle ;;
        esac
      done
      """;

  @TempDir Path folder;

  private Path records() {
    return folder.resolve("records.jsonl");
  }

  private PeerProcess start(String script) throws IOException {
    PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true);
    ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).directory(folder.toFile());
    return PeerProcess.start(builder, "peer", 10, new Records(records(), "rigor-cpu", nowhere));
  }

  private List<String> asked(PeerProcess peer, String work) throws IOException {
    PeerTurns turns = PeerProcesses.of(List.of(peer)).turns(work, 4);
    turns.prepare(6);
    turns.take();
    turns.take();
    turns.end();
    return Files.readAllLines(folder.resolve("asked")).stream().map(String::strip).toList();
  }

  @Test
  void aPeerRunsOnceForEachTurn() throws Exception {
    try (PeerProcess peer = start(PEER.formatted("echo noise; echo @took"))) {
      assertThat(asked(peer, "b")).containsExactly("prepare b 4 6.0", "turn", "turn", "end");
    }
    assertThat(records()).doesNotExist();
  }

  @Test
  void aPeerWithoutTheWorkTakesNoTurn() throws Exception {
    try (PeerProcess peer = start(PEER.formatted("echo @took"))) {
      assertThat(asked(peer, "c")).containsExactly("prepare c 4 6.0");
    }
  }

  @Test
  void aPeerWhoseTimeIsSpentWaitsForTheEnd() throws Exception {
    try (PeerProcess peer = start(PEER.formatted("echo @spent"))) {
      assertThat(asked(peer, "b")).containsExactly("prepare b 4 6.0", "turn", "end");
    }
  }

  /** A work that ended with an error leaves its peers in the middle of a timing. */
  @Test
  void theNextWorkEndsATimingThatWasLeft() throws Exception {
    try (PeerProcess peer = start(PEER.formatted("echo @took"))) {
      peer.prepare("b", 1, 0.5);
      assertThat(asked(peer, "b"))
          .containsExactly("prepare b 1 0.5", "end", "prepare b 4 6.0", "turn", "turn", "end");
    }
  }

  @Test
  void aPeerThatDiesIsNamedAndOneThatLacksALibraryEndsWell() throws Exception {
    try (PeerProcess peer = start(PEER.formatted("exit 7"))) {
      assertThat(asked(peer, "b")).containsExactly("prepare b 4 6.0", "turn");
    }
    assertThat(Files.readString(records())).contains("peer ended with 7; see peers.log");
    Files.delete(records());
    try (PeerProcess peer = start("exit 0")) {
      peer.prepare("b", 1, 0.5);
    }
    assertThat(records()).doesNotExist();
  }

  /** As a pool of compilers does whose owner was killed. */
  @Test
  void whatAPeerStartedEndsWithItEvenIfThePeerEndedByItself() throws Exception {
    String script = "sleep 60 & echo $! >child; " + PEER.formatted("exit 7");
    try (PeerProcess peer = start(script)) {
      peer.prepare("b", 1, 0.5);
      long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());
      ProcessHandle handle = ProcessHandle.of(child).orElseThrow();
      assertThat(handle.isAlive()).isTrue();
      peer.take();
      handle.onExit().get(10, TimeUnit.SECONDS);
      assertThat(handle.isAlive()).isFalse();
    }
  }
}
