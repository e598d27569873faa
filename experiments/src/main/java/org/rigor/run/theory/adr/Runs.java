// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.data.DataRoots;
import org.rigor.data.DataSet;
import org.rigor.data.Digits;
import org.rigor.nn.Dense;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.train.Averaging;
import org.rigor.train.Awp;
import org.rigor.train.Method;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.TrainingSetup;

/** Small trainings in double that the laws watch, one step per epoch. */
final class Runs {
  private Runs() {}

  /**
   * Returns a set-up with full batches, plain gradient descent and no box, so that the worst point
   * of a ball is its corner.
   */
  static TrainingSetup setup(
      Network network, int samples, Method method, Averaging keeps, Optional<Awp> awp) {
    return new TrainingSetup(
        network,
        DType.F64,
        samples,
        samples,
        new Optimiser.Sgd(false),
        method,
        awp,
        keeps,
        Optional.empty(),
        Pass.Statistics.RUNNING,
        Box.NONE);
  }

  static ModelSetup model(
      long seed, int epochs, double rate, double epsilon, Map<String, Double> numbers) {
    return new ModelSetup(
        TrialKey.of(seed, "law"),
        epochs,
        rate,
        new Schedule.Constant(),
        epsilon,
        0.5,
        0,
        Map.of(),
        numbers);
  }

  /** Returns a linear classifier. */
  static Sequential linear(int inputs, int outputs) {
    return new Sequential(Shape.of(inputs), List.of(new Dense(outputs)));
  }

  /** Returns the clean accuracy. */
  static double clean(TwoDigits data, Map<String, HostTensor> params) {
    double right = 0;
    for (int i = 0; i < data.size(); i++) {
      right += data.margin(params, i, 0) > 0 ? 1 : 0;
    }
    return right / data.size();
  }

  /** The digits 0 and 1. */
  record TwoDigits(HostTensor x, HostTensor y) {
    static final int PIXELS = 64;

    static TwoDigits load() {
      DataSet all = new Digits().load(new DataRoots(List.of()));
      int[] some = IntStream.range(0, all.size()).filter(i -> all.labels()[i] < 2).toArray();
      HostTensor x = all.inputs(some).toDouble().reshape(Shape.of(some.length, PIXELS));
      return new TwoDigits(x, HostTensor.of(Shape.of(some.length), all.labels(some)));
    }

    int size() {
      return y.shape().dim(0);
    }

    /**
     * Returns the margin of the correct label at the worst corner of the ball, by the closed form.
     */
    double margin(Map<String, HostTensor> params, int sample, double epsilon) {
      HostTensor w = params.get("0.weight");
      HostTensor b = params.get("0.bias");
      double z = b.get(1) - b.get(0);
      double length = 0;
      for (int j = 0; j < PIXELS; j++) {
        double d = w.get(2 * j + 1) - w.get(2 * j);
        z += d * x.get(PIXELS * sample + j);
        length += Math.abs(d);
      }
      return (y.get(sample) == 1 ? z : -z) - epsilon * length;
    }
  }
}
