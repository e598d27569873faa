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
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * i. CROWN margins of three numbers of samples of a trained network, in double, with hidden bounds
 * also from CROWN; the time covers the whole call with transfers. Rigor's margins enclose rounding,
 * which the peers' do not.
 */
final class CertificateWork {
  private static final double RADIUS = 0.005;

  private CertificateWork() {}

  static void run(Session s) throws IOException {
    List<Integer> sizes = AttacksWork.sizes(s);
    try (Device device = Device.open(s.kind())) {
      TrainedNet net = TrainedNet.of(device, sizes.get(sizes.size() - 1));
      WorkData.export(s.out(), "i", net.samples(), net.network(), net.parameters());
      for (int i = 0; i < sizes.size(); i++) {
        measure(s, device, net, "i" + (i + 1), sizes.get(i));
      }
    }
  }

  private static void measure(Session s, Device device, TrainedNet net, String part, int n) {
    WorkData.Samples data = net.samples().first(n);
    CertifiedCurve[] last = new CertifiedCurve[1];
    Stopwatch watch = s.stopwatch(part, 1);
    try (Models networks = Models.of(device, net.network(), net.parameters());
        Certifier certifier = new Certifier(networks, List.of(new Crown()), Box.UNIT, Norm.LINF)) {
      Stopwatch.Times times =
          watch
              .on(device)
              .time(
                  2 * s.seconds(),
                  run -> last[0] = certifier.run(data.x(), data.y(), List.of(RADIUS)));
      double verified = Arrays.stream(last[0].survived()[0]).sum() / (double) n;
      String title =
          String.format(Locale.ROOT, "CROWN of %,d samples (%.0f %% verified)", n, 100 * verified);
      s.records()
          .time(
              new Records.Timed(part, 1, title, "f64", CrownWork.floor(n)),
              times,
              Map.of("epsilon", RADIUS, "verified", verified));
    }
    double[] margins =
        IntStream.range(0, n).mapToDouble(i -> last[0].marginLower(0, i, 0)).toArray();
    s.records().agree(part, JacobianWork.summary(margins));
  }
}
