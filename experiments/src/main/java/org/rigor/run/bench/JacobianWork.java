// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.lipschitz.JacobianMeter;
import org.rigor.lipschitz.Nearby;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * f1. Spectral norms of the Jacobians of 10,000 samples through 784-256-256-10, in double. The time
 * covers the whole call of a compiled program with transfers, eigenvalues and the certified lower
 * sides, which the peers do not compute.
 */
final class JacobianWork {
  private JacobianWork() {}

  static void run(Session s) throws IOException {
    int n = s.size(10_000, 48);
    Sequential net = SampleNet.network();
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(0, "train")));
    WorkData.Samples data = WorkData.synthetic(n, 784, 10);
    WorkData.export(s.out(), "f", data, net, params);
    Stopwatch watch = s.stopwatch("f1", 1);
    try (Device device = Device.open(s.kind());
        Models networks = Models.of(device, net, params);
        JacobianMeter meter = new JacobianMeter(networks, data.x(), Norm.L2, Nearby.in(Box.NONE))) {
      double[][] norms = new double[1][];
      Stopwatch.Times times =
          watch
              .on(device)
              .time(2 * s.seconds(), run -> norms[0] = meter.measure(data.x()).norms()[0]);
      double flops = n * (2 * SampleNet.WEIGHTS * 11 + 2.0 * 10 * 10 * 784);
      String title =
          String.format(
              Locale.ROOT, "Jacobian norms of %,d samples, with certified lower sides", n);
      Records.Floor floor = new Records.Floor(flops, 8.0 * n * 784);
      s.records().time(new Records.Timed("f1", 1, title, "f64", floor), times, Map.of());
      s.records().agree("f1", summary(norms[0]));
    }
    PowerWork.run(s);
  }

  /** Returns mean, greatest and least value. */
  static double[] summary(double[] values) {
    return new double[] {
      Arrays.stream(values).average().orElseThrow(),
      Arrays.stream(values).max().orElseThrow(),
      Arrays.stream(values).min().orElseThrow()
    };
  }
}
