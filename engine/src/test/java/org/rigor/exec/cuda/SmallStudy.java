// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.List;
import java.util.Map;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveResult;
import org.rigor.attack.HostAttack;
import org.rigor.attack.Pgd;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.lipschitz.HostNetworks;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.train.Method;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.PgdTraining;
import org.rigor.train.Schedule;
import org.rigor.train.Trainer;
import org.rigor.train.TrainingSetup;

/** What a study runs on a device, in miniature: adversarial training, a curve, Jacobian norms. */
final class SmallStudy {
  static final int MODELS = 3;
  private static final int SAMPLES = 23;
  private static final int FEATURES = 4;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(FEATURES), List.of(7), Activation.RELU, 3);

  private SmallStudy() {}

  static HostTensor inputs() {
    float[] x = new float[SAMPLES * FEATURES];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.5 + 0.5 * Math.sin(1.3 * i));
    }
    return HostTensor.of(Shape.of(SAMPLES, FEATURES), x);
  }

  static HostTensor labels() {
    HostTensor x = inputs();
    int[] y = new int[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      y[i] = x.get(4 * i) > 0.6 ? 2 : x.get(4 * i + 1) > 0.5 ? 1 : 0;
    }
    return HostTensor.of(Shape.of(SAMPLES), y);
  }

  private static ModelSetup model(long seed, double epsilon) {
    return new ModelSetup(
        TrialKey.of(seed, "train"),
        2,
        0.02,
        new Schedule.Cosine(0.1, 0),
        epsilon,
        0.4,
        0,
        Map.of());
  }

  /** State after two epochs of PGD training, the first model standard. */
  static Map<String, HostTensor> train(Device device) {
    Method pgd = new PgdTraining(Norm.LINF, 3, true);
    TrainingSetup setup =
        new TrainingSetup(NET, DType.F32, SAMPLES, 5, new Optimiser.Adam(false), pgd, Box.UNIT);
    List<ModelSetup> models = List.of(model(1, 0), model(2, 0.1), model(3, 0.2));
    try (Trainer t = new Trainer(device, setup, models, inputs(), labels())) {
      t.epoch();
      t.epoch();
      return t.state();
    }
  }

  static Map<String, HostTensor> parameters(Map<String, HostTensor> state) {
    Map<String, HostTensor> params = new java.util.LinkedHashMap<>();
    state.forEach(
        (name, v) -> {
          if (name.startsWith("param/")) {
            params.put(name.substring("param/".length()), v);
          }
        });
    return params;
  }

  static CurveResult attack(Device device, Map<String, HostTensor> params) {
    CurveAttack a =
        CurveAttack.of(
                new Pgd(5, 0.3, true),
                new Threat(Norm.LINF, Box.UNIT),
                List.of(0.0, 0.05, 0.1, 0.2, 0.4))
            .withLoss(AttackLoss.CROSS_ENTROPY)
            .withRestarts(2)
            .withSlots(8);
    List<TrialKey> keys = List.of(key(1), key(2), key(3));
    return HostAttack.run(device, NET, a, params, keys, inputs(), labels());
  }

  private static TrialKey key(long seed) {
    return TrialKey.of(seed, "attack");
  }

  static double[][] jacobians(Device device, Map<String, HostTensor> params) {
    return HostNetworks.jacobians(device, NET, params, inputs(), Norm.L2).norms();
  }
}
