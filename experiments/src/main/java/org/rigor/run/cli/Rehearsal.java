// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
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
    Main.run("--help");
    Main.run("plan", study, "--device", "cpu", "--out", out);
    Main.run(
        "run",
        study,
        "training.epochs=1",
        "sweep.seeds=1",
        "measurements.pgd-curve.steps=3",
        "--device",
        "cpu",
        "--out",
        out);
    Main.run("list", "--studies", Path.of(args[0], "experiments").toString(), "--out", out);
    Main.run("explain");
    for (Class<?> one : List.of(Main.class, Device.class, CodedInputStream.class)) {
      load(one.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
    System.exit(0);
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
