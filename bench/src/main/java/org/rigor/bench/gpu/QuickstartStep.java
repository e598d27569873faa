// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.run.bench.Session;
import org.rigor.run.cli.Main;

/** The quickstart study through the command line. */
final class QuickstartStep {
  private QuickstartStep() {}

  static void run(Session s, String kind, Map<String, Object> found) throws IOException {
    Path home = Path.of(System.getProperty("rigor.home", "."));
    List<String> args = new ArrayList<>(List.of("run"));
    args.add(home.resolve("experiments/quickstart.yaml").toString());
    if (s.small()) {
      args.addAll(List.of("training.epochs=2", "sweep.seeds=1", "data.test-share=0.03"));
    }
    args.addAll(List.of("--device", kind, "--out", s.out().resolve("runs-" + kind).toString()));
    Path log = s.out().resolve("quickstart-" + kind + ".txt");
    PrintStream console = System.out;
    long start = System.nanoTime();
    int exit;
    try (PrintStream file = new PrintStream(Files.newOutputStream(log), true)) {
      System.setOut(file);
      exit = Main.run(args.toArray(String[]::new));
    } finally {
      System.setOut(console);
    }
    found.put("on", kind);
    found.put("exit", exit);
    found.put("studySeconds", (System.nanoTime() - start) / 1e9);
    List<String> lines = Files.readAllLines(log);
    found.put("text", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    // A reduced study does not show what the full one claims.
    if (exit != 0 && !(s.small() && exit == 1)) {
      throw new IllegalStateException("the study ended with exit code " + exit);
    }
  }
}
