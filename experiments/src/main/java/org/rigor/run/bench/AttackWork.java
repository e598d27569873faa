// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.attack.PreparedAttack;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.yaml.Numbers;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * e. PGD-100 of 10,000 samples on 784-256-256-10, from the clean point. The time covers the whole
 * call of a compiled attack, with transfers and the check of every success in double. At the
 * smaller radius few samples fall, so nearly all steps are needed; at the larger one most fall
 * early, which Rigor exploits and a fixed loop does not. On a GPU all samples are in flight at
 * once, on a CPU as many as commands take.
 */
final class AttackWork {
  private static final int STEPS = 100;
  private static final int SLOTS = 64;
  private static final double[] RADII = {0.0005, 0.05};

  private AttackWork() {}

  static void run(Session s) throws IOException {
    int n = s.size(10_000, 64);
    Sequential net = SampleNet.network();
    List<TrialKey> keys = List.of(TrialKey.of(0, "train"));
    Map<String, HostTensor> params = net.initial(keys);
    HostTensor x = WorkData.synthetic(n, 784, 10).x();
    try (Device device = Device.open(s.kind())) {
      HostTensor y = SampleNet.predictions(device, params, x);
      WorkData.export(s.out(), "e", new WorkData.Samples(x, y), net, params);
      for (int r = 0; r < RADII.length; r++) {
        Pgd pgd = new Pgd(STEPS, 2.5 / STEPS, false);
        CurveAttack attack =
            CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(RADII[r]))
                .withLoss(AttackLoss.CROSS_ENTROPY)
                .withSlots(device.info().gpu() ? n : Math.min(SLOTS, n));
        Stopwatch watch = s.stopwatch("e" + (r + 1), 1);
        CurveAttacker attacker = new CurveAttacker(device, net, attack);
        CurveResult[] last = new CurveResult[1];
        Stopwatch.Times times;
        try (PreparedAttack prepared = attacker.prepare(1, n);
            Models networks = Models.of(device, net, params)) {
          times =
              watch
                  .on(device)
                  .time(2 * s.seconds(), run -> last[0] = prepared.run(networks, keys, x, y));
        }
        double survivors = Arrays.stream(last[0].survived()[0]).sum() / (double) n;
        String title =
            String.format(
                Locale.ROOT,
                "PGD-100 of %,d samples, radius %s (%.0f %% survive)",
                n,
                Numbers.show(RADII[r]),
                100 * survivors);
        // A fallen sample needs no further step: the floor counts only the survivors' steps.
        double steps = STEPS * survivors * 2 * 2.0 + 2;
        s.records()
            .time(
                new Records.Timed(
                    "e" + (r + 1),
                    1,
                    title,
                    "f32",
                    new Records.Floor(n * steps * SampleNet.WEIGHTS, 4.0 * n * 784)),
                times,
                Map.of(
                    "epsilon",
                    RADII[r],
                    "robustAccuracy",
                    survivors,
                    "ambiguous",
                    last[0].ambiguous()[0],
                    "stepsOnChip",
                    attacker.onChip(1, n)));
        s.records().agree("e" + (r + 1), survivors);
      }
    }
  }
}
