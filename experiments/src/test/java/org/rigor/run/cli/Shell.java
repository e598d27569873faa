// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the command line, in this process or in one that can be killed. */
final class Shell {
  static final String STUDY =
      """
      name: small
      data: {type: digits}
      model: {type: mlp, hidden: [16]}
      training:
        epochs: 3
        optimiser: {type: sgd, learning-rate: 0.1}
        methods:
          - {type: standard}
          - {type: pgd, epsilon: 0.1}
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.1, 0.2]}
        - {type: crown-curve, epsilons: [0, 0.1, 0.2]}
        - {type: lipschitz}
      sweep: {seeds: 5}
      claims:
        - {type: difference, id: a, says: gains 20 points, metric: attacked-accuracy, epsilon: 0.1,
           of: pgd, minus: standard, relation: at-least, value: 0.2}
      figures: [bracket, lipschitz-bracket, first-to-fall, history]
      """;

  private Shell() {}

  record Result(int exit, String out, String err) {}

  static Path study(Path folder, String text) throws IOException {
    Path file = folder.resolve("small.yaml");
    Files.writeString(file, text);
    return file;
  }

  static Result run(Object... words) {
    String[] args = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      args[i] = words[i].toString();
    }
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    ByteArrayOutputStream e = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(o, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(e, true, StandardCharsets.UTF_8));
      int exit = Main.run(args);
      return new Result(
          exit, o.toString(StandardCharsets.UTF_8), e.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Starts a process of its own; its output, both streams, goes to {@code log}. */
  static Process start(Path log, List<String> properties, Object... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.addAll(properties);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    for (Object w : words) {
      command.add(w.toString());
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }
}
