// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.provider.EngineProvider.Check;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command that reports on the machine. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Shows what was found of Java, CPU and CUDA, and how to fix what was not.",
    footer = {"", "Example:  ./rigor doctor"})
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "runs",
      description = "Folder of the run folders (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() {
    List<Check> checks = new ArrayList<>();
    Runtime.Version version = Runtime.version();
    checks.add(
        new Check(
            "Java",
            version.feature() >= 17,
            System.getProperty("java.runtime.version") + " in " + System.getProperty("java.home"),
            version.feature() >= 17 ? "" : "install a JDK of version 17 or later"));
    checks.add(
        new Check(
            "CPU",
            true,
            "%d processors, up to %,d MiB of heap"
                .formatted(
                    Runtime.getRuntime().availableProcessors(),
                    Runtime.getRuntime().maxMemory() >> 20),
            ""));
    boolean vector = ModuleFinder.ofSystem().find("jdk.incubator.vector").isPresent();
    checks.add(
        new Check(
            "Vector API",
            vector,
            vector
                ? "jdk.incubator.vector is part of this Java"
                : "jdk.incubator.vector is missing",
            vector ? "" : "use a full JDK; without the module kernels run scalar and slower"));
    Path place = out.toAbsolutePath();
    while (place != null && !Files.exists(place)) {
      place = place.getParent();
    }
    boolean writable = place != null && Files.isWritable(place);
    checks.add(
        new Check(
            "Run folder",
            writable,
            out + (writable ? " can be written" : " cannot be written"),
            writable ? "" : "choose another with --out DIR"));
    try {
      checks.addAll(EngineProvider.load().doctor());
    } catch (RunException e) {
      checks.add(new Check("Engine", false, e.getMessage(), "build with ./rigor"));
    }
    for (Check c : checks) {
      System.out.printf("%-4s %-16s %s%n", c.ok() ? "ok" : "--", c.name(), c.found());
      if (!c.fix().isEmpty()) {
        System.out.printf("     %-16s fix: %s%n", "", c.fix());
      }
    }
    return 0;
  }
}
