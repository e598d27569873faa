// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.rigor.curvature.HiddenMeter;
import org.rigor.curvature.HiddenStatistics;
import org.rigor.curvature.HiddenStatistics.Quantity;
import org.rigor.diff.Kind;
import org.rigor.nn.Loss;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.SparsitySpecs;
import org.rigor.run.trial.Scalar;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Statistics of the hidden units of every layer, and their means over layers. */
final class SparsityMeasurement implements Measurement {
  private static final Map<Quantity, String> NAMES = new EnumMap<>(Quantity.class);

  static {
    NAMES.put(Quantity.ACTIVE, "active");
    NAMES.put(Quantity.SLOPED, "sloped");
    NAMES.put(Quantity.SLOPE_SQUARE, "slope-square");
    NAMES.put(Quantity.SMALL_GRADIENT, "small-gradient");
    NAMES.put(Quantity.GRADIENT_SQUARE, "gradient-square");
    NAMES.put(Quantity.INPUT_GRADIENT_SQUARE, "input-gradient-square");
    NAMES.put(Quantity.AUGMENTED_FLATNESS, "augmented-flatness");
    NAMES.put(Quantity.COEFFICIENT, "coefficient");
  }

  private final SparsitySpecs.Sparsity spec;

  SparsityMeasurement(SparsitySpecs.Sparsity spec) {
    this.spec = spec;
  }

  /**
   * Checks that a network has the hidden layers that a study names.
   *
   * @throws IllegalArgumentException if it has fewer
   */
  static void requireHidden(Untrained u, int layers) {
    try (HiddenMeter meter = new HiddenMeter(u.device(), u.network(), Loss::crossEntropy, 1, 1)) {
      if (meter.keys().size() < layers) {
        throw new IllegalArgumentException(
            "layers: it has %d hidden layers, got %d".formatted(meter.keys().size(), layers));
      }
    }
  }

  @Override
  public void require(Untrained u) {
    requireHidden(u, spec.layers());
  }

  @Override
  public void run(Context c) {
    int[] part = Measurements.part(c, spec.samples());
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    HostTensor targets = oneHot(c, part);
    List<HiddenStatistics> found =
        c.kept()
            .with(
                List.of("hidden", part.length),
                c.trials().size(),
                () -> meter(c, part.length),
                meter -> meter.measure(c.models(), x, targets));
    for (int m = 0; m < c.trials().size(); m++) {
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      for (Map.Entry<Quantity, String> q : NAMES.entrySet()) {
        double mean = 0;
        Kind kind = Kind.EXACT;
        for (int l = 0; l < found.size(); l++) {
          double value = found.get(l).of(q.getKey(), m);
          kind = kind.weaker(found.get(l).kind());
          mean += value / found.size();
          if (l < spec.layers()) {
            put(out, SparsitySpecs.layer(q.getValue(), l + 1), value, found.get(l).kind());
          }
        }
        put(out, q.getValue(), mean, kind);
      }
    }
  }

  private static void put(Map<String, Scalar> out, String name, double value, Kind kind) {
    out.put(name, new Scalar(value, kind, "hidden units in double"));
  }

  private static HiddenMeter meter(Context c, int samples) {
    return new HiddenMeter(c.device(), c.network(), Loss::crossEntropy, c.trials().size(), samples);
  }

  /** Returns the labels of some samples, [N, K]. */
  static HostTensor oneHot(Context c, int[] part) {
    int k = c.network().outputs();
    double[] t = new double[part.length * k];
    int[] labels = c.data().labels(part);
    for (int n = 0; n < labels.length; n++) {
      t[n * k + labels[n]] = 1;
    }
    return HostTensor.of(Shape.of(labels.length, k), t);
  }
}
