// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.DataSpec;
import org.rigor.run.study.ModelSpec;

/** The engine as the command line uses it to run studies: a device, data and runners. */
public interface StudyEngine extends AutoCloseable {

  /** Returns {@code cpu}, {@code cuda} or {@code emulated}. */
  String deviceKind();

  /** Returns the device, which the engine closes. */
  Device device();

  /** Returns one line: which device was chosen and why. */
  String deviceLine();

  /** Returns the version of the numerics, raised by hand whenever results may change. */
  int numerics();

  /**
   * Loads or generates a data set and returns its description.
   *
   * @throws org.rigor.run.RunException with exit code 4 if it is absent or unusable
   */
  DataIdentity data(DataSpec spec);

  /**
   * Reads the files of networks trained elsewhere and returns them by seed; empty for a network
   * that a study trains.
   *
   * @throws org.rigor.run.RunException with exit code 4 if one is absent or unusable
   */
  default List<NetworkIdentity> networks(ModelSpec model) {
    return List.of();
  }

  /**
   * Checks that a trial's network, method, augmentation and measurements fit each other and its
   * data; trains nothing.
   *
   * @throws org.rigor.run.RunException with exit code 2 if they do not
   */
  void check(TrialSpec spec);

  /**
   * Returns a trained network of a study as an ONNX model.
   *
   * @param stored its file in a run folder
   * @throws RunException with exit code 2 if the network has no form in ONNX, 4 if the file or the
   *     study's data are absent or unusable
   */
  OnnxModel onnx(TrialSpec spec, Path stored);

  /** Returns what provenance records: device name, driver, libraries, instruction set, threads. */
  Map<String, String> provenance();

  /** Returns the default number of packs that run at a time. */
  default int packsAtOnce() {
    return 1;
  }

  /**
   * Returns runners for concurrent packs, one thread each, on the data already loaded. Results do
   * not depend on their number.
   *
   * @throws RunException with exit code 2 if the device cannot run that many packs at a time
   */
  default List<PackRunner> runners(int count) {
    if (count == 1) {
      return List.of(runner());
    }
    throw new RunException(
        ExitCode.USAGE,
        "--packs: on the device '%s' packs run one at a time, got %d; each of them has all of its"
                .formatted(deviceKind(), count)
            + " threads");
  }

  /** Returns the runner, which uses the data already loaded. */
  PackRunner runner();

  /** Releases the device. */
  @Override
  void close();
}
