// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.OperatorNorm;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;

/**
 * f. Spectral norms of the Jacobians of 10,000 samples through 784-256-256-10, in double, the whole
 * call with transfers, eigenvalues and the certified lower sides, which the peers do not compute.
 */
final class JacobianWork {
  private static final double SECONDS = 12;

  private JacobianWork() {}

  static void run(GpuAccept.Session s, Map<String, Object> found) throws IOException {
    int n = s.size(10_000, 48);
    Sequential net = TrainingWork.mlp(784, 256, 256);
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(0, "train")));
    WorkData.Samples data = WorkData.synthetic(n, 784, 10);
    WorkData.export(s.out(), "f", data, params);
    try (Device device = Device.open(s.kind())) {
      double[][] norms = new double[1][];
      Stopwatch.Times times =
          Stopwatch.time(
              SECONDS,
              run ->
                  norms[0] =
                      JacobianNorms.measure(device, net, params, data.x(), OperatorNorm.L2)
                          .norms()[0]);
      double weights = 784 * 256 + 256 * 256 + 256 * 10;
      double flops = n * (2 * weights + 10 * 2 * weights + 2.0 * 10 * 10 * 784);
      s.records()
          .time("f", 1, times, new Records.Floor(flops, 8.0 * n * 784), Map.of("type", "f64"));
      s.records()
          .agree(
              "f",
              Arrays.stream(norms[0]).average().orElseThrow(),
              Arrays.stream(norms[0]).max().orElseThrow(),
              Arrays.stream(norms[0]).min().orElseThrow());
    }
  }
}
