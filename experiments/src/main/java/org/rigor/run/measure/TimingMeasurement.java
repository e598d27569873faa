// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.data.DataSet;
import org.rigor.data.Split;
import org.rigor.diff.Kind;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.run.setup.Networks;
import org.rigor.run.setup.StudyData;
import org.rigor.run.study.RobustnessSpecs.Timing;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialSpec;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.TensorType;
import org.rigor.train.ModelSetup;
import org.rigor.train.Trainer;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Times of a single model: a training step on a few batches, and an evaluation of a batch. Models
 * of one method have equal programs, so one model per method is timed.
 */
final class TimingMeasurement implements Measurement {
  private final Timing spec;

  TimingMeasurement(Timing spec) {
    this.spec = spec;
  }

  @Override
  public void run(Context c) {
    Map<String, double[]> known = new HashMap<>();
    for (int m = 0; m < c.trials().size(); m++) {
      Trial t = c.trials().get(m);
      double[] ms =
          known.computeIfAbsent(
              t.spec().method().name(), n -> new double[] {training(c, t.spec()), inference(c, t)});
      Map<String, Scalar> out = c.gathered().get(m).scalars;
      out.put("training-step", new Scalar(ms[0], Kind.ESTIMATE, "wall clock, median"));
      out.put("inference", new Scalar(ms[1], Kind.ESTIMATE, "wall clock, median"));
    }
  }

  private double training(Context c, TrialSpec trial) {
    int[] all = c.data().split().train();
    // A probe on one split has no training samples.
    int[] from = all.length == 0 ? c.data().split().test() : all;
    int n = Math.min(from.length, spec.steps() * trial.training().batchSize());
    int[] part = Arrays.copyOf(from, n);
    DataSet few = c.data().with(new Split(part, new int[0]));
    ModelSetup model = Networks.model(trial);
    ModelSetup longer =
        new ModelSetup(
            model.key(),
            spec.rounds() + 1,
            model.learningRate(),
            model.schedule(),
            model.epsilon(),
            model.relativeStep(),
            model.labelSmoothing(),
            model.hyper(),
            model.numbers());
    try (Trainer t =
        new Trainer(
            c.device(),
            Networks.training(trial, c.network(), few),
            List.of(longer),
            StudyData.inputs(few, part, c.precision()),
            StudyData.labels(few, part))) {
      return median(
              () -> {
                t.epoch();
                t.loss();
              })
          / Math.max(1, n / trial.training().batchSize());
    }
  }

  private double inference(Context c, Trial trial) {
    int[] test = c.data().split().test();
    int[] part = Arrays.copyOf(test, Math.min(test.length, trial.spec().training().batchSize()));
    HostTensor x = StudyData.inputs(c.data(), part, c.precision());
    Program.Builder b = Program.builder("inference");
    Value in = b.input("x", new TensorType(x.dtype(), x.shape().insert(0, 1)));
    Map<String, Value> params = c.network().declare(b, "param/", 1, x.dtype());
    b.output("logits", c.network().apply(params, in));
    try (Executable e = Workspace.alone(c.device(), b.build());
        Models one = c.models().one(c.trials().indexOf(trial))) {
      one.load(e::input);
      e.input("x").write(x.reshape(x.shape().insert(0, 1)));
      return median(
          () -> {
            e.run();
            e.output("logits").read();
          });
    }
  }

  /** Returns the median time of the rounds after an untimed one, in milliseconds. */
  private double median(Runnable work) {
    work.run();
    double[] ms = new double[spec.rounds()];
    for (int i = 0; i < ms.length; i++) {
      long from = System.nanoTime();
      work.run();
      ms[i] = (System.nanoTime() - from) / 1e6;
    }
    Arrays.sort(ms);
    return ms[ms.length / 2];
  }
}
