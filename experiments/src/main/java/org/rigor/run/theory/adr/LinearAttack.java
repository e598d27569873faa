// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.FixedAttack;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.train.Averaging;
import org.rigor.train.StandardTraining;
import org.rigor.train.Trainer;
import org.rigor.train.Validation;
import org.rigor.workspace.Models;

/**
 * Projected gradient ascent on a linear classifier of two digits: the worst point of a ball is the
 * corner -epsilon y sign(w), so robust accuracy and the worst loss are closed forms.
 */
@Doc("Projected gradient ascent finds the worst corner of a linear classifier's ball.")
public record LinearAttack(
    @Doc("Radius of the ball.") @Default("0.1") @Range(min = 0, max = 1) double epsilon)
    implements Law {
  private static final Threat BALL = new Threat(Norm.LINF, Box.NONE);

  @Override
  public String id() {
    return "adr/B5";
  }

  @Override
  public String source() {
    return "Madry et al. 2018 on a linear model; elementary";
  }

  @Override
  public String says() {
    return "The least margin in the ball is y (w x + b) - epsilon ||w||_1, and PGD-10 reaches it.";
  }

  @Override
  public void measure(Lab lab) {
    Runs.TwoDigits data = Runs.TwoDigits.load();
    Sequential net = Runs.linear(Runs.TwoDigits.PIXELS, 2);
    Pgd pgd = new Pgd(10, 0.25, true);
    try (Trainer t =
        new Trainer(
            lab.device(),
            Runs.setup(net, data.size(), new StandardTraining(), Averaging.NONE, Optional.empty()),
            List.of(Runs.model(lab.seed(), 100, 0.5, 0, Map.of())),
            data.x(),
            data.y())) {
      FixedAttack fixed = new FixedAttack(pgd, BALL, epsilon);
      Validation attacked = t.validation(false, data.x(), data.y(), 100, Optional.of(fixed));
      for (int e = 0; e < 100; e++) {
        t.epoch();
        if (e == 2 || e == 99) {
          double wanted = share(data, t.parameters());
          lab.compare(
              "robust accuracy in training, step " + (e + 1),
              "share of y (w x + b) > epsilon ||w||_1",
              wanted,
              attacked.accuracy()[0],
              Tolerance.absolute(1e-12));
        }
      }
      try (Models trained = t.models()) {
        measureCurve(lab, data, trained, pgd);
      }
    }
  }

  private void measureCurve(Lab lab, Runs.TwoDigits data, Models trained, Pgd pgd) {
    CurveAttack curve =
        CurveAttack.of(pgd, BALL, List.of(epsilon)).withLoss(AttackLoss.CROSS_ENTROPY);
    int[] survived =
        new CurveAttacker(lab.device(), trained.network(), curve)
            .run(trained, List.of(TrialKey.of(lab.seed(), "law")), data.x(), data.y())
            .survived()[0];
    double robust = 0;
    for (int s : survived) {
      robust += s / (double) survived.length;
    }
    double wanted = share(data, trained.host());
    lab.compare(
        "robust accuracy by the curve attack",
        "the same",
        wanted,
        robust,
        Tolerance.absolute(1e-12));
    lab.report("clean accuracy", Runs.clean(data, trained.host()));
  }

  private double share(Runs.TwoDigits data, Map<String, HostTensor> params) {
    double right = 0;
    for (int i = 0; i < data.size(); i++) {
      right += data.margin(params, i, epsilon) > 0 ? 1 : 0;
    }
    return right / data.size();
  }
}
