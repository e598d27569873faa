// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.certify.Crown;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * h. CROWN margins of 10,000 samples at one radius through 784-256-256-10, in double, with hidden
 * bounds also from CROWN; the time covers the whole call with transfers. Rigor's margins are
 * certified: they enclose rounding, which the peers' do not.
 */
final class CrownWork {
  private static final double RADIUS = 0.001;

  private CrownWork() {}

  static void run(Session s) throws IOException {
    int n = s.size(10_000, 16);
    Sequential net = SampleNet.network();
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(0, "train")));
    HostTensor x = WorkData.synthetic(n, 784, 10).x();
    try (Device device = Device.open(s.kind())) {
      HostTensor y = SampleNet.predictions(device, params, x);
      WorkData.export(s.out(), "h", new WorkData.Samples(x, y), net, params);
      CertifiedCurve[] last = new CertifiedCurve[1];
      Stopwatch watch = s.stopwatch("h", 1);
      try (Models networks = Models.of(device, net, params);
          Certifier certifier =
              new Certifier(networks, List.of(new Crown()), Box.UNIT, Norm.LINF)) {
        Stopwatch.Times times =
            watch
                .on(device)
                .time(2 * s.seconds(), run -> last[0] = certifier.run(x, y, List.of(RADIUS)));
        double verified = Arrays.stream(last[0].survived()[0]).sum() / (double) n;
        String title =
            String.format(
                Locale.ROOT, "CROWN of %,d samples (%.0f %% verified)", n, 100 * verified);
        s.records()
            .time(
                new Records.Timed("h", 1, title, "f64", floor(n)),
                times,
                Map.of("epsilon", RADIUS, "verified", verified));
      }
      double[] margins =
          IntStream.range(0, n).mapToDouble(i -> last[0].marginLower(0, i, 0)).toArray();
      s.records().agree("h", JacobianWork.summary(margins));
    }
  }

  /**
   * Returns the floor: intervals, then both sides of 256 hidden units and 10 margins back to the
   * input.
   */
  static Records.Floor floor(int n) {
    double first = 784 * 256;
    double second = 256 * 256;
    double back = 2 * 256 * first + 10 * (second + first);
    return new Records.Floor(n * 2.0 * (2 * SampleNet.WEIGHTS + back), 8.0 * n * 784);
  }
}
