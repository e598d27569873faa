// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines of Python in the README, where there is a Python with PyTorch. */
class PythonLinesTest {
  private static final String BEFORE =
      """
      import subprocess, numpy, torch
      torch.manual_seed(0)
      x = torch.rand(12, 1, 8, 8)
      model = torch.nn.Sequential(
          torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
          torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(64, 3))
      model(x)
      y = model.eval()(x).argmax(1)
      y[0] = (y[0] + 1) % 3
      """;

  @TempDir private Path folder;

  @Test
  void aModelOfPyTorchIsAudited() throws IOException, InterruptedException {
    assumeTrue(
        run("python3", "-c", "import torch, onnxscript, numpy") == 0, "a python3 with PyTorch");
    String readme = Files.readString(Path.of("..", "README.md"));
    String mark = "```python\n";
    int start = readme.indexOf(mark) + mark.length();
    String lines = readme.substring(start, readme.indexOf("```", start));
    assertThat(lines.lines()).hasSize(3);
    Path launcher = folder.resolve("rigor");
    Files.writeString(
        launcher,
        "#!/bin/sh\nexec '%s' --add-modules jdk.incubator.vector -cp '%s' %s \"$@\"\n"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                classPath(),
                Main.class.getName()));
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    Path script = folder.resolve("lines.py");
    Files.writeString(script, BEFORE + lines);
    assertThat(run("python3", script.toString()))
        .as(Files.readString(folder.resolve("said")))
        .isZero();
    JsonObject audit =
        JsonParser.parseString(Files.readString(folder.resolve("runs/audit-m/audit.json")))
            .getAsJsonObject();
    JsonObject model = audit.getAsJsonArray("models").get(0).getAsJsonObject();
    assertThat(model.get("clean_accuracy").toString()).contains("0.91666");
  }

  /**
   * Returns what the launcher puts there: without the tests' own, which bring a device for show.
   */
  private static String classPath() {
    String own =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(own)
        .filter(part -> !part.contains("test-classes") && !part.endsWith("-tests.jar"))
        .map(part -> Path.of(part).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private int run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .directory(folder.toFile())
          .redirectErrorStream(true)
          .redirectOutput(folder.resolve("said").toFile())
          .start()
          .waitFor();
    } catch (IOException e) {
      return 127; // no such program
    }
  }
}
