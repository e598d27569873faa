// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.provider;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.trial.StudyEngine;

/** The engine as the command line sees it, found by {@link ServiceLoader}. */
public interface EngineProvider {

  /**
   * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code emulated}
   * @param dataFolder folder given by the user, searched before the usual places
   * @param output name of the output of a user's own network; empty for the first
   */
  record Request(String device, Optional<Path> dataFolder, Optional<String> output) {
    public Request(String device, Optional<Path> dataFolder) {
      this(device, dataFolder, Optional.empty());
    }

    /** Returns the request for another output of a network. */
    public Request withOutput(Optional<String> other) {
      return new Request(device, dataFolder, other);
    }
  }

  /**
   * One line of {@code doctor}.
   *
   * @param name what was looked for
   * @param ok whether it is available
   * @param found what was found and which places were searched
   * @param fix what to do, empty if nothing
   */
  record Check(String name, boolean ok, String found, String fix) {}

  /**
   * Opens a device for studies.
   *
   * @throws RunException with exit code 3 if the device is not available
   */
  StudyEngine study(Request request);

  /** Opens a device for a user's own network. */
  Analyses analyses(Request request);

  /** Looks for devices without using them. */
  List<Check> doctor();

  /**
   * Returns the engine on the class path: the first, or the one whose class the system property
   * {@code rigor.engine} names.
   *
   * @throws RunException with exit code 3 if there is none
   */
  static EngineProvider load() {
    String wanted = System.getProperty("rigor.engine");
    return ServiceLoader.load(EngineProvider.class).stream()
        .filter(p -> wanted == null || p.type().getName().equals(wanted))
        .findFirst()
        .map(ServiceLoader.Provider::get)
        .orElseThrow(
            () ->
                new RunException(
                    ExitCode.ENVIRONMENT, "no engine on the class path; build with ./rigor"));
  }
}
