// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.run.bench.Session;
import org.rigor.run.bench.TrainingWork;
import org.rigor.run.bench.WorkData;
import org.rigor.tensor.DType;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.PgdTraining;
import org.rigor.train.Schedule;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;
import org.rigor.workspace.Models;

/**
 * A check of adversarial training of a small network on the device against the CPU: the losses stay
 * close and the robust accuracies agree within their intervals. Trajectories are never compared bit
 * by bit: products round in another order, and the sign of a gradient amplifies the difference.
 */
final class TrainingCheck {
  private static final int MODELS = 3;

  private TrainingCheck() {}

  private record Outcome(double[][] losses, double[] robust, int ambiguous) {}

  static void run(Session s, Map<String, Object> found) {
    int test = s.size(450, 60);
    Outcome device = train(s, s.kind(), test);
    Outcome cpu = train(s, "cpu", test);
    double worst = 0;
    for (int e = 0; e < cpu.losses().length; e++) {
      for (int m = 0; m < MODELS; m++) {
        double d = Math.abs(device.losses()[e][m] - cpu.losses()[e][m]);
        worst = Math.max(worst, d / cpu.losses()[e][m]);
      }
    }
    found.put("losses", device.losses());
    found.put("lossesOnCpu", cpu.losses());
    found.put("worstRelativeDifference", worst);
    found.put("robustAccuracy", device.robust());
    found.put("robustAccuracyOnCpu", cpu.robust());
    found.put("ambiguous", device.ambiguous());
    if (!(worst <= 0.05)) {
      throw new IllegalStateException("losses differ by " + worst + " of themselves, over 0.05");
    }
    for (int m = 0; m < MODELS; m++) {
      // Two standard deviations of a difference of two proportions at one half.
      double limit = 2 * Math.sqrt(0.5 / test);
      if (!(Math.abs(device.robust()[m] - cpu.robust()[m]) <= limit)) {
        throw new IllegalStateException(
            "robust accuracy of model %d: %g, on the CPU %g"
                .formatted(m, device.robust()[m], cpu.robust()[m]));
      }
    }
  }

  private static Outcome train(Session s, String kind, int test) {
    Sequential net = TrainingWork.mlp(64, 32, 32);
    WorkData.Samples data = WorkData.digits(s.size(1280, 192), false);
    WorkData.Samples held = WorkData.digits(test, true);
    int epochs = s.size(12, 3);
    TrainingSetup setup =
        new TrainingSetup(
            net,
            DType.F32,
            data.x().shape().dim(0),
            64,
            new Optimiser.Adam(false),
            new PgdTraining(Norm.LINF, 5, true),
            Box.UNIT);
    List<ModelSetup> models = new ArrayList<>();
    List<TrialKey> keys = new ArrayList<>();
    for (int m = 0; m < MODELS; m++) {
      TrialKey key = TrialKey.of(m, "train");
      keys.add(TrialKey.of(m, "evaluate"));
      Schedule cosine = new Schedule.Cosine(0.1, 0);
      models.add(new ModelSetup(key, epochs, 0.005, cosine, 0.05 * m, 0.3, 0, Map.of()));
    }
    double[][] losses = new double[epochs][];
    try (Device device = Device.open(kind);
        Trainer t = new Trainer(device, setup, models, data.x(), data.y())) {
      for (int e = 0; e < epochs; e++) {
        t.epoch();
        losses[e] = t.loss();
      }
      Pgd pgd = new Pgd(20, 0.1, true);
      CurveAttack attack =
          CurveAttack.of(pgd, new Threat(Norm.LINF, Box.UNIT), List.of(0.0, 0.05, 0.1))
              .withLoss(AttackLoss.MARGIN)
              .withRestarts(2)
              .withSlots(64);
      CurveResult r;
      try (Models trained = t.models()) {
        r = new CurveAttacker(device, net, attack).run(trained, keys, held.x(), held.y());
      }
      double[] robust = new double[MODELS];
      int ambiguous = 0;
      for (int m = 0; m < MODELS; m++) {
        for (int level : r.survived()[m]) {
          robust[m] += level >= 2 ? 1.0 / test : 0;
        }
        ambiguous += r.ambiguous()[m];
      }
      return new Outcome(losses, robust, ambiguous);
    }
  }
}
