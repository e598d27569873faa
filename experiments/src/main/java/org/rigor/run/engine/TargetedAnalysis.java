// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.rigor.exec.Device;
import org.rigor.io.DataException;
import org.rigor.nn.TowardClass;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackRequest;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/** An attack that brings samples of other classes to one class. */
final class TargetedAnalysis {
  private TargetedAnalysis() {}

  /**
   * Attacks a network toward the class that a request names.
   *
   * @param climbed network whose gradients are followed
   * @param notes receives how many samples are of the class and left out
   */
  static AttackReport run(
      AttackRequest request, Device device, Subject judge, Subject climbed, List<String> notes) {
    int target = request.target().orElseThrow();
    int classes = Math.min(judge.network().outputs(), climbed.network().outputs());
    if (target < 0 || target >= classes) {
      throw new RunException(
          ExitCode.USAGE,
          "--target: must be a class from 0 to %d, got %d".formatted(classes - 1, target));
    }
    int[] labels = judge.labels();
    int[] others = IntStream.range(0, labels.length).filter(n -> labels[n] != target).toArray();
    if (others.length == 0) {
      throw new DataException(
          request.data() + ": every sample is of class " + target + ", the target");
    }
    if (others.length < labels.length) {
      notes.add(
          "%d samples are of class %d, the target, and are left out"
              .formatted(labels.length - others.length, target));
    }
    HostTensor x = rows(judge.x(), others);
    int[] clean;
    try (Models whole = judge.on(device)) {
      Predictions named = Predictions.of(whole, x);
      clean = IntStream.range(0, others.length).map(n -> named.predicted(0, n)).toArray();
    }
    int[] own = Arrays.stream(others).map(n -> labels[n]).toArray();
    Shown shown = new Shown(others, own, clean, OptionalInt.of(target));
    try (Models toward = toward(device, judge, target)) {
      int[] zero = new int[others.length];
      if (climbed == judge) {
        return AttackAnalysis.run(request, toward, toward, x, zero, Optional.of(shown));
      }
      try (Models along = toward(device, climbed, target)) {
        return AttackAnalysis.run(request, toward, along, x, zero, Optional.of(shown));
      }
    }
  }

  private static Models toward(Device device, Subject s, int target) {
    return Models.of(device, new TowardClass(s.network(), target), s.params());
  }

  private static HostTensor rows(HostTensor x, int[] which) {
    int width = Math.toIntExact(x.shape().size() / x.shape().dim(0));
    HostTensor rows = HostTensor.zeros(new TensorType(x.dtype(), x.shape().with(0, which.length)));
    for (int i = 0; i < which.length; i++) {
      x.copy(which[i] * width, width, rows, i * width);
    }
    return rows;
  }
}
