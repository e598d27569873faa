// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.rigor.data.UserData;
import org.rigor.io.Sha256;
import org.rigor.nn.TrialKey;
import org.rigor.run.analysis.Smoothed;
import org.rigor.smoothing.Smoothing;
import org.rigor.smoothing.Stages;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/** Randomised smoothing of a user's own network. */
final class SmoothingAnalysis {
  private SmoothingAnalysis() {}

  static Smoothed.Report run(Smoothed.Request r, Models model, HostTensor x, int[] labels) {
    HostTensor points = fewest(x);
    Stages stages = Stages.sequential(r.draws(), r.alpha());
    Smoothing smoothing =
        new Smoothing(model, List.of(TrialKey.of(r.seed(), "smoothing")), stages, r.sigmas());
    int n = labels.length;
    int[] ids = IntStream.range(0, n).toArray();
    return new Smoothed.Report(
        r,
        Sha256.of(r.model()),
        UserData.sha256(r.data()),
        model.device().info().kind() + ", " + model.device().info().name(),
        points.dtype().name().toLowerCase(Locale.ROOT),
        labels,
        smoothing.run(points, HostTensor.of(Shape.of(n), labels), ids, r.epsilons())[0]);
  }

  /** Returns samples as floats, unless floats would round them. */
  private static HostTensor fewest(HostTensor x) {
    HostTensor narrow = x.dtype() == DType.F64 ? x.toFloat() : x;
    return narrow.dtype() == x.dtype() || narrow.toDouble().bitEquals(x) ? narrow : x;
  }
}
