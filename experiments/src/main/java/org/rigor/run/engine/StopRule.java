// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.curvature.LossSurface;
import org.rigor.curvature.ParameterVector;
import org.rigor.data.DataSet;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.run.study.LossKind;
import org.rigor.run.study.UntilSpec;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Trial;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.Trainer;
import org.rigor.workspace.Models;

/**
 * The rule that ends each network's training at its last epoch, or when the gradient of its mean
 * loss over all training samples is small enough. That gradient uses the running statistics of
 * batch norms and excludes weight decay.
 */
final class StopRule implements AutoCloseable {
  private static final String EPOCHS = "until/epochs";
  private static final String NORMS = "until/norms";

  private final Network network;
  private final DataSet data;
  private final List<Trial> trials;
  private final Optional<UntilSpec> until;
  private final boolean squared;
  private final int[] last;
  private final double[] norms;
  private LossSurface surface;

  StopRule(Network network, DataSet data, Pack pack) {
    this.network = network;
    this.data = data;
    this.trials = pack.trials();
    this.until = pack.shared().training().until();
    this.squared = pack.shared().training().loss().equals(Optional.of(LossKind.MSE));
    this.last = trials.stream().mapToInt(t -> t.spec().training().epochs()).toArray();
    this.norms = new double[last.length];
    Arrays.fill(norms, Double.NaN);
  }

  /** Returns the epoch at which a network's training ended, or will end at the latest. */
  int last(int model) {
    return last[model];
  }

  /** Returns whether all networks are done after an epoch. */
  boolean over(int epoch) {
    return Arrays.stream(last).allMatch(l -> l <= epoch);
  }

  /** Checks the networks after an epoch and ends the training of those that meet the criterion. */
  void check(int epoch, Trainer trainer) {
    if (until.isEmpty() || IntStream.range(0, last.length).noneMatch(m -> due(m, epoch))) {
      return;
    }
    UntilSpec rule = until.get();
    double[] now;
    try (Models networks = trainer.models()) {
      now = gradientNorms(networks);
    }
    for (int m = 0; m < last.length; m++) {
      if (due(m, epoch)) {
        norms[m] = now[m];
        if (now[m] <= rule.gradientNorm() && epoch >= rule.after() && epoch < last[m]) {
          last[m] = epoch;
          trainer.stop(m);
        }
      }
    }
  }

  private boolean due(int model, int epoch) {
    UntilSpec rule = until.orElseThrow();
    return epoch == last[model]
        || epoch < last[model] && epoch >= rule.after() && epoch % rule.every() == 0;
  }

  private double[] gradientNorms(Models networks) {
    if (surface == null) {
      int[] train = data.split().train();
      surface =
          new LossSurface(
              networks,
              squared ? Loss::squaredError : Loss::crossEntropy,
              ParameterVector.of(network),
              data.inputs(train).toDouble(),
              targets(data.labels(train)));
    } else {
      surface.move(networks);
    }
    return Arrays.stream(surface.gradient())
        .mapToDouble(g -> Math.sqrt(Arrays.stream(g).map(v -> v * v).sum()))
        .toArray();
  }

  /**
   * Returns the smoothed labels of each network, [M, N, K]; [1, N, K] if all share one smoothing.
   */
  private HostTensor targets(int[] labels) {
    int k = network.outputs();
    double[] smoothing =
        trials.stream().mapToDouble(t -> t.spec().training().labelSmoothing()).distinct().count()
                == 1
            ? new double[] {trials.get(0).spec().training().labelSmoothing()}
            : trials.stream().mapToDouble(t -> t.spec().training().labelSmoothing()).toArray();
    double[] all = new double[smoothing.length * labels.length * k];
    for (int m = 0; m < smoothing.length; m++) {
      for (int n = 0; n < labels.length; n++) {
        int at = (m * labels.length + n) * k;
        Arrays.fill(all, at, at + k, smoothing[m] / k);
        all[at + labels[n]] += 1 - smoothing[m];
      }
    }
    return HostTensor.of(Shape.of(smoothing.length, labels.length, k), all);
  }

  /** Returns how a network's training ended, by quantity; empty without a criterion. */
  Map<String, Double> end(int model) {
    if (until.isEmpty()) {
      return Map.of();
    }
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("epochs-trained", (double) last[model]);
    if (!Double.isNaN(norms[model])) {
      out.put("gradient-norm", norms[model]);
    }
    boolean met = norms[model] <= until.get().gradientNorm();
    out.put("gradient-criterion-met", met ? 1.0 : 0.0);
    return out;
  }

  /** Returns the state that a resumed training needs. */
  Map<String, HostTensor> state() {
    if (until.isEmpty()) {
      return Map.of();
    }
    Shape shape = Shape.of(last.length);
    return Map.of(
        EPOCHS, HostTensor.of(shape, last.clone()), NORMS, HostTensor.of(shape, norms.clone()));
  }

  void restore(Map<String, HostTensor> saved) {
    if (until.isPresent()) {
      if (!saved.containsKey(EPOCHS) || !saved.containsKey(NORMS)) {
        throw new IllegalArgumentException("saved training state lacks '" + EPOCHS + "'");
      }
      System.arraycopy(saved.get(EPOCHS).ints(), 0, last, 0, last.length);
      System.arraycopy(saved.get(NORMS).doubles(), 0, norms, 0, norms.length);
    }
  }

  @Override
  public void close() {
    if (surface != null) {
      surface.close();
    }
  }
}
