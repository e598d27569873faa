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
import org.rigor.nn.TrialKey;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * j. What {@code rigor attack --loss cross-entropy} does by default, PGD of 40 steps from five
 * random starts, on three numbers of samples. The time covers the whole call of a compiled attack,
 * with transfers and the check of every success in double. A sample leaves when it falls; the peers
 * attack it again only in no later start.
 */
final class AttacksWork {
  private static final int STEPS = 40;
  private static final int STARTS = 5;
  private static final int SLOTS = 64;
  private static final double RADIUS = 0.03;

  private AttacksWork() {}

  static void run(Session s) throws IOException {
    List<Integer> sizes = sizes(s);
    try (Device device = Device.open(s.kind())) {
      TrainedNet net = TrainedNet.of(device, sizes.get(sizes.size() - 1));
      WorkData.export(s.out(), "j", net.samples(), net.network(), net.parameters());
      for (int i = 0; i < sizes.size(); i++) {
        measure(s, device, net, "j" + (i + 1), sizes.get(i));
      }
    }
  }

  /** Returns the numbers of samples of the parts of works i and j. */
  static List<Integer> sizes(Session s) {
    return List.of(s.size(100, 4), s.size(1000, 8), s.size(10_000, 16));
  }

  private static void measure(Session s, Device device, TrainedNet net, String part, int n) {
    WorkData.Samples data = net.samples().first(n);
    CurveAttack attack =
        CurveAttack.of(Pgd.of(STEPS), new Threat(Norm.LINF, Box.UNIT), List.of(RADIUS))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withRestarts(STARTS)
            .withSlots(Math.min(SLOTS, n));
    List<TrialKey> keys = List.of(TrialKey.of(0, "evaluate"));
    CurveResult[] last = new CurveResult[1];
    Stopwatch.Times times;
    Stopwatch watch = s.stopwatch(part, 1);
    CurveAttacker attacker = new CurveAttacker(device, net.network(), attack);
    try (PreparedAttack prepared = attacker.prepare(1, n);
        Models networks = Models.of(device, net.network(), net.parameters())) {
      times =
          watch
              .on(device)
              .time(
                  2 * s.seconds(),
                  run -> last[0] = prepared.run(networks, keys, data.x(), data.y()));
    }
    double survive = Arrays.stream(last[0].survived()[0]).sum() / (double) n;
    String title =
        String.format(
            Locale.ROOT,
            "PGD-%d from %d starts of %,d samples (%.0f %% survive)",
            STEPS,
            STARTS,
            n,
            100 * survive);
    // A fallen sample needs no further step: the floor counts only the survivors' steps.
    double passes = STARTS * STEPS * survive * 2 * 2.0 + 2;
    s.records()
        .time(
            new Records.Timed(
                part,
                1,
                title,
                "f32",
                new Records.Floor(n * passes * SampleNet.WEIGHTS, 4.0 * n * 784)),
            times,
            Map.of(
                "epsilon",
                RADIUS,
                "robustAccuracy",
                survive,
                "ambiguous",
                last[0].ambiguous()[0],
                "stepsOnChip",
                attacker.onChip(1, n)));
    s.records().agree(part, survive);
  }
}
