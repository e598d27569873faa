// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The same works in other tools: the scripts of {@code bench/peers}, run by the python3 on the
 * path. They read the arrays that the works wrote and append to the records. Anything missing
 * (Python, a library, the scripts) becomes a record too. On the CPU each tool is a process that
 * takes turns with Rigor; on a GPU, whose memory they would share, they run after it, as the single
 * kernels do anywhere.
 */
final class PeerScripts {
  private static final String TORCH = "torch_bench.py";
  private static final List<List<String>> IN_TURN =
      List.of(
          List.of(TORCH, "--tools", "torch-eager"),
          List.of(TORCH, "--tools", "torch-vmap"),
          List.of(TORCH, "--tools", "torch-compile"),
          List.of("jax_bench.py"),
          List.of("attack_bench.py"),
          List.of("lirpa_bench.py"));
  private static final List<List<String>> AFTERWARDS =
      List.of(
          List.of(TORCH, "--tools", "torch-eager,torch-vmap,torch-vmap-graph"),
          List.of(TORCH, "--tools", "torch-graph"),
          List.of("jax_bench.py"),
          List.of("attack_bench.py"),
          List.of("lirpa_bench.py"),
          List.of(TORCH, "--tools", "torch-compile"));
  private static final List<List<String>> KERNELS =
      List.of(List.of(TORCH, "--tools", "torch-eager"));

  private final Session session;
  private final Path folder;
  private final double seconds;

  /**
   * @param session for sizes, device and records
   * @param folder with the scripts
   * @param seconds time limit of one process, in turn without the time of others
   */
  PeerScripts(Session session, Path folder, double seconds) {
    this.session = session;
    this.folder = folder;
    this.seconds = seconds;
  }

  /** Starts the processes that take turns with the given works, one after another. */
  List<PeerProcess> start(Set<Work> works) throws IOException {
    Set<Work> shared = EnumSet.copyOf(works);
    shared.removeIf(w -> !inTurn(w));
    List<PeerProcess> started = new ArrayList<>();
    for (List<String> peer : shared.isEmpty() ? List.<List<String>>of() : IN_TURN) {
      Optional<List<String>> command = command(peer, shared);
      if (command.isEmpty()) {
        break;
      }
      List<String> all = new ArrayList<>(command.get());
      all.add("--turns");
      started.add(
          PeerProcess.start(builder(all), String.join(" ", peer), seconds, session.records()));
    }
    return started;
  }

  /** Runs the peers of those works that they did not time in turn. */
  void runAfter(Set<Work> works) throws IOException {
    Set<Work> rest = EnumSet.copyOf(works);
    rest.removeIf(this::inTurn);
    if (rest.isEmpty()) {
      return;
    }
    for (List<String> peer : session.gpu() ? AFTERWARDS : KERNELS) {
      Optional<List<String>> command = command(peer, rest);
      if (command.isEmpty()) {
        return;
      }
      run(builder(command.get()), String.join(" ", peer));
    }
  }

  private boolean inTurn(Work work) {
    return !session.gpu() && work != Work.G;
  }

  private Optional<List<String>> command(List<String> peer, Set<Work> works) {
    Optional<Path> python = python();
    Path script = folder.resolve(peer.get(0));
    if (python.isEmpty() || !Files.isRegularFile(script)) {
      String missing = python.isEmpty() ? "no python3 on the path" : "no script " + script;
      session.records().skip("peers", missing);
      return Optional.empty();
    }
    List<String> command = new ArrayList<>(List.of(python.get().toString(), script.toString()));
    command.add(session.out().toString());
    command.addAll(peer.subList(1, peer.size()));
    command.add("--works");
    command.add(works.stream().map(Work::letter).collect(Collectors.joining(",")));
    command.addAll(List.of("--seconds", Double.toString(seconds)));
    command.addAll(List.of("--device", session.gpu() ? "cuda" : "cpu"));
    if (session.small()) {
      command.add("--small");
    }
    return Optional.of(command);
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log()));
    return builder;
  }

  private File log() {
    return session.out().resolve("peers.log").toFile();
  }

  private void run(ProcessBuilder builder, String name) throws IOException {
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log()));
    System.err.println(name);
    Process p = builder.start();
    try {
      if (!p.waitFor((long) (1e3 * (1.5 * seconds + 20)), TimeUnit.MILLISECONDS)) {
        session.records().skip("peers", name + " did not end in time; see " + log());
      } else if (p.exitValue() != 0) {
        session.records().skip("peers", name + " ended with " + p.exitValue() + "; see " + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly();
    }
  }

  private static Optional<Path> python() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator))
        .map(folder -> Path.of(folder, "python3"))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
