// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The same works in PyTorch and JAX: the scripts of {@code bench/peers}, run by the python3 on the
 * path. They read the arrays that the works wrote and append to the records. Anything missing
 * (Python, a library, the scripts) becomes a record too.
 */
final class Peers {
  private static final List<List<String>> PROCESSES =
      List.of(
          List.of("torch_bench.py", "--tools", "torch-eager,torch-vmap,torch-vmap-graph"),
          List.of("torch_bench.py", "--tools", "torch-graph"),
          List.of("jax_bench.py"),
          List.of("torch_bench.py", "--tools", "torch-compile"));

  private final Session session;
  private final Path folder;
  private final double seconds;

  /**
   * @param folder with the scripts
   * @param seconds time limit of one process, which is killed a little later
   */
  Peers(Session session, Path folder, double seconds) {
    this.session = session;
    this.folder = folder;
    this.seconds = seconds;
  }

  void run(Set<Work> works) throws IOException {
    String letters = works.stream().map(Work::letter).collect(Collectors.joining(","));
    Optional<Path> python = python();
    if (python.isEmpty()) {
      session.records().skip("peers", "no python3 on the path");
      return;
    }
    for (List<String> process : PROCESSES) {
      Path script = folder.resolve(process.get(0));
      if (!Files.isRegularFile(script)) {
        session.records().skip("peers", "no script " + script);
        return;
      }
      List<String> command = new ArrayList<>(List.of(python.get().toString(), script.toString()));
      command.add(session.out().toString());
      command.addAll(process.subList(1, process.size()));
      command.addAll(List.of("--works", letters, "--seconds", Double.toString(seconds)));
      command.addAll(List.of("--device", session.gpu() ? "cuda" : "cpu"));
      if (session.small()) {
        command.add("--small");
      }
      start(command, String.join(" ", process));
    }
  }

  private void start(List<String> command, String name) throws IOException {
    File log = session.out().resolve("peers.log").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    System.err.println(name);
    Process p = builder.start();
    try {
      if (!p.waitFor((long) (1e3 * (1.5 * seconds + 20)), TimeUnit.MILLISECONDS)) {
        session.records().skip("peers", name + " did not end in time; see " + log);
      } else if (p.exitValue() != 0) {
        session.records().skip("peers", name + " ended with " + p.exitValue() + "; see " + log);
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
