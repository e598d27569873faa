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
import org.rigor.certify.AlphaCrown;
import org.rigor.certify.CertifiedCurve;
import org.rigor.certify.Certifier;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.TrialKey;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.verify.CurveDecider;
import org.rigor.verify.VerdictCurve;
import org.rigor.workspace.Models;

/**
 * k. Samples of a trained network at a radius where neither attack nor CROWN decides many: k1 is
 * alpha-CROWN with 20 steps in float, and its margins in double, which enclose rounding; the peers
 * take steps in double; k2 decides what an attack, which is not timed, leaves, by branch and bound
 * within a budget of row-steps.
 */
final class VerdictsWork {
  private static final double RADIUS = 0.12;
  private static final int STEPS = 20;
  private static final int BUDGET = 20_000;
  private static final int SMALL_BUDGET = 1_000;
  private static final int SLOTS = 64;
  private static final int WEIGHTS = 64 * 128 + 128 * 128 + 128 * 10;
  private static final TrialKey KEY = TrialKey.of(0, "evaluate");

  private VerdictsWork() {}

  static void run(Session s) throws IOException {
    int n = s.size(100, 8);
    try (Device device = Device.open(s.kind())) {
      TrainedNet net = TrainedNet.digits(device, n);
      WorkData.export(s.out(), "k", net.samples(), net.network(), net.parameters());
      try (Models networks = Models.of(device, net.network(), net.parameters())) {
        slopes(s, device, networks, net.samples(), n);
        verdicts(s, device, networks, net.samples(), n);
      }
    }
  }

  private static void slopes(
      Session s, Device device, Models networks, WorkData.Samples data, int n) {
    CertifiedCurve[] last = new CertifiedCurve[1];
    Stopwatch watch = s.stopwatch("k1", 1);
    try (Certifier c =
        new Certifier(networks, List.of(new AlphaCrown(STEPS)), Box.UNIT, Norm.LINF)) {
      Stopwatch.Times times =
          watch
              .on(device)
              .time(2 * s.seconds(), run -> last[0] = c.run(data.x(), data.y(), List.of(RADIUS)));
      double verified = Arrays.stream(last[0].survived()[0]).sum() / (double) n;
      String title =
          String.format(
              Locale.ROOT, "alpha-CROWN of %,d samples (%.0f %% verified)", n, 100 * verified);
      // of the margins alone: which hidden sides need steps depends on the network
      Records.Floor floor = floor(n * 9L * STEPS);
      s.records()
          .time(
              new Records.Timed("k1", 1, title, "f64", floor),
              times,
              Map.of("epsilon", RADIUS, "verified", verified));
      s.records().agree("k1", verified);
    }
  }

  private static void verdicts(
      Session s, Device device, Models networks, WorkData.Samples data, int n) {
    CurveAttack attack =
        CurveAttack.of(Pgd.of(40), new Threat(Norm.LINF, Box.UNIT), List.of(RADIUS))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withSlots(Math.min(SLOTS, n));
    CurveResult attacked;
    try (PreparedAttack prepared =
        new CurveAttacker(device, networks.network(), attack).prepare(1, n)) {
      attacked = prepared.run(networks, List.of(KEY), data.x(), data.y());
    }
    VerdictCurve[] last = new VerdictCurve[1];
    Stopwatch watch = s.stopwatch("k2", 1);
    int budget = s.size(BUDGET, SMALL_BUDGET);
    try (CurveDecider decider =
        new CurveDecider(networks, "beta-crown", Box.UNIT, Norm.LINF, budget)) {
      Stopwatch.Times times =
          watch
              .on(device)
              .time(
                  2 * s.seconds(),
                  run -> last[0] = decider.run(data.x(), data.y(), List.of(RADIUS), attacked));
      double verified = Arrays.stream(last[0].verified()[0]).sum() / (double) n;
      double violated = 1 - Arrays.stream(last[0].survived()[0]).sum() / (double) n;
      long steps = Arrays.stream(last[0].iterations()[0]).sum();
      String title =
          String.format(
              Locale.ROOT,
              "verdicts of %,d samples (%.0f %% verified, %.0f %% violated, %,d row-steps)",
              n,
              100 * verified,
              100 * violated,
              steps);
      s.records()
          .time(
              new Records.Timed("k2", 1, title, "f32", floor(steps)),
              times,
              Map.of(
                  "epsilon",
                  RADIUS,
                  "verified",
                  verified,
                  "violated",
                  violated,
                  "rowSteps",
                  steps));
    }
  }

  /** Returns the floor of steps of rows: one walk back and one forward each, all in cache. */
  private static Records.Floor floor(long rowSteps) {
    return new Records.Floor(4.0 * rowSteps * WEIGHTS, 0);
  }
}
