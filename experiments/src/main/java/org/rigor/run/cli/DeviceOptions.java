// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import picocli.CommandLine.Option;

/** Options of every command that uses a device. */
final class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "KIND",
      defaultValue = "auto",
      description = "auto, cpu, cuda or emulated (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder looked in first for data sets.")
  private Path dataFolder;

  EngineProvider.Request request() {
    if (dataFolder != null && !Files.isDirectory(dataFolder)) {
      throw new RunException(ExitCode.DATA, "--data-dir: no folder at " + dataFolder);
    }
    return new EngineProvider.Request(device, Optional.ofNullable(dataFolder));
  }
}
