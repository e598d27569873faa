// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.DataSet;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.run.study.OptimiserSpec;
import org.rigor.run.study.Precision;
import org.rigor.run.study.ScheduleSpec;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.train.Augmentation;
import org.rigor.train.ModelSetup;
import org.rigor.train.Optimiser;
import org.rigor.train.Schedule;
import org.rigor.train.TrainingSetup;

/** Turns a trial's configuration into what the engine trains. */
final class Networks {
  private Networks() {}

  static TrainingSetup training(TrialSpec shared, Network network, DataSet data) {
    return new TrainingSetup(
        network,
        shared.precision() == Precision.F64 ? DType.F64 : DType.F32,
        data.split().train().length,
        shared.batchSize(),
        optimiser(shared.optimiser()),
        Methods.method(shared.method(), shared.loss()),
        Methods.awp(shared.method()),
        Methods.averaging(shared.method()),
        shared.augment().map(a -> new Augmentation(a.crop(), a.flip())),
        Methods.attackStatistics(shared.method()),
        StudyData.box(data));
  }

  private static Optimiser optimiser(OptimiserSpec spec) {
    if (spec instanceof OptimiserSpec.Sgd s) {
      return new Optimiser.Sgd(s.nesterov());
    }
    return new Optimiser.Adam(spec instanceof OptimiserSpec.Adamw);
  }

  static ModelSetup model(TrialSpec spec) {
    Methods.Row row = Methods.row(spec.method());
    Map<String, Double> numbers = new LinkedHashMap<>(row.numbers());
    spec.model().initScale().ifPresent(v -> numbers.put(TrainingSetup.INITIAL_SCALE, v));
    return new ModelSetup(
        TrialKey.of(spec.seed(), "train"),
        spec.epochs(),
        rate(spec.optimiser()),
        schedule(spec.schedule()),
        row.epsilon(),
        row.relativeStep(),
        spec.labelSmoothing(),
        hyper(spec.optimiser()),
        numbers);
  }

  private static double rate(OptimiserSpec spec) {
    if (spec instanceof OptimiserSpec.Sgd s) {
      return s.learningRate();
    }
    return spec instanceof OptimiserSpec.Adam a
        ? a.learningRate()
        : ((OptimiserSpec.Adamw) spec).learningRate();
  }

  private static Map<String, Double> hyper(OptimiserSpec spec) {
    Map<String, Double> h = new LinkedHashMap<>();
    if (spec instanceof OptimiserSpec.Sgd s) {
      h.put("momentum", s.momentum());
      h.put("weight-decay", s.weightDecay());
    } else if (spec instanceof OptimiserSpec.Adam a) {
      adam(h, a.beta1(), a.beta2(), a.stabiliser(), a.weightDecay());
    } else if (spec instanceof OptimiserSpec.Adamw a) {
      adam(h, a.beta1(), a.beta2(), a.stabiliser(), a.weightDecay());
    }
    return h;
  }

  private static void adam(
      Map<String, Double> h, double beta1, double beta2, double epsilon, double decay) {
    h.put("beta1", beta1);
    h.put("beta2", beta2);
    h.put("epsilon", epsilon);
    h.put("weight-decay", decay);
  }

  private static Schedule schedule(ScheduleSpec spec) {
    if (spec instanceof ScheduleSpec.Cosine c) {
      return new Schedule.Cosine(c.warmUp(), c.finalShare());
    }
    if (spec instanceof ScheduleSpec.Drops d) {
      return new Schedule.Drops(d.at(), d.factor());
    }
    return spec instanceof ScheduleSpec.Linear l
        ? new Schedule.Linear(l.warmUp(), l.finalShare())
        : new Schedule.Constant();
  }

  /** Some rows of parameters, in the given order. */
  static Map<String, HostTensor> rows(Map<String, HostTensor> params, List<Integer> models) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    params.forEach(
        (name, t) -> {
          int n = Math.toIntExact(t.shape().size() / t.shape().models());
          HostTensor some =
              HostTensor.zeros(
                  new org.rigor.tensor.TensorType(t.dtype(), t.shape().with(0, models.size())));
          for (int i = 0; i < models.size(); i++) {
            System.arraycopy(t.array(), models.get(i) * n, some.array(), i * n, n);
          }
          out.put(name, some);
        });
    return out;
  }
}
