// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.rigor.exec.Device;

/**
 * Loads the classes that commands load, for the class archive that the launcher makes. Short
 * commands find what a run and its parts take, generated classes included; Rigor's other classes
 * are loaded by name.
 */
final class Rehearsal {
  private Rehearsal() {}

  /**
   * Runs the commands.
   *
   * @param args the checkout, and a folder for a run
   */
  public static void main(String[] args) throws IOException, URISyntaxException {
    String study = Path.of(args[0], "experiments", "quickstart.yaml").toString();
    String out = args[1];
    commands(study, out);
    network(Path.of(out));
    Main.run("list", "--studies", Path.of(args[0], "experiments").toString(), "--out", out);
    Main.run("explain");
    for (Class<?> one : List.of(Main.class, Device.class, CodedInputStream.class)) {
      load(one.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
    System.exit(0);
  }

  private static void commands(String study, String out) {
    Main.run("--help");
    Main.run("plan", study, "--device", "cpu", "--out", out);
    Main.run(
        "run",
        study,
        "training.epochs=1",
        "sweep.seeds=1",
        "measurements.verify-curve.steps=3",
        "--device",
        "cpu",
        "--out",
        out);
  }

  /** Runs the commands on a network, each as a user first would. */
  static void network(Path out) throws IOException {
    Files.createDirectories(out);
    Path model = out.resolve("small.onnx");
    Path data = out.resolve("small.npz");
    SmallNetwork.write(model);
    SmallNetwork.writeSamples(data);
    List<List<String>> commands =
        List.of(
            List.of("attack", "--epsilon", "0.05", "--loss", "cross-entropy"),
            List.of("attack", "--epsilon", "0.05"),
            List.of("certify", "--epsilon", "0.01"),
            List.of("certify", "--epsilon", "0.01", "--method", "alpha-crown"),
            List.of("lipschitz"));
    for (List<String> command : commands) {
      List<String> words = new ArrayList<>(command);
      words.addAll(List.of("--model", model.toString(), "--data", data.toString()));
      words.addAll(List.of("--device", "cpu", "--json", out.resolve("small.json").toString()));
      int code = Main.run(words.toArray(String[]::new));
      if (code != 0) {
        throw new IllegalStateException(words + " ended with exit code " + code);
      }
    }
  }

  private static void load(URI jar) throws IOException {
    try (JarFile file = new JarFile(Path.of(jar).toFile())) {
      for (String entry : (Iterable<String>) file.stream().map(e -> e.getName())::iterator) {
        if (entry.endsWith(".class") && !entry.startsWith("META-INF")) {
          String name = entry.substring(0, entry.length() - ".class".length()).replace('/', '.');
          try {
            Class.forName(name, false, Rehearsal.class.getClassLoader());
          } catch (ClassNotFoundException | LinkageError e) {
            continue; // It extends a class of an optional library.
          }
        }
      }
    }
  }
}
